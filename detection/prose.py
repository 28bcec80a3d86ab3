"""What a disguised text reads as, where that is prose."""

from collections.abc import Iterator, Sequence

from .canonical import canonical
from .decoding import Reading, readings
from .rarity import STOP_WORDS

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
    best = _share_of_stop_words(text.lower().split())
    for reading in (Reading("leet", plain), *readings(text, plain)):
        share = _share_of_stop_words(reading.words.words)
        if reading.decoded:
            if len(reading.words) >= _FEWEST_DECODED:
                yield reading.decoded
        elif share >= max(_PROSE, best + _PLAINER):
            best = share
            yield " ".join(reading.words.words)


def _share_of_stop_words(words: Sequence[str]) -> float:
    return sum(word in STOP_WORDS for word in words) / max(1, len(words))
