"""The tree shows the architecture: rooms on floors, imports downwards only, packages listed, public names exact."""

import ast
import importlib
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {
    "schema": 0,
    "settings": 0,
    "errors": 0,
    "models": 1,
    "prompts": 1,
    "reporting": 1,
    "stores": 2,
    "detection": 3,
    "agents": 4,
    "unlearning": 4,
    "graphs": 5,
    "wrappers": 6,
    "audits": 6,
    "jobs": 6,
    "serving": 7,
    "evals": 8,
    "commands": 9,
    "cli": 10,
    "__init__": 10,
    "__main__": 11,
}
OUTSIDE = {"tests", "examples", "build", "dist"}
MODULES = sorted(
    path
    for path in ROOT.rglob("*.py")
    if not any(part in OUTSIDE or part.startswith(".") for part in path.relative_to(ROOT).parts)
)


def room(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the room of every relative import of a module."""
    depth = len(path.relative_to(ROOT).parts) - 1
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        if node.level <= depth:
            yield node.lineno, room(path)
        else:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from ((node.lineno, name.split(".")[0]) for name in names if name)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_lower_floors(path: Path) -> None:
    own = room(path)
    for line, other in imported_rooms(path):
        if other != own:
            assert FLOORS[other] < FLOORS[own], f"{path.relative_to(ROOT)}:{line} imports {other} from {own}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_inside_the_package_are_relative(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert not any(alias.name.split(".")[0] == "expunge" for alias in node.names), path
        if isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").split(".")[0] != "expunge", path


def test_every_room_is_listed_as_a_package() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(ROOT) for path in MODULES}
    assert listed == {".".join(("expunge", *folder.parts)) for folder in folders}


@pytest.mark.parametrize("name", sorted({room(path) for path in MODULES if path.name == "__init__.py"}))
def test_public_names_exist(name: str) -> None:
    module = importlib.import_module("expunge" if name == "__init__" else f"expunge.{name}")
    public = getattr(module, "__all__", [])
    assert sorted(public) == list(public)
    assert all(hasattr(module, each) for each in public)


def test_import_is_quick_and_pulls_in_no_torch() -> None:
    code = (
        "import sys, time; start = time.perf_counter(); import expunge; took = time.perf_counter() - start;"
        "heavy = {'torch', 'transformers', 'chromadb', 'langgraph', 'onnxruntime'} & set(sys.modules);"
        "print(took); sys.exit(f'heavy: {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(run.stdout) < 0.5


def test_files_stay_small() -> None:
    for path in MODULES:
        assert len(path.read_text("utf-8").splitlines()) <= 400, f"{path.relative_to(ROOT)} has outgrown its seam"
