"""The manifest: what a job was made of, and whether its result is still the one that it made."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from ...errors import InputError
from ...reporting.files import open_folder, write_lines
from ...stores.keys import Keys
from ..examples import Corpus, Example
from ..results import FileDigest, Manifest

NAME = "manifest.json"
"""Its file, in the folder of the job."""

PACKAGES = ("expunge", "accelerate", "numpy", "peft", "safetensors", "scipy", "tokenizers", "torch", "transformers")
"""Packages whose versions may change what a job makes."""

MODEL_FILES = frozenset({".bin", ".jinja", ".json", ".model", ".safetensors", ".txt"})
"""What the names of a model's files end in."""

_ROOM = Path(__file__).parent.parent


def digest_folder(path: Path) -> list[FileDigest]:
    """Return the SHA-256 of every file in a folder and in those below it, by name; files are read piece by piece.

    Names are relative to the folder, with `/` between their parts. Links to files are followed, as the hub's cache
    has them.

    Raises:
        InputError: It is no folder, it is empty, or a file cannot be read.
    """
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is no folder.", fix="Give the folder that holds the model's files.")
    if digests := _digests(path, path.rglob("*")):
        return digests
    raise InputError(f"{str(path)!r} holds no files.", fix="Give the folder that holds the model's files.")


def digest_model(path: Path) -> list[FileDigest]:
    """Return the SHA-256 of a model's own files: configuration, weights and tokenizer, at the top of its folder.

    Raises:
        InputError: It is no folder, or a file cannot be read.
    """
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is no folder.", fix="Give the folder that holds the model's files.")
    return _digests(path, (each for each in path.iterdir() if each.suffix in MODEL_FILES))


def digest_data(corpus: Corpus, keys: Keys) -> dict[str, str]:
    """Return a keyed digest of each set that is not empty: of its examples as canonical JSON, in their order."""
    return {part: keys.digest(f"manifest/{part}", _canonical(examples)).hex() for part, examples in corpus.parts()}


def write_manifest(
    folder: Path,
    *,
    job: str,
    model: Sequence[FileDigest],
    result: Path,
    corpus: Corpus,
    keys: Keys,
    method: str,
    selector: str | None,
    options: Mapping[str, object],
    seed: int,
    device: str,
    created_at: datetime | None = None,
) -> Path:
    """Write `manifest.json`, which only its owner may read.

    Args:
        folder: The job's, made when it is missing.
        job: Its id.
        model: The digests of the files that were given, taken before anything was done (`digest_folder`).
        result: The folder of what was made, inside the job's.
        corpus: The sets; only keyed digests of them are written.
        keys: What the digests are keyed by; without the same key nobody can compare them.
        method: The method's name.
        selector: The selector's; `None`: there was none.
        options: All options, as JSON can hold them, and no text of examples.
        seed: What all chance came from.
        device: Where the tensors were, for example `cpu` or `cuda:0`; empty: nobody says.
        created_at: When it was made; now, when it is left out.

    Raises:
        InputError: The result is not inside the job's folder, or a file cannot be read.
    """
    open_folder(folder)
    manifest = Manifest(
        job=job,
        created_at=(created_at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds"),
        model=list(model),
        result=_below(folder, result),
        data=digest_data(corpus, keys),
        method=method,
        selector=selector,
        options=dict(options),
        seed=seed,
        code=_code(),
        versions=_versions(),
        machine=_machine(device),
    )
    write_lines(folder / NAME, [manifest.model_dump_json(indent=2, ensure_ascii=True)])
    return folder / NAME


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a job.

    Raises:
        InputError: There is none, or it cannot be read.
    """
    path = folder / NAME
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"{str(path)!r} cannot be read ({type(error).__name__}).", fix="Give the folder of a job."
        ) from error
    except ValidationError as error:
        raise InputError(f"{str(path)!r} is no manifest.", fix="Give the folder of a job, or run it again.") from error


def verify_manifest(folder: Path) -> Manifest:
    """See to it that the files that a job made are those of its manifest, and return that.

    The manifest itself is not signed: keep a copy of it, or its hash, where nobody changes it.

    Raises:
        InputError: A file was changed, taken away or added since; the first by name is named. Or there is no manifest.
    """
    manifest = read_manifest(folder)
    listed = {each.name: each for each in manifest.result}
    result = folder / _place(folder, listed)
    found = {each.name: each for each in _below(folder, result)} if result.is_dir() else {}
    for name in sorted(listed.keys() | found.keys()):
        if listed.get(name) != found.get(name):
            raise InputError(
                f"{name!r} in {str(folder)!r} {_difference(listed.get(name), found.get(name))}.",
                fix="Do not rely on this result: restore the files, or run the job again.",
            )
    return manifest


def _difference(listed: FileDigest | None, found: FileDigest | None) -> str:
    if found is None:
        return "is missing"
    return "is not in the manifest" if listed is None else "is not as it was made"


def _place(folder: Path, names: Iterable[str]) -> str:
    """Return the folder that holds a manifest's files; one outside of the job's is refused."""
    parents = [PurePosixPath(name).parent.as_posix() for name in names]
    place = posixpath.commonpath(parents) if parents and not any(map(_leads_out, parents)) else ""
    if place in ("", "."):
        raise InputError(f"The manifest in {str(folder)!r} lists no folder of the job.", fix="Run the job again.")
    return place


def _leads_out(path: str) -> bool:
    return path.startswith("/") or ".." in PurePosixPath(path).parts


def _below(folder: Path, result: Path) -> list[FileDigest]:
    """Return the digests of a folder's files, by their names from the job's folder on."""
    try:
        place = result.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        place = "."
    if place == ".":
        raise InputError(
            f"{str(result)!r} is not inside the job's folder {str(folder)!r}.", fix="Save the result in a folder there."
        )
    return [each.model_copy(update={"name": f"{place}/{each.name}"}) for each in digest_folder(result)]


def _digests(root: Path, paths: Iterable[Path]) -> list[FileDigest]:
    found = {path.relative_to(root).as_posix(): path for path in paths if path.is_file()}
    return [_digest(name, found[name]) for name in sorted(found)]


def _digest(name: str, path: Path) -> FileDigest:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return FileDigest(name=name, bytes=file.tell(), sha256=digest)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({type(error).__name__}).") from error


def _canonical(examples: Sequence[Example]) -> bytes:
    records = [example.model_dump(mode="json") for example in examples]
    return json.dumps(records, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _code() -> list[FileDigest]:
    return _digests(_ROOM.parent, _ROOM.rglob("*.py"))


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: found for name in PACKAGES if (found := _version(name))}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _machine(device: str) -> str:
    if device.startswith("cuda"):
        import torch

        device = f"{device} ({torch.cuda.get_device_name(device)})"
    return ", ".join(filter(None, (platform.platform(), f"{os.cpu_count()} CPUs", device)))
