"""The wheel: everything that the package reads is in it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from expunge import prompts

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from a copy of the tracked tree, without a network."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listing.stdout.decode().split("\0")):
        copy = source / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            copy.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    [built] = out.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    folders = {name.split("/")[0] for name in names}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"expunge"}
    assert not any("/tests/" in name or "/examples/" in name for name in names)
    assert "expunge/py.typed" in names
    assert "expunge/detection/background.txt" in names
    assert "expunge/models/demo/model.safetensors" in names
    assert "expunge/reporting/page.html" in names
    assert "expunge/unlearning/report/report.html" in names


def test_prompts_load_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import expunge.prompts as prompts, expunge, sys;"
        f"assert expunge.__file__.startswith({str(tmp_path)!r}), expunge.__file__;"
        "print(sum(bool(prompts.load(name)) for name in prompts.NAMES))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(run.stdout) == len(prompts.NAMES)
