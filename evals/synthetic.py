"""Made-up exchanges that touch none of the made-up targets; the same for the same seed.

The exchanges mention other people by given names that many targets bear, and dates, numbers, quoted titles, streets and
e-mail addresses of the kinds that the targets' documents hold, so that every layer of detection has work to do.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

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
WORDS = {slot: words.split() for slot, words in _SLOTS.items()}
"""What each slot of a template may hold."""

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


def fill(template: str, random: Random, **given: str) -> str:
    """Fill a template's slots at random, but for those that are given.

    Args:
        template: Text with slots in braces: those of `WORDS`, and `day`, `year`, `number` and `small`.
        random: Where the choice comes from.
        given: What stands in other slots.
    """
    return template.format(
        **{slot: random.choice(words) for slot, words in WORDS.items()},
        day=random.randint(1, 28),
        year=random.randint(1935, 2024),
        number=random.randint(101, 9899),
        small=random.randint(3, 11),
        **given,
    )


def _shuffled(templates: Sequence[str], random: Random) -> list[str]:
    """Fill the templates with people who are no targets, in any order."""
    people = [fill("{given} {surname}", random) for _ in templates]
    filled = [fill(template, random, person=person) for template, person in zip(templates, people, strict=True)]
    return random.sample(filled, len(filled))


def _cut(sentences: Sequence[str], words: int) -> str:
    return " ".join(" ".join(sentences).split()[:words])
