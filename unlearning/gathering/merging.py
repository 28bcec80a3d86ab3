"""Examples that come twice."""

from collections.abc import Iterable

from ..examples import Example, identity


def merged(examples: Iterable[Example]) -> list[Example]:
    """Return each example once: of those with the same prompt and answer, the first, with what the others add.

    Lists of other ways to ask and to answer are united, in their order; of subjects and targets the first counts.
    """
    found: dict[tuple[str, str], Example] = {}
    for example in examples:
        key = example.prompt, example.answer
        found[key] = _united(found[key], example) if key in found else example
    return list(found.values())


def completed(examples: Iterable[Example], details: Iterable[Example]) -> list[Example]:
    """Return examples with what `details` add to those of the same prompt and answer; other details are left out."""
    known = list(examples)
    keys = {(example.prompt, example.answer) for example in known}
    return merged([*known, *(each for each in details if (each.prompt, each.answer) in keys)])


def without(examples: Iterable[Example], others: Iterable[Example]) -> list[Example]:
    """Return those examples that are not among the others, whatever their case and blanks."""
    left_out = {identity(other) for other in others}
    return [example for example in examples if identity(example) not in left_out]


def _united(example: Example, other: Example) -> Example:
    def both(name: str) -> list[str]:
        return list(dict.fromkeys([*getattr(example, name), *getattr(other, name)]))

    lists = {name: both(name) for name in ("alternates", "paraphrases", "rewordings", "wrong_answers")}
    texts = {name: getattr(example, name) or getattr(other, name) for name in ("subject", "target")}
    return example.model_copy(update={**lists, **texts})
