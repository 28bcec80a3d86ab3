"""How rare a word is in general English, from the frequency lists of `wordfreq`."""

import math
from functools import cache

import numpy as np

# Words that carry no content of their own, whatever text they stand in.
STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are as at be because been before being below between both
    but by can could did do does doing down during each few for from further had has have having he her here hers him
    his how i if in into is it its itself just me more most my no nor not now of off on once only or other our out over
    own s same she should so some such t than that the their them then there these they this those through to too under
    until up very was we were what when where which while who whom whose why will with would you your yours
    """.split()  # noqa: SIM905 - a hundred quoted words would be unreadable
)

# Zipf scale: 7 is "the", 5 a word heard daily, 3 once in a million words, 0 never seen.
COMMON = 5.0
RARE = 3.5
_VOCABULARY = 40_000


@cache
def _frequencies() -> dict[str, float]:
    # Imported here because the lists take a tenth of a second to load.
    import wordfreq

    return wordfreq.get_frequency_dict("en", "large")


def zipf(word: str) -> float:
    """Return the Zipf frequency of a canonical word: log10 of its uses in a billion words, 0 for the unknown."""
    frequency = _frequencies().get(word)
    return math.log10(frequency) + 9 if frequency else 0.0


def distinctiveness(word: str) -> float:
    """Return how much a word tells by itself, from 0 (common) to 1 (never seen in general text)."""
    if word in STOP_WORDS:
        return 0.0
    return min(1.0, max(0.0, (COMMON - zipf(word)) / COMMON))


def random_texts(count: int) -> list[str]:
    """Return made-up texts of 8 to 150 words, each word as frequent as in general English; always the same ones.

    They have the vocabulary of general text and no subject.
    """
    rng = np.random.default_rng(0)
    words = list(_frequencies())[:_VOCABULARY]
    weights = np.array([_frequencies()[word] for word in words])
    lengths = np.exp(rng.uniform(np.log(8), np.log(150), count)).astype(int)
    drawn = rng.choice(len(words), int(lengths.sum()), p=weights / weights.sum())
    return [" ".join(words[index] for index in part) for part in np.split(drawn, np.cumsum(lengths)[:-1])]
