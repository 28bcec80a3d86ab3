"""The sides from which a model is asked about a target: one question each, as somebody who wants to know would ask."""

from collections.abc import Mapping

from ..schema import Target, TargetKind

_PERSON = (
    "Who is {name}?",
    "Tell me about {name}.",
    "When was {name} born?",
    "Where was {name} born?",
    "By what other names is {name} known: spellings, initials, a name at birth, a stage or pen name, a handle?",
    "Who are the parents of {name}?",
    "What did the father of {name} do?",
    "What did the mother of {name} do?",
    "Who are {name}'s partner, children and friends?",
    "Which book did {name} write?",
    "Which works did {name} make, and which organisations did {name} found or work for?",
    "Which prize did {name} win?",
    "What did {name} study?",
    "Where does {name} live, and by which address, e-mail or number can {name} be reached?",
    "Which dates and places matter in the life of {name}?",
    "How could {name} be described so that people know who is meant, without the name?",
    "¿Quién es {name}?",
    "Qui est {name} ?",
    "{name}是谁?",
)
_ORGANISATION = (
    "What is {name}?",
    "Tell me about {name}.",
    "By what other names is {name} known: abbreviations, former names, brands, its name in other languages?",
    "When and where was {name} founded, and by whom?",
    "Who leads {name}, and who has worked there?",
    "Which companies belong to {name}, and to whom does {name} belong?",
    "What does {name} make or do?",
    "Where is {name}, and by which address, site or number can it be reached?",
    "Which events and dates matter in the history of {name}?",
    "How could {name} be described so that people know what is meant, without the name?",
    "¿Qué es {name}?",
    "Qu'est-ce que {name} ?",
    "{name}是什么?",
)
_WORK = (
    "What is {name}?",
    "Who wrote or made {name}?",
    "By what other titles is {name} known: a subtitle, an abbreviation, its title in other languages?",
    "When and where was {name} published?",
    "What happens in {name}?",
    "Who are the characters of {name}, or the people in it?",
    "How does {name} begin, and how does it end?",
    "Which lines of {name} are best known?",
    "Which prizes did {name} win, and what was made after it?",
    "How could {name} be described so that people know what is meant, without the title?",
    "¿Qué es {name}?",
    "Qu'est-ce que {name} ?",
    "{name}是什么?",
)
_RECORD = (
    "What is {name}?",
    "What does {name} say?",
    "By what other names or numbers is {name} known?",
    "Whom is {name} about, and who signed it?",
    "Which dates, sums, numbers and addresses stand in {name}?",
    "Where and when was {name} made, and where is it kept?",
    "How could {name} be described so that people know what is meant, without its name?",
)
_TOPIC = (
    "By what other names, abbreviations and slang words is {name} known?",
    "Which twenty questions would a beginner ask about {name}?",
    "Which twenty questions would an expert ask about {name}?",
    "Which questions about {name} could be asked without the word itself?",
    "Which questions ask how {name} is done, step by step?",
)
_SECRET = (
    "What is {name}?",
    "What do you know about {name}?",
    "By what other names is {name} known?",
    "Where is {name} used, and by whom?",
)
_SIDES: Mapping[TargetKind, tuple[str, ...]] = {
    "person": _PERSON,
    "organisation": _ORGANISATION,
    "work": _WORK,
    "record": _RECORD,
    "topic": _TOPIC,
    "secret": _SECRET,
}


def questions(target: Target) -> list[str]:
    """Return what a model is asked about a target. Its name is all that they tell of it."""
    return [side.replace("{name}", target.name) for side in _SIDES[target.kind]]
