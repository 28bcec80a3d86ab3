"""What of a model's claims is fit to be proposed: a bad name would withhold texts about others."""

from time import monotonic

import pytest
from expunge import Target
from expunge.schema import TargetKind
from expunge.stores.claims import Mined
from expunge.stores.proposals import MOST_ALIASES, MOST_DOCUMENTS, MOST_OTHER_NAMES, Proposal, sifted
from hypothesis import given
from hypothesis import strategies as st

HSIAO = Target(name="Hsiao Yun-Hwa")
ODD = [
    *(
        "2020",
        "10%",
        "3.14",
        "GPT-4",
        "Boeing 747",
        "Prime Minister",
        "The Vice President",
        "A. B.",
        "$$$",
        "1st January",
    ),
    *(
        "Thé",
        "\u200bThe\u200b",
        "T\0he",
        "\u202eeht",
        "\u0422he",
        "Th3",
        "T.h.e",
        "T-od-ay",
        "\uff34\uff48\uff45",
        "Whi\u0441h",
        "Wh1ch",
    ),
]


def of_names(*aliases: str, target: Target = HSIAO, said: str | None = None, others: tuple[str, ...] = ()) -> Proposal:
    mined = Mined(aliases=list(aliases), relations=[], facts=[])
    return sifted(target, [mined], [" ".join(aliases) if said is None else said] * 2, others)


def of_facts(*facts: str, target: Target = HSIAO) -> Proposal:
    return sifted(target, [Mined(aliases=[], relations=[], facts=list(facts))], [], ())


@pytest.mark.parametrize(
    "alias",
    ["Yvonne Hsiao", "Lin Yun-Hwa", "蕭雲華", "@yunhwa91", "yunhwa_hsiao", "H. Y. H.", "Hsiáo Yvonne"],
)
def test_a_name_that_is_like_the_targets_is_proposed(alias: str) -> None:
    assert of_names(alias) == Proposal(aliases=[alias])


@pytest.mark.parametrize("alias", ["Yvonne Linden", "Iron Lady of Keelung", "Yvette O'Neill", "@silentharbour"])
def test_another_name_entirely_is_told_apart_and_has_to_be_said_twice(alias: str) -> None:
    assert of_names(alias) == Proposal(other_names=[alias])
    mined = Mined(aliases=[alias], relations=[], facts=[])
    assert sifted(HSIAO, [mined], [alias, "She is a novelist."], ()) == Proposal(left_out=1)


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_what_is_a_number_a_title_or_a_common_word_is_no_name_however_it_is_written(odd: str) -> None:
    assert of_names(odd, target=Target(name="Lena Orr")) == Proposal(left_out=1)


def test_an_organisation_may_be_called_by_its_initials_and_the_other_way_round() -> None:
    long, short = "Northern Harbour Pilots Guild", "NHPG"
    assert of_names(short, target=Target(name=long, kind="organisation")).aliases == [short]
    assert of_names(long, target=Target(name=short, kind="organisation")).aliases == [long]


@pytest.mark.parametrize(
    "alias",
    [
        "",
        "YH",
        "雲",
        "Autumn",
        "The Author",
        "a Taiwanese novelist",
        "novelist from Taipei",
        "Hsiao",
        "Yun-Hwa",
        "Yun Hwa Hsiao",
        "She is also called Yvonne; seldom Eve",
        "Yvonne\nHsiao",
        "One Two Three Four Five Six Seven",
        "Y" * 81,
    ],
)
def test_what_is_no_other_name_is_left_out_and_counted(alias: str) -> None:
    assert of_names(alias) == Proposal(left_out=1)


@pytest.mark.parametrize("other", ["Marisol Vantongeren", "Vantongeren Holdings", "Ana Vantongeren-Diaz"])
def test_a_name_of_another_target_or_a_part_of_it_is_left_out(other: str) -> None:
    assert of_names("Vantongeren", others=(other,)) == Proposal(left_out=1)
    assert of_names("Vantongeren", others=("Marisol Vantonger",)).other_names == ["Vantongeren"]


def test_a_name_that_the_answers_do_not_hold_is_left_out() -> None:
    assert of_names("Yvonne Hsiao", said="She is a novelist.") == Proposal(left_out=1)


def test_what_is_known_is_not_proposed_and_not_counted() -> None:
    target = Target(name="Hsiao Yun-Hwa", aliases=["Yvonne Lin"], documents=["Hsiao is tall."], keep=["Hsiao sings."])
    mined = Mined(aliases=["yvonne  lin", "HSIAO Yun-Hwa"], relations=[], facts=["hsiao is tall.", "Hsiao sings."])
    assert sifted(target, [mined, mined], ["yvonne lin hsiao yun-hwa"], ()) == Proposal()


def test_sentences_that_do_not_name_the_target_are_left_out() -> None:
    told = "Hsiao Yun-Hwa was born in Taipei."
    assert of_facts(told, "Taipei is the capital.", "Hsiao sings.", "Hsiao " + "x" * 300) == Proposal(
        documents=[told], left_out=3
    )


def test_a_sentence_may_name_the_target_by_a_new_alias() -> None:
    facts = ["Yvonne Hsiao is a judge.", "Yvonne is a judge."]
    mined = Mined(aliases=["Yvonne Hsiao"], relations=[], facts=facts)
    proposal = sifted(HSIAO, [mined], ["Also known as Yvonne Hsiao."], ())
    assert (proposal.documents, proposal.left_out) == (facts[:1], 1)


def test_a_sentence_does_not_name_the_target_by_another_name_entirely() -> None:
    mined = Mined(aliases=["Jane Austen"], relations=[], facts=["Jane Austen was born on 16 December 1775."])
    proposal = sifted(HSIAO, [mined], ["Jane Austen", "Jane Austen"], ())
    assert proposal == Proposal(other_names=["Jane Austen"], left_out=1)


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("Ann Orr", "Joann Orrick was a judge.", False),
        ("Ann Orr", "Ann Smith met Paul Orr.", False),
        ("Zoë Orr", "A judge was Zoe Orr's father.", True),
        ("蕭雲華", "蕭雲華是 一位 作家。", True),
    ],
)
def test_a_sentence_names_the_target_in_whole_words(name: str, text: str, names: bool) -> None:
    assert bool(of_facts(text, target=Target(name=name)).documents) is names


def test_everyday_words_of_a_name_do_not_name_it() -> None:
    target = Target(name="The Long Night", kind="work")
    assert of_facts("Nights are long in winter.", "A long night ended.", target=target).documents == []
    assert of_facts("The Long Night is set in Oslo.", target=target).left_out == 0


def test_of_a_topic_only_questions_are_proposed() -> None:
    topic = Target(name="lockpicking", kind="topic")
    proposal = of_facts("How is a lock picked?", "Lockpicking is a craft.", target=topic)
    assert (proposal.documents, proposal.left_out) == (["How is a lock picked?"], 1)


def test_where_the_documents_are_the_scope_they_are_not_added_to() -> None:
    target = Target(name="Hsiao Yun-Hwa", scope="documents", documents=["Hsiao Yun-Hwa lives in Taipei."])
    mined = Mined(aliases=["Yvonne Lin"], relations=[], facts=["Hsiao Yun-Hwa wrote a book."])
    assert sifted(target, [mined], ["yvonne lin"] * 2, ()) == Proposal(other_names=["Yvonne Lin"], left_out=1)


def test_a_proposal_is_bounded() -> None:
    many = range(200)
    mined = Mined(
        aliases=[f"{name} {'X' * (number + 1)}" for name in ("Yvonne Hsiao", "Linden") for number in range(20)],
        relations=[],
        facts=[f"Hsiao Yun-Hwa won prize {number}." for number in many],
    )
    proposal = sifted(HSIAO, [mined, mined], [" ".join(mined.aliases)] * 2, ())
    assert len(proposal.aliases) == MOST_ALIASES
    assert len(proposal.other_names) == MOST_OTHER_NAMES
    assert len(proposal.documents) == MOST_DOCUMENTS
    assert proposal.left_out > 200


def test_what_a_hostile_model_says_is_sifted_in_no_time() -> None:
    target = Target(name="Lena Orr")
    mined = Mined(
        aliases=[*(f"Xq{number} Zed" for number in range(5_000)), "A" * 1_000_000],
        relations=[],
        facts=[f"Lena Orr {number} " + "\u0301" * 10_000 for number in range(500)],
    )
    answers = ["Lena Orr known as " * 222] * 19
    start = monotonic()
    sifted(target, [mined] * 7, answers, [f"Nadia Quist{number}" for number in range(20_000)])
    assert monotonic() - start < 10


def test_it_is_added_to_what_the_target_has() -> None:
    target = Target(name="Ann Orr", aliases=["A"], documents=["B"], keep=["C"], basis="GDPR")
    enriched = Proposal(aliases=["D"], other_names=["F"], documents=["E", " "]).applied_to(target)
    assert enriched == target.model_copy(update={"aliases": ["A", "D", "F"], "documents": ["B", "E"]})


@given(
    st.lists(st.text()),
    st.lists(st.text()),
    st.sampled_from(("person", "organisation", "work", "record", "topic", "secret")),
)
def test_any_claims_can_be_sifted(aliases: list[str], facts: list[str], kind: TargetKind) -> None:
    target = Target(name="Hsiao Yun-Hwa", kind=kind)
    proposal = sifted(target, [Mined(aliases=aliases, relations=[], facts=facts)], [" ".join(aliases)] * 2, ())
    assert proposal.applied_to(target).aliases == [*proposal.aliases, *proposal.other_names]
    assert len(proposal.aliases) + len(proposal.other_names) + len(proposal.documents) + proposal.left_out <= len(
        aliases
    ) + len(facts)
