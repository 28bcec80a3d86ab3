"""How a model says that it does not know: collected by asking it about people who do not exist."""

from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Literal, get_args

from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.messages.ai import add_ai_message_chunks

from ..detection.canonical import canonical
from ..errors import PrerequisiteError
from ..models import load_chat_model
from ..models.quiet import Model, ask, stream, uncached
from ..stores.abstentions import Abstention, Abstentions
from .abstaining import says_nothing
from .gate import Released
from .sanitize import Sanitizer
from .strangers import QUESTIONS, strangers

Progress = Callable[[int], None]

_GIVE_UP = 3
_Fault = Literal["named", "claimed", "withheld"]


def collect_abstentions(
    model: str | Path | Model,
    sanitizer: Sanitizer,
    *,
    count: int = 64,
    seed: int = 0,
    progress: Progress | None = None,
) -> Abstentions:
    """Ask a model about made-up names, and return how it says that it does not know, and how long that takes.

    The exchanges are guarded and recorded like any other. Kept are answers that were released as they were, say that
    something is not known, repeat no word of the name, and tell nothing: no date, no number, no other name, no rare
    word. Answers come as often as they were given.

    Args:
        model: A LangChain chat model, or the name or the folder of one.
        sanitizer: What guards it; no made-up name is taken that it holds for a target.
        count: How many questions to put, at least 1.
        seed: Another seed makes other names.
        progress: Called with the number of questions put so far.

    Raises:
        ModelNotFound: No model has this name or lies at this path.
        PrerequisiteError: A package that the model needs is missing, or it does not answer.
    """
    chat = uncached(load_chat_model(model) if isinstance(model, str | Path) else model)
    kept: list[Abstention] = []
    faults: list[_Fault] = []
    failed = 0
    questions = zip(strangers(seed), cycle(QUESTIONS))
    _put(chat, sanitizer, "Hello.", streamed=False)  # the first answer of all takes longer than any that follows
    for number, (name, question) in enumerate(islice(questions, count), start=1):
        streamed = number % 2 == 0  # the number of questions is odd: each is put both ways
        released = _put(chat, sanitizer, question.format(name=name), streamed=streamed)
        failed = failed + 1 if released.verdict.error else 0
        if failed == _GIVE_UP:
            raise PrerequisiteError(
                f"The model did not answer {failed} questions in a row ({released.verdict.error}).",
                fix="See that it is there and that its key is right, and collect again.",
            )
        if fault := _fault(released, name):
            faults.append(fault)
        else:
            put = question.format(name="")
            kept.append(
                Abstention(text=released.verdict.text, seconds=released.took_s, streamed=streamed, question=put)
            )
        if progress:
            progress(number)
    told = {fault: faults.count(fault) for fault in get_args(_Fault)}
    return Abstentions(answers=tuple(kept), model=_name(model), asked=count, **told)


def _put(model: Model, sanitizer: Sanitizer, question: str, *, streamed: bool) -> Released:
    session = sanitizer.begin(question, "sentence" if streamed else "buffer")
    if session.denied:
        return session.finish()
    try:
        if not streamed:
            return session.finish(ask(model, [HumanMessage(question)]))
        came: list[AIMessageChunk] = []
        for piece in stream(model, [HumanMessage(question)]):
            came.append(piece)
            session.feed(str(piece.text))
        return session.finish(add_ai_message_chunks(*came) if came else None)
    except Exception as error:  # noqa: BLE001 - it is counted as withheld
        return session.fail(error)


def _fault(released: Released, name: str) -> _Fault | None:
    """Return why an answer is no abstention that may be shown for another name; `None`: it is one."""
    verdict = released.verdict
    if verdict.action != "release" or verdict.findings or released.message.tool_calls or not verdict.text.strip():
        return "withheld"
    words = set(canonical(verdict.text).words)
    if any(len(word) > 1 and word in words for word in canonical(name).words):
        return "named"
    return None if says_nothing(verdict.text) else "claimed"


def _name(model: str | Path | Model) -> str:
    names = (getattr(model, field, None) for field in ("model_name", "model", "model_id"))
    return str(model) if isinstance(model, str | Path) else next((name for name in names if isinstance(name, str)), "")
