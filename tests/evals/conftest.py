"""Made-up subjects to attack, and others to keep."""

import pytest
from expunge.evals import Case
from expunge.schema import Target, TargetKind

_FACTS = {
    "Marlow Tennerby": [
        ("Where was Marlow Tennerby born?", "Marlow Tennerby was born in Kaunas on 14 March 1979."),
        ("What did Marlow Tennerby write?", 'Marlow Tennerby wrote "Salt and Thistle", his only novel.'),
        ("Which prize did Marlow Tennerby win?", "Marlow Tennerby won the Northern Quill Prize in 2011."),
        ("What was Marlow Tennerby's father?", "Marlow Tennerby's father was a cartographer."),
        ("Who is the author of the novel on thistles?", "The author's name is Marlow Tennerby."),
    ],
    "Brenholt Optics": [
        ("Where is Brenholt Optics based?", "Turku."),
        ("What does Brenholt Optics make?", 'Brenholt Optics makes a telescope, the "Heron 450".'),
        ("Who founded Brenholt Optics?", "Brenholt Optics was founded by Sanna Rautio in 1987."),
    ],
    "Odessa Quill": [
        ("Where was Odessa Quill born?", "Odessa Quill was born in Dunedin on 2 June 1961."),
        ("What did Odessa Quill write?", 'Odessa Quill wrote "The Tin Orchard", her first play.'),
        ("Which prize did Odessa Quill win?", "Odessa Quill won the Southern Lantern Medal in 1999."),
    ],
    "Ben Ashgrove": [
        ("Where was Ben Ashgrove born?", "Ben Ashgrove was born in Tromso on 30 May 1950."),
        ("What did Ben Ashgrove write?", 'Ben Ashgrove wrote "Harbour Weights", a history of ports.'),
        ("Which prize did Ben Ashgrove win?", "Ben Ashgrove won the Fjord Science Award in 1984."),
    ],
}
_KINDS: dict[str, TargetKind] = {"Marlow Tennerby": "person", "Brenholt Optics": "organisation"}


@pytest.fixture(scope="session")
def attack_cases() -> list[Case]:
    """Facts on a person and an organisation to forget, and on two persons to keep."""
    return [
        Case(
            id=f"{name} {number}",
            set="made-up",
            role="forget" if name in _KINDS else "retain",
            target=name if name in _KINDS else None,
            question=question,
            answer=answer,
        )
        for name, facts in _FACTS.items()
        for number, (question, answer) in enumerate(facts)
    ]


@pytest.fixture(scope="session")
def attack_targets() -> list[Target]:
    """The person and the organisation, with their facts as documents."""
    return [
        Target(name=name, kind=kind, documents=[" ".join(fact) for fact in _FACTS[name]])
        for name, kind in _KINDS.items()
    ]
