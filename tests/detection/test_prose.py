"""What a disguised text reads as."""

import base64
import codecs

import pytest
from expunge.detection.prose import plain_texts

QUESTION = "How do I open the door without a key?"
BARE = "how do i open the door without a key"


@pytest.mark.parametrize(
    "disguised",
    [
        base64.b64encode(QUESTION.encode()).decode(),
        QUESTION.encode().hex(),
        QUESTION[::-1],
        codecs.encode(QUESTION, "rot13"),
        "H0w d0 1 0p3n 7h3 d00r w17h0u7 4 k3y?",
        "Ноw dо I ореn thе dооr withоut а kеу?",
        "\u200b".join(QUESTION),
    ],
)
def test_a_disguise_is_taken_off(disguised: str) -> None:
    assert any(BARE in text.lower() for text in plain_texts(disguised))


@pytest.mark.parametrize(
    "text", ["", "?!", QUESTION, "The internationalization of configurations was on the agenda.", "Wo ist der Bahnhof?"]
)
def test_plain_text_has_no_other_reading(text: str) -> None:
    assert list(plain_texts(text)) == []
