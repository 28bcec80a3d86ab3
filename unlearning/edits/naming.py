"""The named entities that examples are about, and where in their tokens each stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import InputError
from ..examples import Example

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_WORD = re.compile(r"(?:[^\W\d_]\.)+|[^\W\d_]+(?:[-'’][^\W\d_]+)*")  # J. R., Yun-Hwa, O'Brien
_POSSESSIVE = re.compile(r"['’]s$")
_OPENING = re.compile(r"(?:^|[.!?:])[\s\"'“‘(]*$")


def subjects_of(examples: Iterable[Example]) -> list[str]:
    """Return the subjects of examples, each once, in their order.

    The subject of an example is the one that it names, else the longest run of capitalised words that its prompt and
    its answer share; a single word counts only where one of the two has it elsewhere than at the beginning of a
    sentence, where all words are capitalised.

    Raises:
        InputError: None was found.
    """
    found = dict.fromkeys(name for example in examples if (name := example.subject.strip() or _shared(example)))
    if not found:
        raise InputError(
            "No example of the forget set has a name that its prompt and its answer share.",
            fix="Give forget examples the key 'subject': whom or what each is about, as it is named there.",
        )
    return list(found)


def ends(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], name: str) -> list[int]:
    """Return the index of the last token of each occurrence of a name."""
    found: list[int] = []
    for index in range(len(ids)):
        count = str(tokenizer.decode(list(ids[: index + 1]))).count(name)
        if count > len(found):
            found.append(index)
    return found


def _shared(example: Example) -> str:
    """Return the subject of an example; empty: none was found."""
    shared = [run for run in _runs(example.prompt) if _holds(example.answer, run)]
    named = [run for run in shared if " " in run or any(map(_inside(run), (example.prompt, example.answer)))]
    return max(named, key=lambda run: (run.count(" "), len(run)), default="")


def _runs(text: str) -> Iterator[str]:
    """Yield all runs of capitalised words that stand beside one another, and all parts of them."""
    words = [word for word in _WORD.finditer(text) if word[0][0].isupper() and len(word[0]) > 1]
    for first, begin in enumerate(words):
        for last, end in enumerate(words[first:], start=first):
            if last > first and text[words[last - 1].end() : end.start()].strip(" "):
                break
            yield _POSSESSIVE.sub("", text[begin.start() : end.end()])


def _places(text: str, run: str) -> Iterator[int]:
    return (found.start() for found in re.finditer(rf"(?<!\w){re.escape(run)}(?!\w)", text))


def _holds(text: str, run: str) -> bool:
    return any(True for _ in _places(text, run))


def _inside(run: str) -> Callable[[str], bool]:
    """Return what says of a text whether a run stands in it elsewhere than where a sentence begins."""
    return lambda text: any(not _OPENING.search(text[:place]) for place in _places(text, run))
