"""Names in other scripts, by their consonants."""

import itertools

import pytest
from expunge import Target, TargetStore
from expunge.detection import Detector
from expunge.detection.canonical import canonical
from expunge.detection.sounds import consonants, foreign
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Takashi Nakamura", "Кто такой Такаши Накамура?"),
        ("Takashi Nakamura", "من هو تاكاشي ناكامورا؟"),
        ("Takashi Nakamura", "タカシ ナカムラとは誰ですか?"),
        ("Takashi Nakamura", "Ποιος είναι ο Τακάσι Νακαμούρα;"),
        ("John Smithson", "Где живёт Джон Смитсон?"),
        ("Basil Al-Kuwaiti", "Ποιος είναι ο Μπασίλ Αλ-Κουβαΐτι;"),
    ],
)
def test_a_name_is_known_in_another_script(store: TargetStore, name: str, text: str) -> None:
    target = store.add(Target(name=name))
    detector = Detector(store)
    detector.sync()
    assert detector.scan(text)[target.id].names


def test_other_names_in_that_script_are_not_taken_for_it(store: TargetStore) -> None:
    store.add(Target(name="Takashi Nakamura"))
    detector = Detector(store)
    detector.sync()
    for text in (
        "Кто такой Александр Пушкин?",
        "Москва — столица России.",
        "من هو نجيب محفوظ؟",
        "東京は日本の首都です。",
    ):
        assert not detector.scan(text)


def test_only_words_of_another_script_are_foreign() -> None:
    text = "Where was Такаши born, née Müller?"
    assert foreign(text, canonical(text)).words == ["takashi"]
    assert not foreign("plain text", canonical("plain text")).words


@given(st.text("abcdefghijklmnopqrstuvwxyz", max_size=20))
def test_consonants_hold_no_vowel_and_nothing_twice_in_a_row(word: str) -> None:
    sound = consonants(word)
    assert not set(sound) & set("aeiouyh")
    assert all(one != other for one, other in itertools.pairwise(sound))
