"""What can be put to the test: anything that checks an exchange, and a name filter to compare with."""

import re
from collections.abc import Sequence
from time import perf_counter
from typing import Protocol

from ..schema import Target, Verdict


class Checker(Protocol):
    """Anything that decides what of a draft may be shown; a `Sanitizer` is one."""

    def check(self, prompt: str, response: str, /) -> Verdict:
        """Decide on one exchange: the user's prompt and the wrapped model's draft."""


class NameFilter:
    """The baseline: withhold an exchange whose prompt or draft holds a target's name or alias as whole words.

    Args:
        targets: What to filter; their documents are not used.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        names = sorted({re.escape(name) for target in targets for name in (target.name, *target.aliases)})
        self._names = re.compile(rf"(?<!\w)(?:{'|'.join(names) or '(?!)'})(?!\w)", re.IGNORECASE)

    def check(self, prompt: str, response: str, /) -> Verdict:
        """Abstain when a name occurs, else release the draft unchanged."""
        start = perf_counter()
        named = any(self._names.search(text) for text in (prompt, response))
        elapsed_ms = (perf_counter() - start) * 1000
        if named:
            return Verdict(action="abstain", text="I don't have any information about that.", elapsed_ms=elapsed_ms)
        return Verdict(action="release", text=response, elapsed_ms=elapsed_ms)
