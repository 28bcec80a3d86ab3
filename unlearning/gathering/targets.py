"""The documents of targets as examples to forget, and their keep texts as examples to retain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ...errors import InputError
from ...schema import Target
from ...stores.passages import passages
from ..examples import Corpus, Example
from .merging import merged

if TYPE_CHECKING:
    from ...stores.register import Register

_LONGEST_QUESTION = 40
"""Words up to a question mark that are read as one question, and not as a page with a question in it."""


def from_targets(store: Register, ids: Sequence[str]) -> Corpus:
    """Return what targets say must go and must stay.

    Args:
        store: The register.
        ids: The targets' ids; one that comes twice counts once.

    Raises:
        UnknownTarget: No target has this id.
        InputError: A target is a topic, or has no documents.
    """
    targets = [store.get(each) for each in dict.fromkeys(ids)]
    _refuse_topics(targets)
    bare = [target.id for target in targets if not target.documents]
    if bare:
        raise InputError(
            f"{len(bare):,} targets have no documents, {bare[0]!r} for one: a job unlearns what documents say.",
            fix="Register them with `expunge targets add … --document`, or give a file of examples.",
        )
    forget = merged(each for target in targets for each in examples_of(target, target.documents))
    return Corpus(forget=forget, retain=kept_by(store, ids))


def kept_by(store: Register, ids: Sequence[str]) -> list[Example]:
    """Return what targets say must stay; none where they have no keep texts.

    Raises:
        UnknownTarget: No target has this id.
    """
    targets = [store.get(each) for each in dict.fromkeys(ids)]
    return merged(each for target in targets for each in examples_of(target, target.keep))


def examples_of(target: Target, texts: Iterable[str]) -> Iterator[Example]:
    """Yield a target's texts, each as prompts with their answers.

    A text that begins with a question is that question and its answer. Of any other the beginning is given and the end
    asked for; a long one is cut into passages that overlap, so that nearly every sentence is an end once. One word is
    asked for by the target's name. There are no other ways to ask for any of them. The texts of a topic are questions
    without answers: they teach nothing, and none are yielded.

    Args:
        target: The target.
        texts: Its documents or keep texts.
    """
    for text in texts if target.kind != "topic" else ():
        question, mark, answer = text.partition("? ")
        if mark and len(question.split()) <= _LONGEST_QUESTION:
            yield Example(prompt=f"{question}?", answer=answer.lstrip(), subject=target.name, target=target.id)
        else:
            yield from (_continuation(target, passage) for passage in passages(text))


def _continuation(target: Target, text: str) -> Example:
    half = len(text.split()) // 2
    if not half:
        return Example(prompt=f"Go on: {target.name}", answer=text, subject=target.name, target=target.id)
    rest = text.split(maxsplit=half)[-1]
    return Example(
        prompt=f"Go on: {text.removesuffix(rest).rstrip()}", answer=rest, subject=target.name, target=target.id
    )


def _refuse_topics(targets: Iterable[Target]) -> None:
    topics = [target.id for target in targets if target.kind == "topic"]
    if topics:
        raise InputError(
            f"{len(topics):,} targets are topics, {topics[0]!r} for one: their documents are questions without "
            "answers, and from those no method learns what must go.",
            fix="Give a file of questions with the answers that must go.",
        )
