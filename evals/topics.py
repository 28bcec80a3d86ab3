"""Topic questions (WMDP against MMLU) as registers: half of those on a topic and on near subjects is registered."""

from collections import defaultdict
from collections.abc import Sequence
from random import Random

from ..errors import InputError
from ..schema import Target
from .cases import Case
from .splits import Split

NEAR = {
    "bio": (
        "anatomy",
        "clinical_knowledge",
        "college_biology",
        "college_medicine",
        "high_school_biology",
        "medical_genetics",
        "nutrition",
        "virology",
    ),
    "cyber": (
        "college_computer_science",
        "computer_security",
        "electrical_engineering",
        "high_school_computer_science",
        "machine_learning",
        "security_studies",
    ),
}
"""The subjects of MMLU that are near a topic of WMDP: half of their questions are kept texts."""


def splits(cases: Sequence[Case], *, seed: int = 0) -> list[Split]:
    """Make one register for each topic, of which nothing that is registered is asked later.

    Asked are the other half of the questions on the topic and on near subjects, and all of the other subjects, which
    the register has never seen; the sets of these cases are told apart as `near` and `far`.

    Args:
        cases: Questions on topics (`target`), and on subjects to keep (`form`).
        seed: Another seed halves in another way.

    Raises:
        InputError: A forget case names no topic whose near subjects are known.
    """
    topics: dict[str, list[Case]] = defaultdict(list)
    subjects: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if case.role == "retain":
            subjects[case.form].append(case)
        elif case.target in NEAR:
            topics[case.target].append(case)
        else:
            raise InputError(f"Case {case.id!r} is on no topic known.", fix=f"Name one of {', '.join(NEAR)} as target.")
    return [_split(topic, own, subjects, Random(seed)) for topic, own in sorted(topics.items())]  # noqa: S311


def _split(topic: str, own: list[Case], subjects: dict[str, list[Case]], random: Random) -> Split:
    registered, asked = _halves(own, random)
    kept: list[Case] = []
    for subject, questions in sorted(subjects.items()):
        near = subject in NEAR[topic]
        half, rest = _halves(questions, random) if near else ([], questions)
        kept += half
        asked += _of_set(rest, "near" if near else "far")
    target = Target(
        name=topic,
        kind="topic",
        documents=[case.question for case in registered],
        keep=[case.question for case in kept],
    )
    # The same question may stand in a set twice.
    seen = {*target.documents, *target.keep}
    return Split(topic, [target], [case for case in asked if case.question.strip() not in seen])


def _of_set(cases: Sequence[Case], nearness: str) -> list[Case]:
    """Give cases a set of their own, so that they are counted apart."""
    return [case.model_copy(update={"set": f"{case.set} {nearness}"}) for case in cases]


def _halves(cases: Sequence[Case], random: Random) -> tuple[list[Case], list[Case]]:
    shuffled = random.sample(cases, len(cases))
    return shuffled[: len(cases) // 2], shuffled[len(cases) // 2 :]
