"""Files: whole or not at all, and for their owner alone."""

import stat
from pathlib import Path

import pytest
from expunge.errors import InputError
from expunge.reporting.files import drafted, open_folder, write_lines, write_page


def test_files_are_for_their_owner_alone_and_replace_older_ones(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("old")
    write_page(tmp_path / "page.html", "<p>new</p>\ud800")
    write_lines(tmp_path / "lines.jsonl", ["1", "2"])
    assert (tmp_path / "page.html").read_bytes() == b"<p>new</p>?"
    assert (tmp_path / "lines.jsonl").read_bytes() == b"1\n2\n"
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_file_whose_writing_fails_stays_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), drafted(path) as draft:
        draft.write_text("ha\ud800")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("page.html", "old")]


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"nowhere.*Give another path"):
        write_page(tmp_path / "nowhere" / "page.html", "")
    with pytest.raises(InputError, match=r"file.*Give --out another folder"):
        open_folder(tmp_path / "file")


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    open_folder(tmp_path / "one" / "two")
    assert stat.S_IMODE((tmp_path / "one" / "two").stat().st_mode) == 0o700
