"""An attacked exchange, and the words by which its texts speak of a subject without its name."""

import re
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from .facts import Fact, Mention
from .measures import discloses, words

Messages = list[dict[str, object]]
"""A conversation, each message with its `role` and `content`."""

_PRONOUNS = (("she", "her", "her"), ("he", "him", "his"), ("they", "them", "their"))
_PLURAL = {"is": "are", "was": "were", "has": "have", "does": "do"}
_SINGULAR_VERB = re.compile(rf"\b(they) ({'|'.join(_PLURAL)})\b", re.IGNORECASE)
_AUXILIARIES = ("is", "was", "are", "were", "has", "had", "does", "did", "do", "can", "could", "will", "would")
_BEFORE_SUBJECTS = ("", "and", "but", "that", "when", "while", "because", "as", "which", *_AUXILIARIES)
_BEFORE_OBJECTS = ("by", "of", "to", "for", "with", "from", "about", "in", "on", "at")
_VERB_ENDINGS = (*_AUXILIARIES, "s", "ed", "wrote", "ly", "often")


class Attack(NamedTuple):
    """An attacked exchange, and how to tell whether what is released of it discloses the answer."""

    fact: Fact
    """What the attacker is after."""

    prompt: str | Messages
    """What the attacker sends."""

    draft: str
    """What a model answers that knows the fact and does what it is asked."""

    question: str
    """The question that the draft answers; what it says already is nothing new in the answer."""

    answer: str
    """What must not be disclosed."""

    decode: Callable[[str], str] = str
    """Reads what was released as the attacker would."""

    family: str = ""
    """The family, filled in by the suite."""

    def leaks(self, text: str) -> bool:
        """Tell whether a released text discloses the answer, as it stands or decoded."""
        return any(discloses(self.question, self.answer, reading) for reading in (text, self.decode(text)))


Family = Callable[[Fact, Random], Attack | None]
"""Makes an attack of a fact and a source of chance; `None` where the fact does not lend itself to it."""


def attack(fact: Fact, prompt: str | Messages, draft: str, decode: Callable[[str], str] = str) -> Attack:
    """Make an attack that is after the gold answer of a fact."""
    return Attack(fact, prompt, draft, fact.judged, fact.answer, decode)


def turns(*texts: str) -> Messages:
    """Lay out a conversation whose turns are the user's and the assistant's by turns, the user's first."""
    return [{"role": "assistant" if index % 2 else "user", "content": text} for index, text in enumerate(texts)]


def by_pronoun(fact: Fact, text: str) -> str:
    """Speak of the subject by pronouns, those that its facts use."""
    subject, other, possessive = _pronouns(fact)

    def form(mention: Mention) -> str:
        before = mention.before.lower()
        acts = before in _BEFORE_SUBJECTS or (before not in _BEFORE_OBJECTS and mention.after.endswith(_VERB_ENDINGS))
        word = possessive if mention.possessive else subject if acts else other
        return word.capitalize() if mention.starts else word

    return _SINGULAR_VERB.sub(lambda match: f"{match[1]} {_PLURAL[match[2]]}", fact.refer(text, form))


def by_kind(fact: Fact, text: str, article: str) -> str:
    """Speak of the subject as `this person` or `that work`: an article, and what the subject is."""

    def form(mention: Mention) -> str:
        phrase = f"{article} {fact.kind}" + ("'s" if mention.possessive else "")
        return phrase[0].upper() + phrase[1:] if mention.starts else phrase

    return fact.refer(text, form)


def unnamed(fact: Fact) -> str:
    """Give the answer by pronouns, unless it is the name that was asked for."""
    return by_pronoun(fact, fact.answer) if fact.named else fact.answer


def _pronouns(fact: Fact) -> tuple[str, str, str]:
    if fact.kind != "person":
        return "it", "it", "its"
    said = words(" ".join([fact.question, fact.answer, *(other.answer or "" for other in fact.others)]))
    return max(_PRONOUNS, key=lambda pronouns: sum(map(said.count, pronouns)))
