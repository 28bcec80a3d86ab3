"""Whole characters out of pieces of text that were cut anywhere."""


class Characters:
    """Puts the halves of surrogate pairs together, as JSON that was cut inside a character leaves them."""

    def __init__(self) -> None:
        self._half = ""

    def add(self, text: str) -> str:
        """Return a piece with the half that the last one left, less a half that the next one may complete."""
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return healed(text)

    def rest(self) -> str:
        """Return what is left at the end: U+FFFD for a half that stays alone."""
        return healed(self._half)


def healed(text: str) -> str:
    """Return text with pairs of surrogates as the characters that they stand for, and U+FFFD for lone ones."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
