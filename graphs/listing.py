"""Lists of things, as baselines put them into prompts."""

from collections.abc import Iterable

from ..schema import Target


def listed(targets: Iterable[Target]) -> str:
    """Return the names of targets, a numbered line each."""
    names = (" ".join(target.name.split()) for target in targets)
    return "\n".join(f"{number}. {name}" for number, name in enumerate(names, start=1))
