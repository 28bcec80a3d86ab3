"""The README's examples run as they stand, and its tree is the tree."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    printed = []
    for example in EXAMPLES:
        exec(compile(example, "README.md", "exec"), {"__name__": "readme"})
        printed.append(capsys.readouterr().out.splitlines())
    check, chat, audit, job, client, agents, asked, scope, filtered = printed
    assert check[0].startswith("abstain - ")
    assert chat[1] == "abstain"
    assert "Paris" in chat[2]
    assert audit[0].startswith("1 of 2 - see ")
    assert "log.jsonl:2 disclosed fingerprint draft" in audit
    assert job in (["succeeded True 0.0"], ["succeeded False 0.0"])  # with two facts it is a matter of chance
    assert client == []
    assert agents == ["release []"]
    assert asked == ["abstain"]
    assert scope == ["release"]
    assert filtered == ["release"]


def test_the_tree_names_every_folder() -> None:
    tree = re.search(r"## The tree\n\n```\n(.*?)```", README, re.DOTALL)
    assert tree
    named = set(re.findall(r"^(\w+)/", tree[1], re.MULTILINE))
    folders = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and any(path.rglob("*.py"))
    }
    assert named == folders - {"build", "dist"}


def test_the_readme_names_the_two_commands_and_the_two_levels() -> None:
    assert "make demo" in README
    assert "make test" in README
    assert "Suppression" in README
    assert "Removal" in README


def test_every_link_leads_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "BENCHMARKS.md"):
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / name).read_text("utf-8")):
            assert (ROOT / link).exists(), f"{name} links to {link}"
