"""A record of JSON as an example: what its keys are called, in our files and in TOFU's."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain

from ...errors import InputError
from ..examples import Example

_TEXTS = ("prompt", "answer", "subject", "target")
_LISTS = ("alternates", "paraphrases", "rewordings", "wrong_answers")
_TOFU = {
    "question": "prompt",
    "paraphrased_question": "paraphrases",
    "paraphrased_answer": "rewordings",
    "perturbed_answer": "wrong_answers",
}
_OPTIONS = ("option1", "option2", "option3", "option4")
_IGNORED = ("source",)
KEYS = (*_TEXTS, *_LISTS, *_TOFU, *_OPTIONS, *_IGNORED)
"""The keys that a record may have: those of `Example`, where `subject` is whom or what it is about, and TOFU's."""

_FIX = 'An example is an object like {"prompt": "…", "answer": "…"}; "subject" may say whom or what it is about.'


def example_from(record: object, where: str) -> Example:
    """Read a record.

    Args:
        record: What JSON gave.
        where: What errors call it, for example its file and line.

    Raises:
        InputError: It is no object, has no prompt or no answer, an unknown key, or a value of the wrong type. The
            message quotes nothing of it but keys that look like keys.
    """
    if not isinstance(record, Mapping):
        raise InputError(f"{where}: no object.", fix=_FIX)
    _refuse_unknown(record, where)
    texts = {name: _text(record, name, where) for name in _TEXTS}
    for name in ("prompt", "answer"):
        if not texts[name].strip():
            raise InputError(f"{where}: {name!r} is missing or empty.", fix=_FIX)
    lists = {name: list(_listed(record, name, where)) for name in _LISTS}
    lists["wrong_answers"] += _wrong_options(record, texts["answer"], where)
    try:
        "".join((*texts.values(), *chain(*lists.values()))).encode()
    except UnicodeEncodeError:  # half a surrogate pair: JSON can write it, and no tokenizer can read it
        raise InputError(f"{where}: a text cannot be encoded as UTF-8.", fix="Write it anew.") from None
    return Example.model_validate(texts | lists)


def _refuse_unknown(record: Mapping[object, object], where: str) -> None:
    unknown = next((key for key in record if key not in KEYS), None)
    if unknown is None:
        return
    # A line that was built the wrong way round may have a question for a key.
    named = repr(unknown) if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,30}", str(unknown)) else "a key that is none"
    raise InputError(f"{where}: {named} is not known.", fix=f"Known keys: {', '.join(KEYS)}.")


def _text(record: Mapping[object, object], name: str, where: str) -> str:
    given = {key: record[key] for key in _aliases(name) if record.get(key) is not None}
    if len(given) > 1:
        raise InputError(f"{where}: {' and '.join(given)} are the same.", fix="Give one of them.")
    text = next(iter(given.values()), "")
    if not isinstance(text, str):
        raise InputError(f"{where}: {name!r} is no text.", fix=_FIX)
    return text


def _listed(record: Mapping[object, object], name: str, where: str) -> Iterator[str]:
    """Yield the texts of a list; one text alone is a list of one, and blank ones are left out."""
    for key in _aliases(name):
        value = record.get(key)
        given: list[object] = value if isinstance(value, list) else [] if value is None else [value]
        texts = [text for text in given if isinstance(text, str)]
        if len(texts) < len(given):
            raise InputError(f"{where}: {key!r} is neither a text nor a list of texts.")
        yield from (text for text in texts if text.strip())


def _aliases(name: str) -> list[str]:
    return [name, *(alias for alias, ours in _TOFU.items() if ours == name)]


def _wrong_options(record: Mapping[object, object], answer: str, where: str) -> list[str]:
    """Return the options of a multiple-choice question that are not its answer."""
    options = [record[name] for name in _OPTIONS if record.get(name) is not None]
    texts = [option for option in options if isinstance(option, str)]
    wrong = [text for text in texts if text.strip().casefold() != answer.strip().casefold()]
    if options and len(wrong) != len(options) - 1:
        raise InputError(f"{where}: the answer is not one of the options.", fix="One option, as a text, is the answer.")
    return wrong
