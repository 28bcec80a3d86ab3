"""A job's sets at rest: encrypted with the register's key, for the folder of a job holds no text to be forgotten."""

import json
from pathlib import Path

from pydantic import ValidationError

from ...errors import InputError, WrongKey
from ...reporting.files import drafted
from ...stores.keys import Keys
from ..examples import Corpus


def seal(corpus: Corpus, keys: Keys, path: Path, *, job: str = "") -> None:
    """Write sets, encrypted, to a file that its owner alone may read; it is there whole or not at all.

    Args:
        corpus: The sets.
        keys: The register's.
        path: The file; one that exists is replaced.
        job: The id of the job, without which it cannot be opened: no other job's sets can take its place.

    Raises:
        InputError: The file cannot be written.
    """
    content = keys.encrypt(json.dumps(corpus.model_dump()), _row(job))
    try:
        with drafted(path) as draft:
            draft.write_bytes(content)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be written ({type(error).__name__}).", fix="Check the path.") from error


def unseal(path: Path, keys: Keys, *, job: str = "") -> Corpus:
    """Read what `seal` wrote.

    Raises:
        InputError: The file cannot be read, or another version of expunge wrote it.
        WrongKey: Another key or another job sealed it, or it was changed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({type(error).__name__}).", fix="Check the path.") from error
    try:
        return Corpus.model_validate(json.loads(keys.decrypt(content, _row(job))))
    except WrongKey:
        raise WrongKey(
            f"{str(path)!r} cannot be decrypted: another key or job sealed it, or it was changed.",
            fix="Give the key of the register that the job was made with, or gather its sets anew.",
        ) from None
    except ValidationError:
        raise InputError(
            f"The sets in {str(path)!r} are not understood: another version of expunge wrote them.",
            fix="Gather them anew.",
        ) from None


def _row(job: str) -> str:
    return f"corpus/{job}"
