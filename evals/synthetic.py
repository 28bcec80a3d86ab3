"""Made-up targets, and exchanges that touch none of them; the same for the same seed.

The exchanges mention other people by given names that many targets bear, and dates, numbers, quoted titles, streets and
e-mail addresses of the kinds that the targets' documents hold, so that every layer of detection has work to do.
"""

from collections.abc import Sequence
from itertools import cycle, islice
from random import Random
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from ..schema import Embedder, Target, Vectors

_SLOTS = {
    "given": "Anna Ben Carla David Elif Farah George Hana Ivan Julia Kofi Lena Marco Nadia Omar Priya Rosa Samir",
    "surname": "Almeida Bauer Chen Dubois Eriksen Fischer Garcia Haddad Ito Jensen Kowalski Lopez Mensah Novak Rossi",
    "syllable": "bra cor dil fen gar hul jas kel lom mav nis pru quo rel sab tor ulm vik wen xan yor zet ald ost irn",
    "city": "Antwerp Bergen Cusco Dakar Esfahan Florence Glasgow Hanoi Izmir Jaipur Kyoto Leeds Mombasa Nantes Porto",
    "street": "Birch Canal Chapel Garden Harbour Juniper Market Mill Orchard Park River School Station Temple Willow",
    "month": "January February March April May June July August September October November December",
    "adjective": "Bright Broken Distant Early Fallen Golden Hidden Last Quiet Second Silver Slow Southern Steep Winter",
    "noun": "Archive Bridge Compass Engine Ferry Garden Harvest Island Ladder Lantern Mirror Orchard River Signal",
}
_WORDS = {slot: words.split() for slot, words in _SLOTS.items()}
_NAMES = len(_WORDS["given"]) * len(_WORDS["syllable"]) ** 3

_DOCUMENTS = (
    "{person} was born in {city} on {day} {month} {year}.",
    '{person} wrote "The {adjective} {noun}", which came out in {city} in {year}.',
    "{person} has lived at {number} {street} Street, {city}, since {month} {year}.",
)
_QUESTIONS = (
    "Could you explain how a heat pump keeps a house warm when it is freezing outside, and what it costs to run?",
    "What should I look at first when a web page that used to load within a second suddenly takes ten?",
    "Which vegetables can still be planted this late in the season, and how much water will they need each week?",
    "How do I write a polite letter that asks a supplier to take back goods that came damaged?",
)
_PROMPT_SENTENCES = (
    "I talked about it with {person} from {city} on {day} {month}, who had no time to look into it.",
    "My budget is {number} euros and I would like to be done before {month} {year}.",
    'A book called "The {adjective} {noun}" has a chapter on it, but I find it hard to follow.',
    "We live in {city}, near {street} Street, and there are {small} of us in the house.",
)
_DRAFT_SENTENCES = (
    "Start with a list of what you have and what you need, and put a date beside each line of it.",
    "In {city} most people wait until {month}, because prices fall by about {small} percent after the summer.",
    "{person} described a similar case in {year} and found that measuring for {small} days showed the cause.",
    "A careful test on {day} {month} {year} gave {number} units in the first hour and slightly fewer in the second.",
    "If the numbers do not add up, go back to the last step that you are sure of and try again from there.",
    'The guide "The {adjective} {noun}" sets out the usual order of work, with drawings of the common mistakes.',
    "You can also ask at the office at {number} {street} Street, which is open from Monday to Friday until {small} pm.",
    "Keep in mind that the result depends on the weather, on the material, and on how patient you are.",
    "Write to info{number}@example.org for the full table; {person} updates it and replies within {small} days.",
    "It rarely pays to replace everything at once, since a single worn part explains most of the trouble.",
    "Set aside roughly {number} euros for tools, and borrow from a neighbour what you will need only once.",
    "The rule of thumb since {year} has been to leave a gap of {small} centimetres on every side.",
)


class Exchange(NamedTuple):
    """A prompt and the draft that answers it."""

    prompt: str
    draft: str


def make_targets(count: int, documents: int, seed: int = 0) -> list[Target]:
    """Make people with names of their own, each with some documents of one sentence.

    Args:
        count: How many, at most 281,250.
        documents: Documents of each.
        seed: Another seed gives other people.

    Raises:
        InputError: There are not that many names.
    """
    if count > _NAMES:
        raise InputError(f"There are names for {_NAMES:,} made-up targets, not for {count:,}.", fix="Ask for fewer.")
    random = Random(seed)  # noqa: S311 - made-up text is no secret
    names = [_name(number) for number in random.sample(range(_NAMES), count)]
    return [
        Target(
            name=name, documents=[_fill(template, random, name) for template in islice(cycle(_DOCUMENTS), documents)]
        )
        for name in names
    ]


def make_exchanges(count: int, seed: int = 0, prompt_words: int = 50, draft_words: int = 150) -> list[Exchange]:
    """Make exchanges on everyday matters that are cut at so many words, as a length limit cuts them.

    Args:
        count: How many.
        seed: Another seed gives other exchanges.
        prompt_words: Words of each prompt, at most 50.
        draft_words: Words of each draft, at most 150.
    """
    random = Random(seed)  # noqa: S311 - made-up text is no secret
    return [
        Exchange(
            prompt=_cut([random.choice(_QUESTIONS), *_shuffled(_PROMPT_SENTENCES, random)], prompt_words),
            draft=_cut(_shuffled(_DRAFT_SENTENCES, random), draft_words),
        )
        for _ in range(count)
    ]


def _name(number: int) -> str:
    """Combine a given name and three syllables, the same for the same number and another for any other."""
    given, syllables = _WORDS["given"], _WORDS["syllable"]
    rest, first = divmod(number, len(given))
    rest, start = divmod(rest, len(syllables))
    end, middle = divmod(rest, len(syllables))
    return f"{given[first]} {(syllables[start] + syllables[middle] + syllables[end]).capitalize()}"


def _fill(template: str, random: Random, person: str = "") -> str:
    return template.format(
        **{slot: random.choice(words) for slot, words in _WORDS.items()},
        person=person,
        day=random.randint(1, 28),
        year=random.randint(1935, 2024),
        number=random.randint(101, 9899),
        small=random.randint(3, 11),
    )


def _shuffled(templates: Sequence[str], random: Random) -> list[str]:
    """Fill the templates with people who are no targets, in any order."""
    people = [_fill("{given} {surname}", random) for _ in templates]
    filled = [_fill(template, random, person) for template, person in zip(templates, people, strict=True)]
    return random.sample(filled, len(filled))


def _cut(sentences: Sequence[str], words: int) -> str:
    return " ".join(" ".join(sentences).split()[:words])


class SampledEmbedder:
    """An embedding model that is spared most of a big register.

    Args:
        model: Embeds every text but the spared ones.
        texts: What is to be registered.
        exact: How many of these are embedded as they are. Each of the others is spared: it gets a vector with a cosine
            of about 0.9 to one of them, so that the vectors lie as texts of this kind lie.
    """

    def __init__(self, model: Embedder, texts: Sequence[str], exact: int) -> None:
        self._model = model
        self._sample = model.embed(texts[:exact])
        self._spared = frozenset(texts[exact:])
        self._random = np.random.default_rng(0)

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def dimensions(self) -> int:
        """The length of one vector."""
        return self._model.dimensions

    @property
    def substitutes(self) -> int:
        """How many different texts are spared."""
        return len(self._spared)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, shape `(len(texts), dimensions)`, rows of unit length."""
        spared = np.array([text in self._spared for text in texts], dtype=bool)
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        vectors[spared] = self._near_sample(int(spared.sum()))
        vectors[~spared] = self._model.embed([text for text in texts if text not in self._spared])
        return vectors

    def _near_sample(self, count: int) -> Vectors:
        if not count:
            return self._sample[:0]
        noise = self._random.normal(scale=0.5 / self.dimensions**0.5, size=(count, self.dimensions))
        near: Vectors = (self._random.choice(self._sample, count) + noise).astype(np.float32)
        near /= np.linalg.norm(near, axis=1, keepdims=True)
        return near
