"""`expunge chat`: a conversation with a model under the sanitiser."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Annotated, NamedTuple, Self

import typer

from ..schema import Verdict
from .check import print_verdict
from .console import err, interactive, note, out, print_json, visible
from .conversation import Messages, bare, load_model, sanitised
from .inputs import require_stdin
from .options import AgentModelOption, JsonOption, StoreOption, agent_models, bring_in_step, open_store

app = typer.Typer()


class Reply(NamedTuple):
    """An answer."""

    text: str
    """What is shown."""

    verdict: Verdict | None
    """What was decided about it; `None`: nothing stands between the model and the user."""

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """Return the answer that a verdict releases."""
        return cls(verdict.text, verdict)


@app.command(epilog='Example: echo "Where was Ann Orr born?" | expunge chat --show-verdict')
def chat(
    model: Annotated[
        str, typer.Option(help='"demo", the folder of a local model, or "provider:model", such as "openai:gpt-5-mini".')
    ] = "demo",
    show_verdict: Annotated[
        bool, typer.Option("--show-verdict", help="Say after every answer what was decided and how long it took.")
    ] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="Talk to the bare model, without the sanitiser: what it would say.")
    ] = False,
    agent_model: AgentModelOption = [],  # noqa: B006
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Talk to a model whose answers pass the sanitiser. One conversation, with its history.

    /verdict shows the evidence behind the last answer, /quit or Ctrl-D ends. Without a terminal every line of standard
    input is a question; with --json an answer is one line of JSON.
    """
    require_stdin()
    if raw:
        say = bare(load_model(model))
        _converse(lambda messages: Reply(say(messages), None), show_verdict=False, as_json=json)
        return
    with open_store(store) as register:
        from ..graphs import Sanitizer

        chat_model = load_model(model)
        bring_in_step(register)
        decide = sanitised(chat_model, Sanitizer(register, agent_models=agent_models(agent_model)))
        _converse(lambda messages: Reply.of(decide(messages)), show_verdict=show_verdict, as_json=json)


def _converse(ask: Callable[[Messages], Reply], *, show_verdict: bool, as_json: bool) -> None:
    history: Messages = []
    last: Verdict | None = None
    for line in _lines():
        if line == "/quit":
            return
        if line == "/verdict":
            _tell(last)
        elif line:
            history.append({"role": "user", "content": line})
            text, last = ask(history)
            history.append({"role": "assistant", "content": text})
            if as_json:
                print_json({"prompt": line, "text": text, "verdict": last}, indent=None)
            else:
                out.print(visible(text))
            if show_verdict and last:
                note(_summary(last))


def _lines() -> Iterator[str]:
    if not interactive():
        yield from (line.strip() for line in sys.stdin)
        return
    note("Ask away. /verdict shows the evidence behind the last answer, /quit ends.")
    with suppress(EOFError):
        while True:
            yield err.input("you> ").strip()


def _tell(verdict: Verdict | None) -> None:
    if verdict:
        print_verdict(verdict)
    else:
        note("There is no verdict yet.")


def _summary(verdict: Verdict) -> str:
    layers = ", ".join(dict.fromkeys(finding.layer for finding in verdict.findings))
    error = f"error {verdict.error}" if verdict.error else ""
    return " · ".join(filter(None, [verdict.action, layers, error, f"{verdict.elapsed_ms:.1f} ms"]))
