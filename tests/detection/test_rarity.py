"""General English: its common words, and texts made of it."""

from expunge.detection.rarity import STOP_WORDS, common_words, random_texts, zipf


def test_common_words_are_few_and_say_little() -> None:
    common = common_words()
    assert 300 < len(common) < 700
    assert len(STOP_WORDS - common) < 20
    assert not common & {"virus", "password", "lock", "enzyme"}


def test_random_texts_have_the_vocabulary_of_general_text() -> None:
    texts = random_texts(200)
    words = [word for text in texts for word in text.split()]
    assert texts == random_texts(200)
    assert {len(text.split()) for text in texts} <= set(range(8, 151))
    assert 0.04 < words.count("the") / len(words) < 0.07
    assert min(map(zipf, words)) > 2
