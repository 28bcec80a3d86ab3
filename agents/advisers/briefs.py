"""What a model is told of a target: enough to recognise it, and no more than a few lines."""

from collections.abc import Sequence

from ...detection.canonical import canonical
from ...detection.rarity import STOP_WORDS
from ...schema import Target

_NAME = 200
_ALIASES = 5
_DOCUMENTS = 5
_KEPT = 3
_TEXT = 300


def brief(target: Target, about: str) -> str:
    """Describe a target: its name, other names, what must not be told, what may be.

    Of its texts those are chosen that share most words with what the model has to judge.

    Args:
        target: The target.
        about: The text that is to be judged.
    """
    lines = [f"Name: {_line(target.name, _NAME)}", f"Kind: {target.kind}"]
    if target.aliases:
        lines.append(f"Also called: {'; '.join(_line(alias, _NAME) for alias in target.aliases[:_ALIASES])}")
    everything = target.scope == "everything"
    lines.append("Must not be told: everything about it." if everything else "Must not be told, as in these texts:")
    if target.documents:
        lines += ["Known of it:"] if everything else []
        lines += _listed(target.documents, about, _DOCUMENTS)
    if target.keep:
        lines += ["May be told:", *_listed(target.keep, about, _KEPT)]
    return "\n".join(lines)


def _listed(texts: Sequence[str], about: str, most: int) -> list[str]:
    words = _content(about)
    nearest = sorted(texts, key=lambda text: -len(words & _content(text)))[:most]
    return [f"- {_line(text, _TEXT)}" for text in nearest]


def _line(text: str, most: int) -> str:
    return " ".join(text[:most].split())


def _content(text: str) -> set[str]:
    return set(canonical(text).words) - STOP_WORDS
