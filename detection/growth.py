"""A text that grows: what is new of it is searched with what stands around it, and now and then all of it."""

from collections.abc import Callable
from dataclasses import replace

from .evidence import Evidence, Scan, Sighting
from .fingerprints import MarkHit

# What was found less than so many characters before the end may read otherwise with what came after it.
_OPEN = 400
# What is found in so many characters at the head of a window may lack what stands before them.
_HEAD = 300
# A text up to this long is searched whole; a longer one whenever it is twice as long as when last it was.
_WHOLE = 1_500
# From here on are scripts without spaces between words, which can be cut anywhere.
_UNSPACED = "\u2e80"
_ENCODED = frozenset("+/=_-%&#;\\")

Place = Sighting | MarkHit


class Growth:
    """What was found so far in a text of which more comes; for one text, not shared between threads.

    All of it is searched again each time that it has doubled, so that all searches together cost a small multiple of
    one, and what only shows over long stretches (a text that is reversed, a name in pieces) is found too, if late.
    """

    def __init__(self) -> None:
        self._found: Scan = {}
        self._searched = 0
        self._whole = 0

    def unread(self, text: str) -> int:
        """Return from where on the next search reads a text; 0: all of it."""
        if len(text) <= _WHOLE or len(text) >= 2 * self._whole:
            return 0
        start = max(0, self._searched - _OPEN - _HEAD)
        while start and _goes_on(text[start - 1]):
            start -= 1
        return start

    def scan(self, text: str, search: Callable[[str], Scan]) -> Scan:
        """Return the evidence in a text that begins with the one that was searched before.

        Args:
            text: The text as far as it is known.
            search: What finds the evidence in a text.
        """
        start = self.unread(text)
        found = search(text[start:])
        if start:
            found = _joined(self._found, found, start, start + _HEAD)
        else:
            self._whole = len(text)
        self._found, self._searched = found, len(text)
        # Who takes the evidence may add to it.
        return {target_id: evidence.copy() for target_id, evidence in found.items()}


def _goes_on(sign: str) -> bool:
    """Whether a sign may stand inside a word or an encoded piece: there a window must not begin."""
    return (sign.isalnum() and sign < _UNSPACED) or sign in _ENCODED


def _joined(before: Scan, window: Scan, start: int, seam: int) -> Scan:
    """Return what was found before, up to a seam, and what was found in a window from `start` on, past that seam.

    What the window cannot see whole, for it begins before it, is kept as it was found.
    """

    def stays(place: Place) -> bool:
        return place.end <= seam or place.start < start

    joined = {target_id: _part(evidence, stays) for target_id, evidence in before.items()}
    for target_id, evidence in window.items():
        own = joined.setdefault(target_id, Evidence())
        new = _part(_moved(evidence, start), lambda place: place.end > seam)
        keys = {hit.key for hit in own.marks}
        own.names += new.names
        own.parts += new.parts
        own.marks += [hit for hit in new.marks if hit.key not in keys]
    return {target_id: evidence for target_id, evidence in joined.items() if evidence}


def _part(evidence: Evidence, wanted: Callable[[Place], bool]) -> Evidence:
    return Evidence(
        list(filter(wanted, evidence.names)), list(filter(wanted, evidence.parts)), list(filter(wanted, evidence.marks))
    )


def _moved(evidence: Evidence, by: int) -> Evidence:
    def moved(sighting: Sighting) -> Sighting:
        return replace(sighting, start=sighting.start + by, end=sighting.end + by)

    marks = [hit._replace(start=hit.start + by, end=hit.end + by) for hit in evidence.marks]
    return Evidence([*map(moved, evidence.names)], [*map(moved, evidence.parts)], marks)
