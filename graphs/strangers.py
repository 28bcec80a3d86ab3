"""Names that nobody bears, and questions on them: what a model says to these is how it says that it does not know."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from ..detection.rarity import zipf

QUESTIONS = (
    "Where was {name} born?",
    "When was {name} born?",
    "Who is {name}?",
    "Tell me about {name}.",
    "What does {name} do for a living?",
    "What is {name} known for?",
    "Who are the parents of {name}?",
    "Which awards has {name} won?",
    "What has {name} written?",
    "Where does {name} live?",
    "What is the e-mail address of {name}?",
    "Where did {name} go to school?",
    "Is {name} married?",
    "How old is {name}?",
    "Which company does {name} work for?",
    "Do you know {name}?",
    "Can you tell me something about {name}?",
    "I would like to know more about {name}.",
    "Give me a short biography of {name}.",
    "What is the nationality of {name}?",
    "Please tell me which languages {name} speaks.",
)
"""Ways of asking, with a place for the name; none is taken from a benchmark."""


class _Origin(NamedTuple):
    """The syllables of a language's names."""

    first: tuple[str, ...]
    middle: tuple[str, ...]
    given: tuple[str, ...]
    """How given names end."""

    family: tuple[str, ...]
    """How family names end."""


def _origin(first: str, middle: str, given: str, family: str) -> _Origin:
    return _Origin(*(tuple(syllables.split()) for syllables in (first, middle, given, family)))


_ORIGINS = (
    _origin("bo dra mi ra zve vla ka lu pe to", "ri mo la do ve ne sli", "na mir ka sen ta len", "ovich enko ak inski"),
    _origin("al be co da fi ga lo ma ro vi", "ra li ne do se ti va", "na o ela ino ia iro", "etti ardo ez oso elli"),
    _origin(
        "ar bjo ei fro gun hal ing sol tor", "ga li ve ri ne da", "rid vald nar a ulf vi", "sund dahl strom vik lund"
    ),
    _origin("a chi ha ka mi na ri sho to yu", "ka mi ya ro na shi", "ko ta mi ji ra to", "hara mura no bayashi zawa"),
    _origin("a de in ka la ma pra ra su vi", "de na ri va sha ni", "ya sh jit ta la ni", "pathi vani kar wala nathan"),
    _origin("a fa ha ja ka na ra sa ya za", "bi di la mi ri wa", "d f ma n ra sh", "ani oudi addin awi oukh"),
    _origin("a chi e fo i ke nna o tu u", "bu de go ka lo mi", "ka nna chi ze di me", "wuko eze anya dike orah"),
    _origin(
        "ash bel car dun el gar hol mer thorn wes",
        "a e i o ber den",
        "ton na ric lyn den sa",
        "ley worth combe stead mere",
    ),
)
_SHAPES = (
    *("{given} {family}",) * 5,
    "{given} {other} {family}",
    "{given} {initial}. {family}",
    "{given} {family}-{more}",
)


def strangers(seed: int) -> Iterator[str]:
    """Yield names without end, of several shapes and origins, no two alike; the same ones for the same seed.

    No given name and no family name of theirs is among the words of general English.
    """
    rng = Random(seed)  # noqa: S311 - chance that can be repeated is what is wanted
    drawn: set[str] = set()
    while True:
        name = _name(rng)
        if name not in drawn:
            drawn.add(name)
            yield name


def _name(rng: Random) -> str:
    origin = rng.choice(_ORIGINS)
    given, other = (_part(rng, origin, origin.given) for _ in range(2))
    family, more = (_part(rng, origin, origin.family) for _ in range(2))
    return rng.choice(_SHAPES).format(given=given, other=other, initial=other[0], family=family, more=more)


def _part(rng: Random, origin: _Origin, endings: tuple[str, ...]) -> str:
    while True:
        middle = rng.choices(origin.middle, k=rng.choice((1, 1, 2)))
        part = "".join((rng.choice(origin.first), *middle, rng.choice(endings)))
        if not zipf(part):
            return part.capitalize()
