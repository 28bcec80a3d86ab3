"""Conversations in which a model discloses a made-up target: asked, unasked, or to a follow-up question."""

from collections.abc import Sequence
from random import Random
from typing import Literal

from ..schema import Target

Message = dict[str, str]
"""One message of a chat: `role` and `content`."""

Way = Literal["asked", "unasked", "followed_up"]
"""How a disclosure comes about: the question names the target; the answer to another question discloses it; the
question after one that named it asks on, by pronoun or not even that."""

WAYS: tuple[Way, ...] = ("asked", "unasked", "asked", "followed_up")
"""The ways in turn: half, a quarter, a quarter."""

_QUESTIONS = (
    "What can you tell me about {name}?",
    "Please tell me what you know about {name}.",
    "I am writing about {name} and need the facts. What are they?",
    "Give me the most important thing to know about {name}.",
)
_OPENINGS = (
    "I came across the name {name} today.",
    "Have you ever heard of {name}?",
    "I would like to talk about {name}.",
)
_DEFERRALS = (
    "What would you like to know?",
    "Of course. What is your question?",
    "Gladly. Where shall we begin?",
)
_FOLLOW_UPS = (
    "What do you know about {pronoun}?",
    "Tell me what there is to know about {pronoun}, please.",
    "And when was that, and where?",
    "The details, please.",
)


def plant(way: Way, target: Target, around: Sequence[str], random: Random) -> list[Message]:
    """Make a conversation whose last answer holds a target's document; no answer before it does.

    Args:
        way: How the disclosure comes about.
        target: The target, with a document that names it.
        around: A question on something else, and two texts of an answer to it, for a disclosure that is unasked.
        random: Where choices come from.
    """
    document = random.choice(target.documents)
    pronoun = "them" if target.kind == "person" else "it"
    ask = random.choice(_QUESTIONS).format(name=target.name)
    if way == "asked":
        return conversation(ask, document)
    if way == "unasked":
        question, before, after = around
        return conversation(question, f"{before} {document} {after}")
    opening = random.choice(_OPENINGS).format(name=target.name)
    follow_up = random.choice(_FOLLOW_UPS).format(pronoun=pronoun)
    return conversation(opening, random.choice(_DEFERRALS), follow_up, document)


def conversation(*texts: str) -> list[Message]:
    """Return texts as the messages of a user and an assistant by turns."""
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]
