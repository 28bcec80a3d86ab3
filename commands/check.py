"""`expunge check`: one exchange against the register."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ..errors import InputError
from ..schema import AgentCall, Finding, Verdict
from .console import FOUND, listing, out, print_json, visible
from .inputs import Dialogue, read_dialogue, read_stdin
from .options import AgentModelOption, JsonOption, StoreOption, agent_models, bring_in_step, open_store

if TYPE_CHECKING:
    from ..agents.explanations import Explanation

app = typer.Typer()

STYLES = {"release": "green", "rewrite": "yellow", "abstain": "red"}


@app.command(epilog='Example: expunge check "Where was Ann Orr born?" "Ann Orr was born in Lyon." --fail')
def check(
    prompt: Annotated[str | None, typer.Argument(help="What the user said; `-` reads it from standard input.")] = None,
    response: Annotated[str | None, typer.Argument(help="The answer to be judged; `-` likewise.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A conversation in JSON, in place of the arguments: a list of messages.")
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Show names, the words that matched, and what would have changed each finding."),
    ] = False,
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 1 unless the answer is released as it is.")] = False,
    agent_model: AgentModelOption = [],  # noqa: B006
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Check a prompt, and the answer to it when there is one, against the register.

    No model is called, unless the agents are given one.

    Prints what is decided (release, rewrite or abstain), the text that may be shown, and the evidence: which layer
    found which target where. Without an answer the prompt alone is judged. The exit code is 0 whatever is decided,
    unless --fail is given.
    """
    dialogue = _dialogue(prompt, response, file)
    with open_store(store) as register:
        from ..graphs import Sanitizer

        bring_in_step(register)
        sanitizer = Sanitizer(register, agent_models=agent_models(agent_model))
        verdict = sanitizer.check(dialogue.messages, dialogue.response)
        names = {target.id: target.name for target in register.get_many(verdict.targets)} if explain else {}
        explanations = sanitizer.explain(verdict) if explain else []
    if json:
        counterfactuals = {"counterfactuals": [each.counterfactual for each in explanations]} if explain else {}
        print_json({**verdict.model_dump(mode="json"), **counterfactuals})
    else:
        print_verdict(verdict)
        if explain:
            out.print(_explanation(explanations, dialogue, names))
    if fail and verdict.action != "release":
        raise typer.Exit(FOUND)


def print_verdict(verdict: Verdict) -> None:
    """Print what was decided, the text that may be shown, and the evidence."""
    error = f" because of an error ({verdict.error})" if verdict.error else ""
    out.print(f"{verdict.action}{error}", style=STYLES[verdict.action])
    if verdict.text:
        out.print(visible(verdict.text))
    if verdict.findings:
        out.print(_findings(verdict.findings))
    if verdict.agents:
        out.print(_agents(verdict.agents))


def _dialogue(prompt: str | None, response: str | None, file: Path | None) -> Dialogue:
    if (prompt is None) == (file is None):
        raise InputError("Nothing to check, or twice.", fix="Give either a prompt or --file with a conversation.")
    if file is not None:
        return read_dialogue(file)
    if prompt == response == "-":
        raise InputError("Standard input cannot be both the prompt and the response.", fix="Use --file.")
    prompt, response = (read_stdin() if text == "-" else text for text in (prompt, response))
    return Dialogue([{"role": "user", "content": prompt or ""}], response)


def _findings(findings: list[Finding]) -> Table:
    columns = ("target", "where", "layer", "score", "threshold", "certain", "evidence")
    table = listing(*columns, right=["score", "threshold"], fold=["evidence"])
    for finding in findings:
        figures = (f"{finding.score:.2f}", f"{finding.threshold:.2f}", "yes" if finding.certain else "no")
        table.add_row(finding.target, finding.where, finding.layer, *figures, visible(finding.evidence))
    return table


def _agents(calls: list[AgentCall]) -> Table:
    table = listing("agent", "outcome", "calls", "tokens", "ms", "quotes dropped", right=["calls", "tokens", "ms"])
    for call in calls:
        figures = (str(call.calls), str(call.tokens), f"{call.elapsed_ms:.0f}", str(call.dropped))
        table.add_row(call.agent, call.outcome, *figures)
    return table


def _explanation(explanations: "Sequence[Explanation]", dialogue: Dialogue, names: Mapping[str, str]) -> Table:
    """Draw what a finding stands for in plain words; the words that matched are the user's own."""
    columns = ("name", "words", "layer", "what would have changed it")
    table = listing(*columns, fold=columns)
    for finding, layer, counterfactual in explanations:
        text = (dialogue.response or "") if finding.turn is None else dialogue.messages[finding.turn]["content"]
        words = text[finding.start : finding.end]
        meaning = f"{finding.layer}: {layer}"
        table.add_row(visible(names.get(finding.target, "")), visible(words), meaning, counterfactual)
    return table
