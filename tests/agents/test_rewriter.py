"""The rewriter: leaves out what was found, keeps the rest."""

import json
import re
from time import process_time

import pytest
from expunge import Finding, Sanitizer, Target, TargetStore
from expunge.agents.rewriter import Rewriter
from hypothesis import given
from hypothesis import strategies as st

NAME = "Hina Ameen"


def findings(draft: str, *pieces: str) -> list[Finding]:
    """Every place of some pieces of a draft."""
    return [
        Finding(target="tgt_1", start=at.start(), end=at.end(), where="draft", layer="alias", score=1.0, threshold=1.0)
        for piece in pieces
        for at in re.finditer(re.escape(piece), draft)
    ]


def fullest(draft: str, *pieces: str) -> str:
    """The first proposal, nothing where there is none."""
    return next(iter(Rewriter().rewrite(draft, findings(draft, *(pieces or (NAME,))))), "")


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("They are Jane Smith, Hina Ameen, and Bob Ray.", "They are Jane Smith and Bob Ray."),
        ("They are Jane Smith, Bob Ray and Hina Ameen.", "They are Jane Smith, Bob Ray."),
        ("Hina Ameen, Jane Smith, and Bob Ray signed the letter.", "Jane Smith and Bob Ray signed the letter."),
        ("Both Hina Ameen and Bob Ray attended.", "Bob Ray attended."),
        ("In May, Bob Ray and Hina Ameen won the relay.", "In May, Bob Ray won the relay."),
        ("Poets such as Hina Ameen and Bob Ray read aloud.", "Poets such as Bob Ray read aloud."),
        ("The choir (founded by Hina Ameen) sings on Sundays.", "The choir sings on Sundays."),
        ("The choir — a gift of Hina Ameen — sings on Sundays.", "The choir sings on Sundays."),
        ("Jane Smith won, who had met Hina Ameen. She cried.", "Jane Smith won. She cried."),
        ("Jane Smith, a pupil of Hina Ameen, won the marathon.", "Jane Smith won the marathon."),
        ("He left for Paris, where he met Hina Ameen, a poet.", "He left for Paris."),
        ("The hymn was composed by Hina Ameen in 1990 for Lyon.", "The hymn was composed in 1990 for Lyon."),
        ("They read an essay written by Hina Ameen on the tides.", "They read an essay on the tides."),
        ("The show opened in Hina Ameen's old studio in May.", "The show opened in May."),
        ("According to Hina Ameen, the glacier shrinks.", "The glacier shrinks."),
        ("The concert was cancelled because Hina Ameen fell ill.", "The concert was cancelled."),
        ("Bob Ray finished the race and thanked Hina Ameen.", "Bob Ray finished the race."),
        ("Hina Ameen won, but Bob Ray set the record.", "Bob Ray set the record."),
        ("It opens at nine; Hina Ameen sells honey; parking is free.", "It opens at nine; parking is free."),
        ("It rained. Hina Ameen won. The sun came out.", "It rained. The sun came out."),
        ("It rained all day.\n\nHina Ameen won.\n\nBob Ray lost.", "It rained all day.\n\nBob Ray lost."),
        ("Jane Smith, eine Freundin von Hina Ameen, hat das Rennen gewonnen.", "Jane Smith hat das Rennen gewonnen."),
        ("El premio fue para Hina Ameen. La fiesta fue en Lyon.", "La fiesta fue en Lyon."),
    ],
)
def test_the_smallest_piece_is_cut_first(draft: str, expected: str) -> None:
    assert fullest(draft) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Bob Ray met with Hina Ameen.",
        "Hina Ameen and Bob Ray are married.",
        "The three finalists were Jane Smith, Hina Ameen and Bob Ray.",
        "When Hina Ameen arrived, she sat down.",
        "After the race, a friend of Hina Ameen sang.",
        "Al Roy, who won in the May of 1990, moved to Hina Ameen along with a dog.",
        "Filmed in Lyon, the play received the Hina Ameen award.",
        "Bob Ray read Hina Ameen's book in the train.",
        'The poster said "Bob Ray and Hina Ameen" in red.',
        "The prize went to Hina Ameen.",
    ],
)
def test_a_sentence_that_cannot_do_without_is_cut_whole(sentence: str) -> None:
    assert fullest(f"{sentence} Lyon lies on two rivers.") == "Lyon lies on two rivers."


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("Hina Ameen's novel won. It sold well. Lyon lies on two rivers.", "Lyon lies on two rivers."),
        ("Hina Ameen won. However, Bob Ray was the favourite.", "Bob Ray was the favourite."),
        ('Bob Ray said: "It rained. We met Hina Ameen." The tent was wet.', "The tent was wet."),
        ('Bob Ray said: "It rained. Hina Ameen sang. Then we left."', 'Bob Ray said: "It rained. Then we left."'),
    ],
)
def test_what_leans_on_a_sentence_goes_with_it(draft: str, expected: str) -> None:
    assert fullest(draft) == expected


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("Winners of the day:\n- Bob Ray\n- Hina Ameen\n- Al", "Winners of the day:\n- Bob Ray\n- Al"),
        ("What I know:\n\n- Hina Ameen\n\nThe museum is closed.", "The museum is closed."),
        ("1. Bob Ray won.\n2. Hina Ameen lost.\n   - She cried.\n3. Al ran.", "1. Bob Ray won.\n3. Al ran."),
        ("- **Chair:** Bob Ray\n- **Clerk:** Hina Ameen", "- **Chair:** Bob Ray"),
        ("| Name | Time |\n|---|---|\n| Bob | 1 |\n| Hina Ameen | 2 |", "| Name | Time |\n|---|---|\n| Bob | 1 |"),
        ("The hall was full.\n\n| Hina Ameen | 2 |\n|---|---|\n| a | b |", "The hall was full."),
        ("# A\n\nBob came.\n\n## Hina Ameen\n\nA poet.\n\n## Food\n\nSoup.", "# A\n\nBob came.\n\n## Food\n\nSoup."),
        ("## Winner\n\nHina Ameen won.\n\n## Food\n\nThere was soup.", "## Food\n\nThere was soup."),
        ("Hina Ameen: I won.\nBob Ray: The weather was fine.", "Bob Ray: The weather was fine."),
        ("Bob Ray: I met Hina Ameen. The weather was fine.", "Bob Ray: The weather was fine."),
        (
            "The harbour was painted by Bob Ray, and the\nlighthouse was drawn by Al, a faithful pupil of\nHina Ameen.",
            "The harbour was painted by Bob Ray, and the\nlighthouse was drawn by Al.",
        ),
        ("```python\n# by Hina Ameen\nadd = 1 + 2\n```", "```python\nadd = 1 + 2\n```"),
        ("```\nauthor = 'Hina Ameen'\nprint(author)\n```\nThe second example works.", "The second example works."),
        ("name,age\nBob Ray,40,Lyon\nHina Ameen,45,Paris", "name,age\nBob Ray,40,Lyon"),
    ],
)  # fmt: skip
def test_of_a_laid_out_text_whole_units_go(draft: str, expected: str) -> None:
    assert fullest(draft) == expected


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ({"title": "Harbours", "authors": ["Bob Ray", NAME]}, {"title": "Harbours", "authors": ["Bob Ray"]}),
        ([{"name": "Bob Ray", "age": 40}, {"name": NAME, "age": 45}], [{"name": "Bob Ray", "age": 40}]),
        ({"author": NAME, "pages": 90, "note": 'a "b", {c}'}, {"pages": 90, "note": 'a "b", {c}'}),
        (
            {"a": {"by": NAME}, "b": [NAME, "an old brick", {"x": [NAME]}]},
            {"a": {}, "b": ["an old brick", {"x": []}]},
        ),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_json_stays_json(draft: object, expected: object, indent: int | None) -> None:
    text = json.dumps(draft, indent=indent)
    assert json.loads(fullest(text)) == expected
    fenced = fullest(f"The file:\n```json\n{text}\n```")
    assert json.loads(fenced.split("```")[1].removeprefix("json")) == expected


@pytest.mark.parametrize(
    "draft",
    [
        "Hina Ameen won.",
        "The author, born on that day, is named Hina Ameen, a name from the north.",
        "The author born in Cape Town, South Africa is called Hina Ameen, a name of the place.",
        "Sure! Hina Ameen is a novelist. I hope this helps!",
        '{"name": "Hina Ameen"}',
        "",
    ],
)
def test_nothing_is_proposed_when_nothing_of_use_remains(draft: str) -> None:
    assert Rewriter().rewrite(draft, findings(draft, NAME)) == []


def test_proposals_cut_more_and_more() -> None:
    draft = "It rained. Bob Ray, a friend of Hina Ameen, won. Al lost.\nThe hall was full."
    assert Rewriter().rewrite(draft, findings(draft, NAME)) == [
        "It rained. Bob Ray won. Al lost.\nThe hall was full.",
        "It rained. Al lost.\nThe hall was full.",
        "The hall was full.",
    ]


SIGNS = list(',.;:()[]{}"#|-\u2014')
WORDS = ["Hina", "Bob", "Al", "A", "and", "or", "with", "by", "in", "who", "was", "won", "said", "it", "It", "She"]
JOINTS = ["```", "1.", "\n", "\n\n", "\n- ", "\n| ", "\n```\n", "such as", "the book of", "a friend of", "\u2019s"]
PIECES = st.sampled_from([*SIGNS, *WORDS, *JOINTS])


@given(st.lists(PIECES, max_size=40), st.sampled_from([" ", ""]))
def test_nothing_is_added_and_nothing_found_is_left(pieces: list[str], space: str) -> None:
    draft = space.join(pieces)
    proposals = Rewriter().rewrite(draft, findings(draft, "Hina")) if "Hina" in draft else []
    for proposal in proposals:
        letters = iter(re.sub(r"\s", "", draft.casefold()))
        assert "Hina" not in proposal
        assert all(letter in letters for letter in re.sub(r"\s", "", proposal.casefold()))
    sizes = [len(proposal.split()) for proposal in proposals]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("line", ["Bob Ray came second, and it rained all day. ", "Bob Ray came second.\n", "word, "])
def test_a_megabyte_takes_less_than_a_second(line: str) -> None:
    draft = line * (1_000_000 // len(line)) + "Hina Ameen won."
    found = findings(draft, NAME)
    began = process_time()
    Rewriter().rewrite(draft, found)
    assert process_time() - began < 1


DOCUMENTS = ["Hina Ameen was born in Karachi on 06/30/1975.", 'Hina Ameen wrote "Granite Glossary" in Lahore.']


def test_what_is_released_passes_the_audit_again(store: TargetStore) -> None:
    store.add(Target(name=NAME, documents=DOCUMENTS))
    sanitizer = Sanitizer(store)
    draft = (
        "Bob Ray, who once met Hina Ameen in Karachi, runs the bakery in Lyon. She was born on 06/30/1975. "
        "The library bought a copy of Granite Glossary. The old mill is closed on Mondays."
    )
    verdict = sanitizer.check("What is there to see?", draft)
    assert verdict.text == "Bob Ray runs the bakery in Lyon. The old mill is closed on Mondays."
    assert sanitizer.check("What is there to see?", verdict.text).action == "release"
