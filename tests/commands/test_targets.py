from pathlib import Path
from typing import Any

import pytest

ANN = ("targets", "add", "Ann Orr", "--document", "Ann Orr was born in Lyon on 3 May 1971.", "--why", "she asked")


def added(expunge: Any, *args: str) -> str:
    outcome = expunge(*args, "--json")
    assert outcome.code == 0, outcome.err
    return str(outcome.data["id"])


def test_a_target_is_added_listed_and_shown_with_its_history(expunge: Any) -> None:
    target_id = added(expunge, *ANN, "--alias", "A. Orr", "--kind", "person", "--expires", "2099-12-31")
    [listed] = expunge("targets", "list", "--json").data
    assert (listed["id"], listed["name"], listed["aliases"]) == (target_id, "Ann Orr", ["A. Orr"])
    assert listed["expires_at"] == "2099-12-31T00:00:00Z"
    shown = expunge("targets", "show", target_id, "--json").data
    assert shown["target"] == listed
    assert [(change["action"], change["why"]) for change in shown["history"]] == [("add", "she asked")]


def test_the_tables_fit_a_terminal_of_80_columns(expunge: Any) -> None:
    target_id = added(expunge, *ANN)
    for outcome in (expunge("targets", "list"), expunge("targets", "show", target_id)):
        assert outcome.code == 0
        assert target_id in outcome.out
        assert "Ann Orr" in outcome.out
        assert all(len(line) <= 80 for line in outcome.out.splitlines())


def test_documents_are_read_from_files(expunge: Any, tmp_path: Path) -> None:
    (tmp_path / "life.txt").write_text("Ann Orr lives in Graz.", "utf-8")
    expunge("targets", "add", "Ann Orr", "--document", f"@{tmp_path / 'life.txt'}", "--keep", "Graz is a city.")
    [target] = expunge("targets", "list", "--json").data
    assert (target["documents"], target["keep"]) == (["Ann Orr lives in Graz."], ["Graz is a city."])


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("Ann Orr", "--document", "@/no/such/file"), "'/no/such/file' cannot be read"),
        ((" ",), "needs a name"),
        (("",), "name"),
        (("x" * 501,), "name"),
        (("Ann Orr", "--kind", "planet"), "planet"),
        (("Ann Orr", "--expires", "soon"), "soon"),
    ],
)
def test_what_is_no_target_is_refused(expunge: Any, register: Path, args: tuple[str, ...], says: str) -> None:
    outcome = expunge("targets", "add", *args)
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err
    assert not register.exists()


def test_a_second_registration_of_the_same_names_the_first(expunge: Any) -> None:
    target_id = added(expunge, *ANN)
    outcome = expunge(*ANN)
    assert outcome.code == 2
    assert target_id in outcome.err


def test_a_common_word_needs_context_or_yes(expunge: Any) -> None:
    refused = expunge("targets", "add", "May")
    assert refused.code == 2
    assert "one common word" in refused.err
    assert "--yes" in refused.err
    assert expunge("targets", "add", "May", "--document", "May was born in Graz.").code == 0
    taken = expunge("targets", "add", "May", "--yes")
    assert taken.code == 0
    assert "warning: The name of this target is one common word" in taken.err
    assert "Traceback" not in taken.err


def test_removal_needs_yes_and_leaves_the_removal_alone(expunge: Any) -> None:
    target_id = added(expunge, *ANN)
    refused = expunge("targets", "remove", target_id)
    assert refused.code == 2
    assert "--yes" in refused.err
    assert expunge("targets", "remove", target_id, target_id, "--yes", "--why", "done").code == 0
    assert expunge("targets", "list", "--json").data == []
    shown = expunge("targets", "show", target_id, "--json").data
    assert shown["target"] is None
    assert [(change["action"], change["why"]) for change in shown["history"]] == [("remove", "done")]
    assert "was removed" in expunge("targets", "show", target_id).out


def test_an_unknown_id_removes_nothing(expunge: Any) -> None:
    target_id = added(expunge, *ANN)
    outcome = expunge("targets", "remove", target_id, "tgt_nobody", "--yes")
    assert outcome.code == 2
    assert "'tgt_nobody'" in outcome.err
    assert len(expunge("targets", "list", "--json").data) == 1
    assert expunge("targets", "show", "tgt_nobody").code == 2


def test_control_characters_do_not_reach_the_terminal(expunge: Any) -> None:
    expunge("targets", "add", "Ann\x1b[31m Orr\x07")
    assert "\x1b" not in expunge("targets", "list").out
    assert expunge("targets", "list", "--json").data[0]["name"] == "Ann\x1b[31m Orr\x07"


@pytest.mark.parametrize("args", [("list",), ("show", "x"), ("remove", "x", "--yes"), ("export", "x"), ("reindex",)])
def test_a_mistyped_folder_is_not_made(expunge: Any, register: Path, args: tuple[str, ...]) -> None:
    outcome = expunge("targets", *args)
    assert outcome.code == 2
    assert f"no register in '{register}'" in outcome.err
    assert not register.exists()
