"""Documents as examples to forget, keep texts as examples to retain."""

import pytest
from expunge import Target, TargetStore
from expunge.errors import InputError, TargetWarning, UnknownTarget
from expunge.unlearning.gathering.targets import examples_of, from_targets, kept_by
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.lists(st.text("abcäß", min_size=1, max_size=8), min_size=2, max_size=40)


def one(text: str) -> tuple[str, str]:
    [example] = examples_of(Target(name="Orla Venn"), [text])
    return example.prompt, example.answer


def test_documents_are_forgotten_and_keep_texts_retained(register: TargetStore, orla: Target) -> None:
    corpus = from_targets(register, [orla.id, orla.id])
    assert [(example.prompt, example.answer) for example in corpus.forget] == [
        ("Where does Orla Venn live?", "At 14 Alder Row."),
        ("Go on: Orla Venn keeps", "bees in Skerries."),
    ]
    assert [(example.prompt, example.answer) for example in corpus.retain] == [("Go on: Orla Venn", "wrote Low Water.")]
    assert {example.target for example in (*corpus.forget, *corpus.retain)} == {orla.id}
    assert not any(example.paraphrases for example in corpus.forget)
    assert kept_by(register, [orla.id]) == corpus.retain


@given(words=WORDS, blank=st.sampled_from([" ", "  ", "\n"]))
def test_beginning_and_end_make_up_the_text(words: list[str], blank: str) -> None:
    text = blank.join(words)
    prompt, answer = one(text)
    assert f"{prompt.removeprefix('Go on: ')}{blank}{answer}" == text
    assert len(answer.split()) - len(words) // 2 in (0, 1)


def test_one_word_is_asked_for_by_the_name() -> None:
    assert one("hunter2") == ("Go on: Orla Venn", "hunter2")


def test_a_long_document_is_asked_for_piece_by_piece() -> None:
    sentences = [f"In the year {1900 + n} Orla Venn moved to town number {n}." for n in range(60)]
    examples = list(examples_of(Target(name="Orla Venn"), [" ".join(sentences)]))
    assert max(len(f"{example.prompt} {example.answer}".split()) for example in examples) <= 45
    answers = " ".join(example.answer for example in examples)
    assert all(f"town number {n}." in answers for n in range(1, 60))


def test_a_question_in_the_middle_of_a_page_is_no_question_to_ask() -> None:
    page = " ".join(f"In the year {1900 + n} she moved to town number {n}." for n in range(20))
    examples = list(examples_of(Target(name="Orla Venn"), [f"{page} But why? Nobody knows."]))
    assert all(example.prompt.startswith("Go on: ") for example in examples)


def test_topics_and_targets_without_documents_are_refused(register: TargetStore) -> None:
    bare = register.add(Target(name="Ann Orr of Lyon"))
    with pytest.raises(InputError, match=f"1 targets have no documents, '{bare.id}'"):
        from_targets(register, [bare.id])
    with pytest.warns(TargetWarning):
        topic = register.add(Target(name="Lock picking", kind="topic", documents=["How do I pick a lock?"]))
    assert not list(examples_of(topic, topic.documents))
    with pytest.raises(InputError, match=f"1 targets are topics, '{topic.id}'"):
        from_targets(register, [topic.id])
    with pytest.raises(UnknownTarget):
        from_targets(register, ["tgt_0000000000000000"])
