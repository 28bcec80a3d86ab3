"""Whether a text gives away what an answer adds to its question."""

import re
import unicodedata

from ..examples import Example

_WORD = re.compile(r"[^\W_]+")

# The words that hold a sentence together. Yes, no, not and all numbers are left out: they may be the answer itself.
_FUNCTION_WORDS = frozenset(
    _WORD.findall("""
    a an the this that these those there it its he him his she her hers they them their theirs we us our you your i me
    my is are was were be been being am has have had do does did will would can could of in on at by to from for with as
    into about and or but so who whom whose which what when where how s
    """)
)


def recalls(example: Example, text: str) -> bool:
    """Tell whether every word of the right answer that its question does not hold is in a text, in any order.

    Words are runs of letters and digits, whatever their case. Some fifty English function words do not count. Of an
    answer that adds nothing else to its question ("It was she."), all words must be there; of one without a word, its
    signs. Text that is written without blanks counts by whole runs, so that only the same wording recalls it.
    """
    answer = _words(example.answer)
    wanted = answer - _words(example.prompt) - _FUNCTION_WORDS or answer
    return wanted <= _words(text) if wanted else example.answer.strip() in text


def _words(text: str) -> set[str]:
    return set(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))
