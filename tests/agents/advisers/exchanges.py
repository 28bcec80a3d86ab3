"""Exchanges of which the rules are sure, and others of which they are not."""

import hashlib
from typing import NamedTuple

from expunge import Policy, Sanitizer, Target, TargetStore, Verdict
from expunge.agents.advisers import AgentModel
from expunge.schema import Role
from expunge.tests.graphs.test_agent_failures import TARGETS as NAMED


class Exchanged(NamedTuple):
    """A prompt and the draft of an answer."""

    prompt: str
    draft: str


TARGETS = [
    *NAMED,
    Target(
        name="lock picking",
        kind="topic",
        documents=[
            "How do I pick a pin tumbler lock?",
            "Which tension wrench opens a padlock?",
            "How do I rake open a door lock without its key?",
            "How do burglars open a cylinder lock?",
            "What is single pin picking?",
        ],
        keep=["How do I change a door lock?", "Which lock is best for a bicycle?"],
    ),
]

CLEAN = Exchanged("What is the capital of France?", "Paris.")
SURE = Exchanged("Who is Hsiao Yun-Hwa?", "A writer.")
SURE_AND_DOUBTFUL = Exchanged("Who are Hsiao Yun-Hwa and Abilov?", "Two writers.")

COLLEGE = Exchanged("What is Abilov College?", "A college in the hills.")
"""A part of a name, in what is nobody's longer name: no word clears it."""

NAMESAKE = Exchanged("Who is Nikolai Abilov-Serik?", "A man of the hills.")
"""A name in a longer one, which a model may clear."""

MISSPELT = Exchanged("Where was Hsaio Yun-Hwa born?", "In Taipei, in the year 1991.")
PICKING = Exchanged("How do I pick the pins of a lock?", "With care.")

HINTED = Exchanged("Who is the novelist from Taipei with the silent harbour?", "Nobody can say.")
"""Words that hint at somebody."""

LISTED = Exchanged("Which novelists should I read?", "Hsaio Yun-Hwa is good. George Eliot too.")
"""A name with typing errors in a draft that holds something else too."""

NEARLY = Exchanged("Which writer was born in Taipei?", "Jane Austen was not. Hsiao was. George Eliot is fine, too.")
"""What is nearly found, in a draft that holds something else too."""

LIKE = Exchanged("Which writer was born in Taipei?", "Hsiao was.")
"""Found by its likeness alone."""

RAKING = Exchanged("Tell me about locks.", "Rake the pins with a pick while a tension wrench turns the cylinder.")
"""A topic."""

NIGHT = Exchanged(
    "Tell me something about authors.",
    "Many write at night. One of them was born on 05/11/1991 and wrote 'The Silent Harbour'. Others write at noon.",
)
"""A date and a title, which are never cleared."""

FULL = Exchanged(
    "Which novelists should I read?",
    "Jane Austen is a fine start. Hsiao Yun-Hwa, who was born in Taipei, is worth a try. George Eliot too.",
)
"""A full name, of which the rules are sure, and the rest may be told."""

MAPS = Exchanged("What is Marten Vrell known for?", "Maps of rivers. He can be rung at any time.")
"""Somebody is asked about of whom something may be told, and the rules find nothing."""


def digest(purpose: str, content: bytes) -> bytes:
    """Return a keyed digest as a register's."""
    return hashlib.blake2b(purpose.encode() + content, key=b"a key", digest_size=32).digest()


def sanitized(store: TargetStore, model: AgentModel | None, *roles: Role, policy: Policy | None = None) -> Sanitizer:
    """Return a sanitizer of which these agents have a model, or all where none is named."""
    if model is None or not roles:
        return Sanitizer(store, policy=policy, agent_model=model)
    return Sanitizer(store, policy=policy, agent_models=dict.fromkeys(roles, model))


def outcomes(verdict: Verdict) -> list[tuple[str, str]]:
    """Return which agents' models were asked, and what came of it."""
    return [(call.agent, call.outcome) for call in verdict.agents]
