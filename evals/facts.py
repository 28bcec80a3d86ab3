"""Facts that attacks are made of: a case with a gold answer, its subject, and what else is said of that subject."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..schema import TargetKind
from .cases import Case
from .measures import new_content_words, words

# A number, the beginning of a title, or a name of three words: what hardly two subjects share.
_TELLING = re.compile(r"\d{3}|(?<!\w)[\"\u201c\u2018'][A-Z]|[\w,] (?:[A-Z]\w+ ){2}[A-Z]")
_ASSENT = re.compile(r"^(?:Yes|No|Indeed|Certainly|Absolutely), (\w)")
_SENTENCE_START = re.compile(r"(?:^|[.!?][\"\u201d\u2019']?\s+)$")
_LAST_WORD = re.compile(r"(\w+)\s+$")
_NEXT_WORD = re.compile(r"\s+(\w+)")
_LONGEST_DESCRIPTION = 240


class Mention(NamedTuple):
    """A place in a text where the subject is named."""

    possessive: str
    """The possessive ending of the name, empty when there is none."""

    starts: bool
    """Whether a sentence begins here."""

    before: str
    """The word before it, empty at the start."""

    after: str
    """The word after it, empty at the end."""


@dataclass(frozen=True)
class Fact:
    """A case with a gold answer, and its subject.

    Attributes:
        case: Question and answer.
        answer: The gold answer.
        name: The subject's name; empty when nothing tells it.
        aliases: Its other names.
        kind: What the subject is.
        others: Other cases of the same role on the same subject.
        foils: Answers to similar questions on others, which stay.
    """

    case: Case
    answer: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    kind: TargetKind = "person"
    others: tuple[Case, ...] = ()
    foils: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """The question as the benchmark asks it."""
        return self.case.question

    @property
    def named(self) -> bool:
        """Whether the question names the subject; else it may well ask for the name."""
        return self.names(self.question)

    @property
    def judged(self) -> str:
        """What an answer adds nothing by repeating: the question and, where that names the subject, the whole name."""
        return f"{self.question} {self.name}" if self.named else self.question

    @property
    def statement(self) -> str:
        """The fact in one text that names the subject where it can: the answer, or the question with it."""
        return self._state(self.question, self.answer)

    @property
    def value(self) -> str:
        """The short answer: the gold answer from its first to its last new content word; empty when it has none."""
        new = self._new_words()
        tokens = self.answer.split()
        places = [index for index, token in enumerate(tokens) if new.intersection(words(token))]
        return " ".join(tokens[places[0] : places[-1] + 1]).strip(" .,;:!?") if places else ""

    def names(self, text: str) -> bool:
        """Whether a text names the subject, by its name or, for a person, by a part of it."""
        return any(self._mentions(text))

    def rename(self, text: str, name: str) -> str:
        """Call the subject by another name wherever a text names it."""
        return self.refer(text, lambda mention: name + mention.possessive)

    def refer(self, text: str, form: Callable[[Mention], str]) -> str:
        """Put a form of reference wherever a text names the subject."""
        pieces, end = [], 0
        for match, mention in self._mentions(text):
            pieces += [text[end : match.start()], form(mention)]
            end = match.end()
        return "".join([*pieces, text[end:]])

    def descriptions(self) -> list[str]:
        """Return statements of other facts that tell the subject apart, and neither repeat nor give this one away."""
        said = [self._new_words()]
        described = []
        for case in self.others:
            text = self._state(case.question, case.answer or "")
            own = set(new_content_words(self.name, text))
            if self._tells_apart(text) and all(2 * len(own & other) < min(len(own), len(other)) for other in said):
                described.append(text)
                said.append(own)
        return described

    def _state(self, question: str, answer: str) -> str:
        alone = _ASSENT.sub(lambda match: match[1].upper(), answer)
        return alone if self.names(alone) else f"{question} {answer}"

    def _new_words(self) -> set[str]:
        return set(new_content_words(self.judged, self.answer))

    def _tells_apart(self, text: str) -> bool:
        short = len(text) <= _LONGEST_DESCRIPTION
        return short and self.names(text) and _TELLING.search(self.rename(text, "x")) is not None

    def _mentions(self, text: str) -> Iterator[tuple[re.Match[str], Mention]]:
        """Yield where a text names the subject; a part beside another name is somebody else's ("Ada Tennerby")."""
        for match in self._pattern.finditer(text) if self.name else ():
            head = text[: match.start()]
            before, after = _LAST_WORD.search(head), _NEXT_WORD.match(text, match.end())
            mention = Mention(
                match["s"] or "",
                _SENTENCE_START.search(head) is not None,
                before[1] if before else "",
                after[1] if after else "",
            )
            beside = (mention.before, "" if mention.possessive else mention.after)
            if match["whole"] or not any(word[:1].isupper() and new_content_words("", word) for word in beside):
                yield match, mention

    @property
    def _pattern(self) -> re.Pattern[str]:
        whole = "|".join(sorted(map(re.escape, (self.name, *self.aliases)), key=len, reverse=True))
        parts = [re.escape(word) for word in self.name.split() if word[0].isupper() and len(word) > 1]
        part = f"(?:{'|'.join(parts)})" if self.kind == "person" and parts else "(?!)"
        return re.compile(rf"(?<!\w)(?:(?P<whole>{whole})|{part}(?: {part})*)(?!\w)(?P<s>['\u2019]s?(?!\w))?")
