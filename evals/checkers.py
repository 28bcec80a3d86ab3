"""What can be put to the test: anything that checks an exchange, and a name filter to compare with."""

import re
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

from ..schema import Target, Verdict
from .staging import Messages

ABSTENTION = "I don't have any information about that."
"""What a baseline says in place of what it withholds."""


class Checker(Protocol):
    """Anything that decides what of a draft may be shown; a `Sanitizer` is one."""

    def check(self, prompt: str, response: str, /) -> Verdict:
        """Decide on one exchange: the user's prompt and the wrapped model's draft."""


class Baseline:
    """A filter that releases an exchange or withholds it whole.

    Args:
        touches: Whether texts, the prompt and the draft, touch a target.
    """

    def __init__(self, touches: Callable[[Sequence[str]], bool]) -> None:
        self._touches = touches

    def check(self, prompt: str | Messages, response: str, /) -> Verdict:
        """Abstain when a target is touched, else release the draft unchanged; of a conversation all turns count."""
        start = perf_counter()
        asked = prompt if isinstance(prompt, str) else "\n".join(str(message["content"]) for message in prompt)
        touched = self._touches((asked, response))
        elapsed_ms = (perf_counter() - start) * 1000
        if touched:
            return Verdict(action="abstain", text=ABSTENTION, elapsed_ms=elapsed_ms)
        return Verdict(action="release", text=response, elapsed_ms=elapsed_ms)


class NameFilter(Baseline):
    """The baseline: withhold an exchange whose prompt or draft holds a target's name or alias as whole words.

    Args:
        targets: What to filter; their documents are not used.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        # Folded by hand: with IGNORECASE the expression takes four times as long.
        names = "|".join(re.escape(name.casefold()) for name in names_of(targets)) or "(?!)"
        pattern = re.compile(rf"(?<!\w)(?:{names})(?!\w)")
        super().__init__(lambda texts: any(pattern.search(text.casefold()) for text in texts))


def names_of(targets: Sequence[Target]) -> list[str]:
    """Return the names and aliases of all targets, each once, in alphabetical order."""
    return sorted({name for target in targets for name in (target.name, *target.aliases)})
