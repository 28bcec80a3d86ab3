"""What to do next, as far as the figures say it."""

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from ...reporting.texts import cut_path, number, plain
from ..summary import Summary

PERSONAL = {"person", "record"}
"""Kinds of targets whose disclosure is one of personal data."""


class Step(NamedTuple):
    """One thing to do."""

    what: str
    """What to do."""

    why: str
    """Why, and what comes of it."""

    command: str = ""
    """The command that does it; empty where there is none."""


def steps(summary: Summary) -> Iterator[Step]:
    """Yield what to do, the most urgent first."""
    store = shlex.quote(plain(summary.store))
    if summary.counts.disclosed:
        yield from _against_leaks(summary, store)
    yield from _about_the_audit(summary, store)
    yield from _about_detection(summary, store)
    if summary.exchanges:
        yield Step(
            "Audit again, and compare.",
            "After a change of the register, the policy or the model, and from time to time: this says which verdicts "
            "changed since the earlier audit.",
            f"expunge audit LOGS --store {store} --out NEW-REPORT --replay THIS-REPORT",
        )


def _against_leaks(summary: Summary, store: str) -> Iterator[Step]:
    yield Step(
        "Put expunge in front of the model.",
        "From then on answers that disclose a target are held back or changed before anyone sees them. This is "
        "suppression: it works at once, and the model still knows what it knew.",
        f"expunge serve --upstream URL-OF-THE-MODEL --store {store}",
    )
    if summary.worst:
        worst = summary.worst[0]
        yield Step(
            "Read the worst exchanges.",
            f"Begin with {cut_path(worst.file, 60)}, line {number(worst.line)}. A person should confirm that it is a "
            "leak, and find out who saw it.",
        )
    if PERSONAL & {target.kind for target in summary.by_target if target.counts.disclosed}:
        yield Step(
            "Tell whoever is responsible for data protection.",
            "People or records of them are among the targets disclosed. Whether that must be reported is a legal "
            "question with a short deadline in some places; this report does not answer it.",
        )
    yield Step(
        "Plan work on the model itself.",
        "Where the model is your own, this proposes which of the targets found here to take on in its weights first.",
        f"expunge jobs suggest THIS-REPORT --store {store} --out JOB",
    )


def _about_the_audit(summary: Summary, store: str) -> Iterator[Step]:
    if not summary.targets:
        yield Step(
            "Register what must not be disclosed, and audit again.",
            "Without targets there is nothing to look for.",
            f"expunge targets add NAME --document TEXT --store {store}",
        )
    if not summary.exchanges and not summary.faults:
        yield Step("Give the audit logs that hold exchanges.", "The files that it was given hold none.")
    if summary.faults:
        yield Step(
            "Mend what could not be read.",
            "What could not be used was not looked at. The kinds of faults are explained below; the errors file beside "
            "this report names each line.",
        )
    if summary.failed:
        yield Step(
            "Find out why exchanges failed.",
            f"{number(summary.failed, 'exchange')} ended in an error of expunge itself and could not be judged.",
            f"expunge doctor --store {store}",
        )
    if summary.exchanges and (summary.sampled is not None or summary.limit is not None):
        yield Step("Audit all exchanges.", "This audit looked at a part of them. Leave out the sample and the limit.")
    if summary.agents and summary.agents.skipped:
        yield Step(
            "Audit again with a larger budget.",
            f"It was spent before {number(summary.agents.skipped, 'uncertain exchange')} could be put to the agents' "
            "models; the rules decided alone.",
        )


def _about_detection(summary: Summary, store: str) -> Iterator[Step]:
    if summary.counts.context_only:
        yield Step(
            "Look at where the model's documents come from.",
            f"In {number(summary.counts.context_only, 'exchange')} a target stood in what the model was given, and "
            "only the answer kept it back. Take it out of search indexes, knowledge bases and tools.",
        )
    if summary.exchanges and summary.targets and not (summary.counts.disclosed or summary.near):
        yield Step(
            "Make sure that a leak would be found.",
            "Targets registered by a name alone are recognised by it alone. With documents, details tell too.",
            f"expunge targets add NAME --document TEXT --store {store}",
        )
    if summary.near and summary.targets:
        yield Step(
            "Look through the near misses, and describe the targets better.",
            "Where one is a leak, register what it said as a document of the target: details are then recognised "
            "without the name.",
            f"expunge targets add NAME --document TEXT --store {store}",
        )
