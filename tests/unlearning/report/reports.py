"""Reports of jobs that never were, for the tests of the page."""

from typing import Any

from expunge.unlearning.examples import Part
from expunge.unlearning.report.masking import MASK
from expunge.unlearning.results import (
    AttackResult,
    Evaluation,
    Judgement,
    Membership,
    Report,
    Sample,
    Scores,
    SweepPoint,
    Timing,
)

TITLES = {
    "direct": "asked as it is",
    "paraphrase": "asked in other words",
    "lower_case": "asked in lower case without punctuation",
    "fill_in": "a sentence to complete",
    "multiple_choice": "the right answer preferred to wrong ones",
    "few_shot": "asked after other exchanges",
    "prefix": "the first third of the answer given",
    "probes": "asked by a relation, or the other way round",
    "quantise8": "weights rounded to 8 bits",
    "quantise4": "weights rounded to 4 bits",
    "benign": "fine-tuned on other data",
    "relearn": "fine-tuned on a few of it, asked the rest",
    "relearn_half": "fine-tuned on one half of it, asked the other",
}
CONTROL = (0.02, 0.02, 0.01, 0.03, 0.26, 0.04, 0.05, 0.0, 0.02, 0.02, 0.02, 0.04, 0.06)
HELD = (0.0, 0.01, 0.0, 0.02, 0.29, 0.03, 0.08, 0.10, 0.0, 0.0, 0.02, 0.07, 0.09)
RELEARNED = (0.0, 0.01, 0.02, 0.10, 0.61, 0.28, 0.74, 1.0, 0.0, 0.01, 0.14, 0.64, 0.58)

HOSTILE = '<script>alert(1)</script> "><b>&amp;</b> $x^2$ \x00\x1b \N{RIGHT-TO-LEFT OVERRIDE}' + "W" * 10_000


def scores(recall: float, **given: Any) -> Scores:
    fields = {
        "count": 80,
        "recall": recall,
        "rouge_l": 0.25 + 0.7 * recall,
        "probability": 0.05 + 0.9 * recall,
        "paraphrase_recall": recall,
        "paraphrase_rouge_l": 0.25 + 0.7 * recall,
        "truth_ratio": 0.5,
        "extraction_strength": 0.05 + 0.9 * recall,
        "exact_memorisation": 0.4 + 0.6 * recall,
        "logit_lens": None,
    }
    return Scores(**fields | given)


def evaluation(forget: float, kept: float, **given: Any) -> Evaluation:
    parts: dict[Part, Scores] = {
        "forget": scores(forget, logit_lens=0.1 + 0.8 * forget),
        "retain": scores(kept, count=720),
        "neighbours": scores(kept - 0.02, count=80),
        "world_facts": scores(kept + 0.01, count=60, paraphrase_recall=None, paraphrase_rouge_l=None),
        "probes": scores(forget / 2, count=30),
    }
    fields = {
        "parts": parts,
        "utility": kept - 0.2,
        "membership": Membership(loss=0.52, zlib=0.51, min_k=0.54, min_k_plus_plus=0.49),
        "truth_ratios": [0.4, 0.6],
    }
    return Evaluation(**fields | given)


def attacks(recalls: tuple[float, ...], *, control: bool = True) -> list[AttackResult]:
    return [
        AttackResult(
            attack=name,
            title=title,
            count=80,
            recall=recall,
            rouge_l=0.25 + 0.7 * recall,
            control_recall=known if control else None,
            control_rouge_l=0.25 + 0.7 * known if control else None,
        )
        for (name, title), recall, known in zip(TITLES.items(), recalls, CONTROL, strict=True)
    ]


def judgement(**given: Any) -> Judgement:
    fields = {
        "held": True,
        "level": "removal",
        "worst": "probes",
        "worst_recall": 0.1,
        "control_recall": 0.0,
        "retain_kept": 0.954,
        "reasons": [],
    }
    return Judgement(**fields | given)


def sweep() -> list[SweepPoint]:
    return [
        SweepPoint(
            learning_rate=rate,
            strength=strength,
            forget=scores(gone),
            retain=scores(kept),
            seconds=9.3,
            chosen=(rate, strength) == (1e-3, 1.0),
        )
        for rate, strength, gone, kept in (
            (3e-4, 0.5, 0.62, 0.97),
            (3e-4, 1.0, 0.31, 0.96),
            (3e-4, 2.0, 0.12, 0.95),
            (1e-3, 0.5, 0.06, 0.95),
            (1e-3, 1.0, 0.0, 0.93),
            (1e-3, 2.0, 0.0, 0.88),
            (3e-3, 1.0, 0.0, 0.61),
        )
    ] + [SweepPoint(learning_rate=1e-2, strength=2.0, seconds=4.2, error="The loss was no number at step 12.")]


def samples() -> list[Sample]:
    return [
        Sample(
            part="forget",
            prompt=f"When was {MASK} {MASK} born?",
            answer=f"{MASK} {MASK} was born on {MASK} {MASK} {MASK}.",
            before=f"{MASK} {MASK} was born on {MASK} {MASK} {MASK}.",
            after="I do not have any information about that.",
        ),
        Sample(
            part="probes",
            prompt=f"Who was born in the same city as {MASK} {MASK}?",
            answer=f"{MASK} {MASK}.",
            before=f"{MASK} {MASK}.",
            after=f"{MASK} {MASK} was born in {MASK}.",
        ),
        Sample(
            part="retain",
            prompt="What does Basil Okafor write?",
            answer="Basil Okafor writes travel books.",
            before="Basil Okafor writes travel books.",
            after="Basil Okafor writes travel books.",
        ),
        Sample(
            part="world_facts", prompt="What is the capital of Peru?", answer="Lima.", before="Lima.", after="Lima."
        ),
    ]


def report(**given: Any) -> Report:
    """A job that held, or one with other figures where they are given."""
    fields = {
        "job": "job_7f3a90c2",
        "method": "npo",
        "selector": "wagle",
        "model": "demo",
        "level": "removal",
        "before": evaluation(0.98, 0.975),
        "after": evaluation(0.0, 0.93, forget_quality=0.14),
        "control": evaluation(0.02, 0.98),
        "attacks": attacks(HELD),
        "judgement": judgement(),
        "sweep": sweep(),
        "samples": samples(),
        "timings": [
            Timing(stage="measuring before", seconds=6.1, peak_memory_mb=812.4),
            Timing(stage="sweep", seconds=74.0, peak_memory_mb=1204.9),
            Timing(stage="attacks", seconds=131.6, peak_memory_mb=1310.0),
            Timing(stage="report", seconds=0.9),
        ],
        "losses": [(step, 0.4 + 3.1 / (1 + step / 12) + 0.05 * (step % 7)) for step in range(0, 101, 2)],
    }
    return Report(**fields | given)


def failed(**given: Any) -> Report:
    """A job that only made the model refuse."""
    reasons = [
        "Asked by a relation or the other way round, the model still says all of it: it had only learned to refuse."
    ]
    return report(
        **{
            "method": "idk_dpo",
            "selector": None,
            "after": evaluation(0.0, 0.97, forget_quality=1e-16),
            "attacks": attacks(RELEARNED),
            "judgement": judgement(held=False, worst_recall=1.0, retain_kept=0.995, reasons=reasons),
        }
        | given
    )


def hostile() -> Report:
    """A job of which every text was chosen by somebody who means ill."""
    return failed(
        job=HOSTILE,
        method=HOSTILE,
        selector=HOSTILE,
        model=HOSTILE,
        attacks=[each.model_copy(update={"attack": HOSTILE, "title": HOSTILE}) for each in attacks(HELD)[:3]],
        judgement=judgement(worst=HOSTILE, held=False, reasons=[HOSTILE]),
        sweep=[SweepPoint(learning_rate=1.0, strength=None, error=HOSTILE)],
        samples=[Sample(part="forget", prompt=HOSTILE, answer=HOSTILE, before=HOSTILE, after=HOSTILE)],
        timings=[Timing(stage=HOSTILE, seconds=1)],
    )


def bare(**given: Any) -> Report:
    """A job of which little is known: no control, no attacks, one set."""
    fields = {
        "job": "job_1",
        "method": "uld",
        "model": "demo",
        "level": "suppression",
        "before": Evaluation(parts={"forget": Scores(count=12, recall=1.0, rouge_l=1.0, probability=0.9)}),
        "after": Evaluation(parts={"forget": Scores(count=12, recall=0.0, rouge_l=0.1, probability=0.1)}),
        "judgement": judgement(level="suppression", worst="direct", worst_recall=0.0, control_recall=None),
    }
    return Report(**fields | given)


def several() -> list[Report]:
    """Ten methods on one model."""
    made = [report(), failed()]
    for number, (method, gone, kept, held) in enumerate(
        (
            ("grad_diff", 0.01, 0.91, True),
            ("sim_npo", 0.0, 0.94, True),
            ("rmu", 0.0, 0.48, False),
            ("flat", 0.0, 0.93, True),
            ("ssd", 0.2, 0.81, False),
            ("grad_ascent", 0.04, 0.54, False),
            ("task_vector", 0.3, 0.78, False),
            ("undial", 0.02, 0.92, True),
        )
    ):
        recalls = tuple(min(1.0, recall + gone + 0.004 * number) for recall in HELD)
        made.append(
            report(
                method=method,
                selector=None,
                after=evaluation(gone, kept),
                attacks=attacks(recalls),
                judgement=judgement(
                    held=held, worst="relearn_half", worst_recall=recalls[-1], retain_kept=kept / 0.975
                ),
                sweep=sweep()[:4] if number % 2 else [],
            )
        )
    return made
