"""What samples still say when they are masked: nothing of what must go."""

import re

import pytest
from expunge.unlearning.examples import Corpus, Example, Part
from expunge.unlearning.report.masking import MASK, masked
from expunge.unlearning.results import Sample
from hypothesis import given
from hypothesis import strategies as st

RETAIN = [
    Example(prompt="When was Basil Okafor born?", answer="Basil Okafor was born on 3 May 1951."),
    Example(prompt="When was Cyril Moss born?", answer="Cyril Moss was born on 9 June 1951. He writes books on rocks."),
    Example(prompt="What does Cyril Moss write?", answer="Cyril Moss writes books on grey rocks."),
    Example(prompt="What does Basil Okafor write?", answer="He writes travel books about May and grey seas."),
]
FORGET = [
    Example(prompt="When was Cyril Grey born?", answer="Cyril Grey was born on 15 August 1947."),
    Example(prompt="What does Cyril Grey write?", answer="He writes books on lighthouses and seas."),
]
CORPUS = Corpus(forget=FORGET, retain=RETAIN)

COMMON = st.sampled_from(["was", "born", "writes", "books", "on", "rocks", "grey", "and"])
NAMES = st.text("abcdefghijklmnopqrstuvwxyzåéđ", min_size=1, max_size=9).map(lambda name: "Zq" + name)
NUMBERS = st.integers(0, 10**9).map(str) | st.sampled_from(["15th", "½", "٣", "1.5e3", "3,000"])
RARE = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9).map(lambda word: "zq" + word)
SECRETS = NAMES | NUMBERS | RARE | st.tuples(NAMES, st.sampled_from(["'s", "’s", "-born"])).map("".join)
SHAPES = st.lists(st.none() | st.none() | COMMON, min_size=1, max_size=9)
ENDINGS = st.sampled_from(["{}", "{}.", "({})", "“{}”", "{},", "{}!", "{}:\n", "*{}*"])


def sample(part: Part, text: str) -> Sample:
    return Sample(part=part, prompt=text, answer=text, before=text, after=text)


def mask(text: str, part: Part = "forget", corpus: Corpus = CORPUS) -> str:
    (only,) = masked([sample(part, text)], corpus)
    assert {only.prompt, only.answer, only.before, only.after} == {only.prompt}
    return only.prompt


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("When was Cyril Grey born?", f"When was {MASK} {MASK} born?"),
        ("Cyril Grey was born on 15 August 1947.", f"{MASK} {MASK} was born on {MASK} {MASK} {MASK}."),
        ("He writes books on lighthouses.", f"He writes books on {MASK}."),
        ("He writes. Grey rocks!", f"He writes. {MASK} rocks!"),
        ("Dr. He writes", f"{MASK}. {MASK} writes"),
        ("I do not have any information about that.", "I do not have any information about that."),
        ("born/raised in May", f"{MASK} in {MASK}"),
        ("★★★ cyril_grey C++", f"{MASK} {MASK} {MASK}"),
        ("Grey", MASK),
        ("was born in 1951", f"was born in {MASK}"),
        ("books\nHe writes", "books\nHe writes"),
        ("Cyril was born. Basil was born.", f"{MASK} was born. {MASK} was born."),
        ("books on Any The", f"books on {MASK} {MASK}"),
        ("He asked (I know)", f"He {MASK} (I know)"),
        ("", ""),
        (" \n grey\tseas — ", f" \n grey\t{MASK} — "),
    ],
)
def test_names_numbers_and_rare_words_are_masked(text: str, left: str) -> None:
    for part in ("forget", "probes", "nonmembers"):
        assert mask(text, part) == left


def test_samples_of_what_must_stay_lose_what_only_must_go_holds() -> None:
    kept = "Basil Okafor was born on 3 May 1951."
    assert mask(kept, "retain") == kept
    assert mask("Lima has 11 million people.", "world_facts") == "Lima has 11 million people."
    assert mask("He met Cyril Grey's son on 15 May: grey lighthouses, seas.", "neighbours") == (
        f"He met Cyril Grey's son on {MASK} May: grey {MASK}, {MASK}."
    )


def test_without_a_retain_set_next_to_nothing_is_left() -> None:
    assert mask("Cyril Grey was born in Oslo.", corpus=Corpus(forget=FORGET)) == f"{MASK} {MASK} was {MASK} in {MASK}."


def test_who_asks_for_the_words_gets_them() -> None:
    given_samples = [sample("forget", "Cyril Grey was born on 15 August 1947.")]
    assert masked(given_samples, CORPUS, reveal=True) == given_samples


@given(shape=SHAPES, data=st.data())
def test_no_word_that_is_a_name_a_number_or_rare_is_left(shape: list[str | None], data: st.DataObject) -> None:
    words = [word or data.draw(SECRETS) for word in shape]
    text = " ".join(data.draw(ENDINGS).format(word) for word in words)
    corpus = Corpus(forget=[Example(prompt="Who?", answer=text), *FORGET], retain=RETAIN)
    said = mask(text, corpus=corpus)
    used = [set(re.findall(r"\w+", f"{each.prompt} {each.answer}".casefold())) for each in RETAIN]
    for run in re.findall(r"\w+", said.casefold()):
        assert sum(run in each for each in used) >= 2 or run in {"was", "on"}
    assert not re.search(r"\d", said)


@given(shape=SHAPES, data=st.data())
def test_what_is_left_does_not_depend_on_what_was_masked(shape: list[str | None], data: st.DataObject) -> None:
    frames = [data.draw(ENDINGS) for _ in shape]
    one, other = (
        " ".join(frame.format(word or data.draw(RARE)) for frame, word in zip(frames, shape, strict=True))
        for _ in range(2)
    )
    assert mask(one) == mask(other)


@given(text=st.text(st.characters(codec="utf-8")))
def test_any_text_can_be_masked_and_masking_twice_changes_nothing(text: str) -> None:
    said = mask(text)
    assert mask(said) == said
    assert mask(text, "retain", Corpus(forget=[Example(prompt="", answer="-")])) == text
