"""Quotes of a model, found again in the text that they are said to be from."""

from ...detection.canonical import Span, Words, canonical

_ALL = 10


def places(words: Words, quote: str) -> list[Span]:
    """Return where a quote stands in a text, at most ten places; case, spaces and signs between words do not count.

    Args:
        words: The text's.
        quote: The quote.
    """
    wanted = canonical(quote).words
    if not wanted:
        return []
    firsts = [index for index, word in enumerate(words.words) if word == wanted[0]]
    found = [index for index in firsts if words.words[index : index + len(wanted)] == wanted]
    return [words.span(index, index + len(wanted) - 1) for index in found[:_ALL]]
