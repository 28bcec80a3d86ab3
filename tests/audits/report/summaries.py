"""Summaries of audits that never were, for the tests of the report."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from expunge.audits.summary import (
    AgentCosts,
    Change,
    Counts,
    Flagged,
    LayerCounts,
    LogFile,
    Period,
    Replay,
    Summary,
    TargetCounts,
)

AT = datetime(2025, 11, 30, 13, 48, tzinfo=UTC)


def empty(**given: Any) -> Summary:
    """An audit of one clean log, or one with other figures where they are given."""
    fields: dict[str, Any] = {
        "expunge": "0.1.0",
        "at": AT,
        "elapsed_s": 12.4,
        "store": "expunge-store",
        "revision": 57,
        "targets": 42,
        "policy": "default",
        "revealed": False,
        "files": [LogFile(file="logs/november.jsonl", formats={"openai": 4_200}, records=4_200, exchanges=4_200)],
        "exchanges": 4_200,
        "distinct": 4_117,
        "unanswered": 0,
        "failed": 0,
        "faults": {},
        "actions": {"release": 4_200},
        "counts": Counts(),
        "findings": 0,
        "by_target": [],
        "by_layer": [],
        "over_time": [],
        "worst": [],
        "near_misses": [],
    }
    return Summary(**fields | given)


def rich(**given: Any) -> Summary:
    """An audit that found much, and compared it with an earlier one."""
    chance = random.Random(4)
    found = {
        "sampled": 0.25,
        "elapsed_s": 5_437.0,
        "files": files(),
        "exchanges": 100_000,
        "distinct": 91_544,
        "unanswered": 1_204,
        "failed": 3,
        "faults": {"invalid_json": 17, "unknown_format": 5, "not_joined": 231, "no_response": 1_204},
        "actions": {"release": 99_612, "rewrite": 147, "abstain": 241},
        "counts": Counts(disclosed=143, asked_for=181, context_only=64),
        "findings": 1_012,
        "by_target": targets(23, chance),
        "by_layer": layers(),
        "over_time": days(30, chance),
        "worst": flagged(12, chance),
        "near_misses": sorted((near(number, chance) for number in range(32)), key=lambda miss: -miss.score),
        "near": 57,
        "agents": AgentCosts(models="ollama:llama3.2", exchanges=412, calls=603, tokens=431_202, skipped=9),
        "replay": Replay(
            against="audits/2025-10",
            before="default, revision 41",
            after="default, revision 57",
            changed=61,
            changes=[
                Change(before="release", after="abstain", exchanges=38),
                Change(before="release", after="rewrite", exchanges=21),
                Change(before="rewrite", after="release", exchanges=2),
            ],
        ),
    }
    return empty(**found | given)


def files() -> list[LogFile]:
    return [
        LogFile(file="logs/gateway-2025-11.jsonl.zst", formats={"openai": 80_102}, records=80_119, exchanges=79_880),
        LogFile(file="logs/batches/requests.jsonl", formats={"openai-batch": 12_000}, records=12_000, exchanges=11_769),
        LogFile(file="exports/langsmith.parquet", formats={"langsmith": 8_351, "plain": 5}, records=8_356, faults=22),
    ]


def target(number: int) -> str:
    return f"tgt_{random.Random(number).getrandbits(64):016x}"


def targets(count: int, chance: random.Random) -> list[TargetCounts]:
    return [
        TargetCounts(
            target=target(number),
            kind=chance.choice(["person", "person", "record", "work", "topic", ""]),
            counts=Counts(
                disclosed=60 // (number + 1), asked_for=chance.randrange(22), context_only=chance.randrange(9)
            ),
        )
        for number in range(count)
    ]


def layers() -> list[LayerCounts]:
    return [
        LayerCounts(layer="alias", counts=Counts(disclosed=212, asked_for=307, context_only=88)),
        LayerCounts(layer="fingerprint", counts=Counts(disclosed=146, asked_for=22, context_only=31)),
        LayerCounts(layer="subject", counts=Counts(disclosed=98, asked_for=14)),
        LayerCounts(layer="fuzzy", counts=Counts(disclosed=21, asked_for=40, context_only=4)),
        LayerCounts(layer="meaning", counts=Counts(disclosed=17, asked_for=3)),
        LayerCounts(layer="agent", counts=Counts(disclosed=9)),
    ]


def days(count: int, chance: random.Random, *, timed: bool = True) -> list[Period]:
    start = datetime(2025, 11, 1, tzinfo=UTC)
    return [
        Period(
            start=start + timedelta(days=number) if timed else None,
            first=0 if timed else 1 + 3_300 * number,
            exchanges=3_300,
            counts=Counts(
                disclosed=chance.randrange(2, 5) + number // 6,
                asked_for=chance.randrange(3, 10),
                context_only=chance.randrange(5),
            ),
        )
        for number in range(count)
    ]


def flagged(count: int, chance: random.Random, **given: Any) -> list[Flagged]:
    return [
        Flagged(
            **{
                "exchange": f"chatcmpl-{number:05d}",
                "file": "logs/gateway-2025-11.jsonl.zst",
                "line": 71 + 523 * number,
                "turn": 2 * chance.randrange(4),
                "at": AT - timedelta(hours=31 * number),
                "severity": "disclosed" if number < 8 else "asked_for" if number < 11 else "context_only",
                "action": "rewrite" if number % 3 == 1 else "abstain",
                "targets": [target(chance.randrange(6)) for _ in range(1 + number % 2)],
                "layers": ["alias", "fingerprint", "subject"][: 1 + number % 3],
                "findings": 1 + number % 5,
                "score": 4.2 - number / 10,
                "released": "She is a novelist who lives abroad. Her books have been translated into many languages."
                if number % 3 == 1
                else "I'm not familiar with anyone by that name.",
            }
            | given
        )
        for number in range(count)
    ]


def near(number: int, chance: random.Random) -> Flagged:
    score = 1 - chance.random() ** 1.4 * 0.4
    (miss,) = flagged(1, chance, severity=None, action="release", released="", score=score, layers=["meaning"])
    return miss.model_copy(update={"line": 88 + 301 * number, "exchange": f"chatcmpl-{number:05d}"})
