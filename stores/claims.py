"""What a model says of a target, read by rules: claims, and not truth. They serve detection alone."""

import re
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict

from ..schema import Target

_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:Mr|Dr|St)\.)(?<!\bMrs\.)\s+|(?<=[。！？])")  # noqa: RUF001
_BULLET = re.compile(r"[\s*•–-]*(?:\d{1,3}[.)]\s+)?")  # noqa: RUF001
_REFUSAL = re.compile(
    r"\W*(?:I\b|As an?\b|Sorry|Unfortunately|Apolog|There(?: is|['’]s) no|No (?:\w+ )?information"  # noqa: RUF001
    r"|Lo siento|No (?:tengo|puedo|dispongo|hay)|Je (?:ne\b|n['’])|Désolé|抱歉|很抱歉|对不起|我)"  # noqa: RUF001
)
# What is said between the model and whoever asks it is no fact.
_TALK = re.compile(
    r"\b(?i:me|my|you|your|please)\b|\bI(?:['’]\w+| (?:am|do|don|can|cannot|could|have|know|think|believe|hope))\b"  # noqa: RUF001
)
_HE_OR_SHE = re.compile(r"(He|She|His|Her)(?= )")
_IT = re.compile(r"(It|Its)(?= )")
_ALIAS = re.compile(
    r"\b(?:(?:known|called|written|spelled|spelt|abbreviated) as|nicknamed|n[ée]e|born"
    r"|(?:birth|maiden|stage|pen|real|other) names?(?: is| was)?|pseudonym(?: is| was)?)"
    r"\s+[\"“'‘]?(?P<name>@\w{3,40}"  # noqa: RUF001
    r"|[A-Z\u00c0-\u00de][\w.'’-]*(?:\s+[A-Z\u00c0-\u00de][\w.'’-]*){0,4})"  # noqa: RUF001
)


class Relation(BaseModel):
    """A tie between the target and somebody or something else; its parts, one after the other, are a sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    """Who or what: the target, or what it is tied to."""

    relation: str
    """How, in words such as "is a daughter of"."""

    object: str
    """To whom or to what."""


class Mined(BaseModel):
    """What is found in answers about a target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    aliases: list[str]
    """Other names."""

    relations: list[Relation]
    """Ties to others."""

    facts: list[str]
    """What else is said, a sentence each; about a topic, questions."""

    @property
    def sentences(self) -> list[str]:
        """Relations and facts as plain sentences, as detection reads them best."""
        tied = (f"{tie.subject} {tie.relation} {tie.object}" for tie in self.relations)
        return [*(text.rstrip(" .") + "." for text in tied), *self.facts]


def read_by_rules(target: Target, answers: Iterable[str]) -> Mined:
    """Return what answers hold.

    The sentences of answers that are no refusals become facts as they are, the pronouns that they open with replaced;
    of a topic only the questions. Other names are found where an answer says that they are such.
    """
    told = [answer for answer in answers if not _REFUSAL.match(answer)]
    sentences = [sentence for answer in told for sentence in _sentences(answer)]
    questions = [sentence for sentence in sentences if sentence.endswith("?")]
    statements = [text for text in sentences if not text.endswith(("?", ":")) and not _TALK.search(text)]
    return Mined(
        aliases=[match["name"].rstrip(".'’-") for answer in told for match in _ALIAS.finditer(answer)],  # noqa: RUF001
        relations=[],
        facts=questions if target.kind == "topic" else [_with_name(target, text) for text in statements],
    )


def _sentences(text: str) -> Iterator[str]:
    for line in text.replace("**", "").splitlines():
        pieces = _END.split(_BULLET.sub("", line, count=1))
        yield from filter(None, map(str.strip, pieces))


def _with_name(target: Target, sentence: str) -> str:
    """Put the target's name in place of the pronoun that a sentence opens with."""
    match = (_HE_OR_SHE if target.kind == "person" else _IT).match(sentence)
    if not match:
        return sentence
    ending = "'s" if match[1] in ("His", "Her", "Its") else ""
    return f"{target.name}{ending}{sentence[match.end() :]}"
