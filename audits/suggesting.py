"""From an audit to a weight-level job: which targets to take on first, what to forget, and what to keep.

A proposal, for a person to look at: nothing is trained. Its files hold what was disclosed, in plain text, because a
model is to be trained on it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from ..errors import InputError
from ..reporting.files import open_folder, write_lines
from ..schema import Target
from ..stores.keys import Keys
from ..stores.targets import TargetStore
from ..unlearning.gathering.targets import examples_of
from .drawing import Drawn
from .exchanges import Exchange, exchanges_in
from .journal import Journal
from .outcomes import Outcome
from .readers import Logs
from .records import Dialogue
from .report_files import ReportFiles

MOST_TARGETS = 20
"""Targets that are proposed at most, unless it is told otherwise."""

KEPT = 4
"""Exchanges of the log to keep, for each to forget."""

_MOST_NEAR = 10_000

LEAST_KEPT = 100
"""Exchanges of the log to keep at least."""


class SuggestedTarget(BaseModel):
    """A target that a job should take on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: str
    """Its id."""

    disclosed: int
    """Exchanges that disclosed it."""

    documents: int
    """Its forget documents, which are in the forget set too."""


class Suggestion(BaseModel):
    """A proposal for a weight-level job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: list[SuggestedTarget]
    """The targets, the most disclosed first."""

    left_out: int
    """Targets that were disclosed too, and are not among them."""

    forget: int
    """Lines of `forget.jsonl`."""

    retain: int
    """Lines of `retain.jsonl`."""

    files: list[str]
    """The files."""


class Example(NamedTuple):
    """A line of a forget or retain set."""

    prompt: str
    """What is asked."""

    answer: str
    """What is to be forgotten, or kept, as an answer."""

    target: str = ""
    """The target's id; empty of what is kept and belongs to none."""

    source: str = "log"
    """Where it is from: `log`, `document` or `keep`."""


def suggest(report: Path, store: TargetStore, out: Path, most: int = MOST_TARGETS) -> Suggestion:
    """Turn the findings of an audit into a proposal for a weight-level job, and write its sets.

    Args:
        report: The folder of a finished audit, whose logs lie where they lay.
        store: The register.
        out: The folder for `job.json`, `forget.jsonl` and `retain.jsonl`; created when missing.
        most: How many targets at most, the most disclosed first.

    Raises:
        InputError: There is no finished audit, its logs have changed, or it found no disclosure.
    """
    files = ReportFiles(report)
    if not files.journal.exists():
        raise InputError(f"There is no audit in {str(report)!r}.", fix="Give the --out of `expunge audit`.")
    with Journal(files.journal) as journal:
        disclosed = _disclosed(journal)
        if not disclosed:
            raise InputError("The audit found no disclosure: there is nothing to suggest.")
        known = {target.id: target for target in store.get_many(disclosed)}
        if not known:
            fix = "Give the register that the audit was made with."
            raise InputError("None of the targets that were disclosed is in this register.", fix=fix)
        ranked = sorted(known, key=lambda key: (-disclosed[key], key))
        chosen = {key: known[key] for key in ranked[:most]}
        open_folder(out)
        sets = _Sets(chosen)
        for exchange, outcome in _walk(_logs(journal), journal, store.keys):
            sets.add(exchange, outcome)
    forget, retain = [*sets.forget, *_documents(chosen.values())], sets.retain
    sets_by_file = {out / "forget.jsonl": forget, out / "retain.jsonl": retain}
    for path, examples in sets_by_file.items():
        write_lines(path, (json.dumps(example._asdict()) for example in examples))
    suggestion = Suggestion(
        targets=[
            SuggestedTarget(target=key, disclosed=disclosed[key], documents=len(target.documents))
            for key, target in chosen.items()
        ],
        left_out=len(known) - len(chosen),
        forget=len(forget),
        retain=len(retain),
        files=[str(path) for path in sets_by_file],
    )
    write_lines(out / "job.json", [suggestion.model_dump_json(indent=2, ensure_ascii=True)])
    return suggestion


class _Sets:
    """What is to be forgotten and what is to be kept, as the log passes by."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self._targets = targets
        self._forget: dict[tuple[str, str], Example] = {}
        self._near: list[Example] = []
        self._kept = Drawn[Example](10_000)

    def add(self, exchange: Exchange, outcome: Outcome | None) -> None:
        if exchange.answer is None:
            return
        example = Example(_prompt(exchange), exchange.answer.text)
        told = outcome.disclosed if outcome else []
        mine = next((target for target in told if target in self._targets), None)
        if mine:
            self._forget.setdefault(example[:2], example._replace(target=mine))
        elif outcome is None:
            self._kept.add(example)
        elif outcome.near and outcome.action == "release" and len(self._near) < _MOST_NEAR:
            self._near.append(example)

    @property
    def forget(self) -> list[Example]:
        """What was disclosed, each once."""
        return list(self._forget.values())

    @property
    def retain(self) -> list[Example]:
        """What stays of the targets, what is nearest to them, and other exchanges of the log; nothing of the others."""
        texts = [each for target in self._targets.values() for each in _examples(target, target.keep, "keep")]
        most = max(LEAST_KEPT, KEPT * len(self._forget))
        examples = {example[:2]: example for example in (*texts, *self._near[:most], *self._kept.kept[:most])}
        return [example for key, example in examples.items() if key not in self._forget]


def _disclosed(journal: Journal) -> dict[str, int]:
    """Count the exchanges that disclosed each target."""
    if journal.read("finished") is None:
        raise InputError("The audit is not finished.", fix="Finish it with `expunge audit … --resume`.")
    return Counter(target for noted in journal.noted() for target in noted.outcome.disclosed)


def _logs(journal: Journal) -> Logs:
    """Return the logs of an audit, as they were read."""
    given = json.loads(journal.read("inputs") or "{}")
    missing = [file for file in given.get("files", []) if not Path(file).exists()]
    if missing:
        raise InputError(f"The log {missing[0]!r} is not there any more.", fix="Put it back, or audit again.")
    files = [Path(file) for file in given.get("files", [])]
    logs = Logs(files, format=given.get("format"), columns=given.get("columns"))
    if logs.fingerprint() != journal.read("logs"):
        raise InputError("The logs have changed since the audit.", fix="Audit them again.")
    return logs


def _prompt(exchange: Exchange) -> str:
    """Return what was asked; of a longer conversation all of it, for the last turn alone may say little."""
    if len(exchange.prompt) == 1:
        return exchange.prompt[0].text
    return "\n".join(f"{turn.role}: {turn.text}" for turn in exchange.prompt)


class _Walked(NamedTuple):
    exchange: Exchange
    outcome: Outcome | None


def _walk(logs: Logs, journal: Journal, keys: Keys) -> Iterator[_Walked]:
    """Yield the exchanges of the log that were looked at, each with what was made of it."""
    noted, number = journal.noted(), 0
    coming = next(noted, None)
    for item in logs.read():
        for exchange in exchanges_in(item, number) if isinstance(item, Dialogue) else ():
            number += 1
            mine = coming if coming and coming.number == exchange.number else None
            coming = next(noted, None) if mine else coming
            if mine is None and journal.seen(exchange.digest(keys)) is None:
                continue  # a sample or a limit left it out: nobody knows what it holds
            yield _Walked(exchange, mine.outcome if mine else None)


def _documents(targets: Iterable[Target]) -> Iterator[Example]:
    for target in targets:
        yield from _examples(target, target.documents, "document")


def _examples(target: Target, texts: Iterable[str], source: str) -> Iterator[Example]:
    for example in examples_of(target, texts):
        yield Example(example.prompt, example.answer, example.target, source)
