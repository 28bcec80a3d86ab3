"""General English, and texts made of it."""

from expunge.detection.rarity import random_texts, zipf


def test_random_texts_have_the_vocabulary_of_general_text() -> None:
    texts = random_texts(200)
    words = [word for text in texts for word in text.split()]
    assert texts == random_texts(200)
    assert {len(text.split()) for text in texts} <= set(range(8, 151))
    assert 0.04 < words.count("the") / len(words) < 0.07
    assert min(map(zipf, words)) > 2
