"""What of a model's claims is fit to be proposed: a bad name would withhold texts about others."""

import pytest
from expunge import Target
from expunge.schema import TargetKind
from expunge.stores.claims import Mined
from expunge.stores.proposals import MOST_ALIASES, MOST_DOCUMENTS, Proposal, sifted
from hypothesis import given
from hypothesis import strategies as st

HSIAO = Target(name="Hsiao Yun-Hwa")


def of_names(*aliases: str, target: Target = HSIAO, said: str | None = None, others: tuple[str, ...] = ()) -> Proposal:
    mined = Mined(aliases=list(aliases), relations=[], facts=[])
    return sifted(target, [mined], " ".join(aliases) if said is None else said, others)


def of_facts(*facts: str, target: Target = HSIAO) -> Proposal:
    return sifted(target, [Mined(aliases=[], relations=[], facts=list(facts))], "", ())


@pytest.mark.parametrize(
    "alias",
    ["Yvonne Hsiao", "Lin Yun-Hwa", "蕭雲華", "@yunhwa91", "yunhwa_hsiao", "Iron Lady of Keelung", "Yunhwa-Lin"],
)
def test_another_name_is_proposed(alias: str) -> None:
    assert of_names(alias) == Proposal(aliases=[alias])


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
    assert of_names("Vantongeren", others=("Marisol Vantonger",)).aliases == ["Vantongeren"]


def test_a_name_that_the_answers_do_not_hold_is_left_out() -> None:
    assert of_names("Yvonne Hsiao", said="She is a novelist.") == Proposal(left_out=1)


def test_what_is_known_is_not_proposed_and_not_counted() -> None:
    target = Target(name="Hsiao Yun-Hwa", aliases=["Yvonne Lin"], documents=["Hsiao is tall."], keep=["Hsiao sings."])
    mined = Mined(aliases=["yvonne  lin", "HSIAO Yun-Hwa"], relations=[], facts=["hsiao is tall.", "Hsiao sings."])
    assert sifted(target, [mined, mined], "yvonne lin hsiao yun-hwa", ()) == Proposal()


def test_sentences_that_do_not_name_the_target_are_left_out() -> None:
    told = "Hsiao Yun-Hwa was born in Taipei."
    assert of_facts(told, "Taipei is the capital.", "Hsiao sings.", "Hsiao " + "x" * 300) == Proposal(
        documents=[told], left_out=3
    )


def test_a_sentence_may_name_the_target_by_a_new_alias() -> None:
    mined = Mined(aliases=["Yvonne Lin"], relations=[], facts=["Yvonne Lin is a judge.", "Yvonne is a judge."])
    proposal = sifted(HSIAO, [mined], "Also known as Yvonne Lin.", ())
    assert (proposal.documents, proposal.left_out) == (["Yvonne Lin is a judge."], 1)


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
    assert sifted(target, [mined], "yvonne lin", ()) == Proposal(aliases=["Yvonne Lin"], left_out=1)


def test_a_proposal_is_bounded() -> None:
    many = range(200)
    mined = Mined(
        aliases=[f"Yvonne Lin{number}" for number in many],
        relations=[],
        facts=[f"Hsiao Yun-Hwa won prize {number}." for number in many],
    )
    proposal = sifted(HSIAO, [mined], " ".join(mined.aliases), ())
    assert (len(proposal.aliases), len(proposal.documents)) == (MOST_ALIASES, MOST_DOCUMENTS)
    assert proposal.left_out == 400 - MOST_ALIASES - MOST_DOCUMENTS


def test_it_is_added_to_what_the_target_has() -> None:
    target = Target(name="Ann Orr", aliases=["A"], documents=["B"], keep=["C"], basis="GDPR")
    enriched = Proposal(aliases=["D"], documents=["E", " "]).applied_to(target)
    assert enriched == target.model_copy(update={"aliases": ["A", "D"], "documents": ["B", "E"]})


@given(
    st.lists(st.text()),
    st.lists(st.text()),
    st.sampled_from(("person", "organisation", "work", "record", "topic", "secret")),
)
def test_any_claims_can_be_sifted(aliases: list[str], facts: list[str], kind: TargetKind) -> None:
    target = Target(name="Hsiao Yun-Hwa", kind=kind)
    proposal = sifted(target, [Mined(aliases=aliases, relations=[], facts=facts)], " ".join(aliases), ())
    assert proposal.applied_to(target).aliases == proposal.aliases
    assert len(proposal.aliases) + len(proposal.documents) + proposal.left_out <= len(aliases) + len(facts)
