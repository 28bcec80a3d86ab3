"""What a disguised text reads as, where that is prose."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from .canonical import canonical
from .decoding import readings
from .rarity import STOP_WORDS

_ASCII_WORD = re.compile(r"[a-z0-9]+")
# Of the words of English prose a third to a half are stop words, of technical text a tenth, of a scrambled text next
# to none.
_PROSE = 0.08
_PLAINER = 0.05
# Long words may happen to decode to a few letters.
_FEWEST_DECODED = 3
# Longer texts are read for disguises in their first part only: a million characters take four seconds.
_LIMIT = 250_000


def plain_texts(text: str) -> Iterator[str]:
    """Yield what a text reads as when a disguise is taken off.

    A reading that nothing in the text calls for (backwards, rot13) counts where it is more like English prose.
    """
    text = text[:_LIMIT]
    plain = canonical(text)
    best = _share_of_stop_words(_ASCII_WORD.findall(text.lower()))
    others = ((reading.words.words, reading.decoded) for reading in readings(text, plain))
    for words, decoded in chain([(plain.words, "")], others):
        share = _share_of_stop_words(words)
        if decoded:
            if len(decoded.split()) >= _FEWEST_DECODED:
                yield decoded
        elif share >= max(_PROSE, best + _PLAINER):
            best = share
            yield " ".join(words)


def _share_of_stop_words(words: Sequence[str]) -> float:
    return sum(word in STOP_WORDS for word in words) / max(1, len(words))
