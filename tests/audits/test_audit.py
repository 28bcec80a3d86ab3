"""Audits from the log to the lists: what is found, counted, sampled, copied, gone on with."""

import json
import os
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import expunge
import pyarrow.parquet
import pytest
from expunge import ExpungeError, Policy, Sanitizer, Target, TargetStore
from expunge.audits.journal import Done, Journal
from expunge.audits.judging import Judge, Question
from expunge.audits.outcomes import Outcome
from expunge.errors import InputError, StoreBusy
from expunge.models.minilm import MiniLM
from expunge.tests.audits.conftest import ASKED, CLEAN, HINA, ORLA, REFUSED, UNASKED, Run, Write, chat, contents, told
from filelock import FileLock


def test_what_was_disclosed_asked_for_and_only_there_is_told_apart(run: Run, write: Write) -> None:
    report = run(
        write(
            CLEAN,
            ASKED,
            UNASKED,
            REFUSED,
            {
                "id": "document",
                "messages": [
                    {"role": "tool", "content": "Hina Ameen was born in Karachi."},
                    {"role": "user", "content": "What is two and two?"},
                    {"role": "assistant", "content": "Four."},
                ],
            },
        )
    )
    worst: dict[str, set[str]] = {}
    for exchange, severity, _ in told(report):
        worst.setdefault(exchange, set()).add(severity)
    assert worst == {
        "asked": {"asked_for", "disclosed"},
        "unasked": {"disclosed"},
        "refused": {"asked_for"},
        "document": {"context_only"},
    }
    assert report.summary.counts.model_dump() == {"disclosed": 2, "asked_for": 1, "context_only": 1}
    assert report.disclosed == 2


def test_spans_lie_where_they_say(run: Run, write: Write) -> None:
    row = chat("Hello.", "Hello!", "Where was Hina Ameen born?", "In Karachi. Hina Ameen is a geologist.", id="x")
    report = run(write(row), reveal=True)
    turns = [str(message["content"]) for message in row["messages"]]
    found = list(report.findings())
    assert {finding.role for finding in found} == {"user", "assistant"}
    for finding in found:
        assert finding.text == turns[finding.turn][finding.start : finding.end]
        assert finding.name == HINA.name
    assert {(f.turn, f.text) for f in found if f.layer == "alias"} == {(2, "Hina Ameen"), (3, "Hina Ameen")}


def test_what_would_be_released_is_what_the_sanitiser_releases(run: Run, write: Write, register: TargetStore) -> None:
    rows = [ASKED, UNASKED, REFUSED]
    released = {finding.exchange: (finding.action, finding.released) for finding in run(write(*rows)).findings()}
    sanitizer = Sanitizer(register)
    for row in rows:
        *prompt, answer = row["messages"]
        verdict = sanitizer.check(prompt, answer["content"])
        assert released[str(row["id"])] == (verdict.action, verdict.text)


def test_nothing_that_is_written_names_a_target_or_quotes_it(run: Run, write: Write, tmp_path: Path) -> None:
    run(write(ASKED, UNASKED, REFUSED, "{broken Karachi", "x" * 100))
    for path in (tmp_path / "report").rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert b"Hina" not in content
        assert b"Karachi" not in content


def test_an_exchange_that_comes_again_is_judged_once_and_told_each_time(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []
    judge = Judge.judge

    def count(self: Judge, questions: Sequence[Question]) -> list[Outcome | None]:
        judged.append(len(questions))
        return judge(self, questions)

    monkeypatch.setattr(Judge, "judge", count)
    rows = [{**ASKED, "id": f"a{number}"} for number in range(300)] + [CLEAN] * 300
    report = run(write(*rows))
    assert sum(judged) == 2
    assert report.summary.distinct == 2
    assert report.disclosed == 300
    assert len({finding.exchange for finding in report.findings()}) == 300


def test_every_answer_of_a_conversation_is_an_exchange(run: Run, write: Write) -> None:
    row = chat("Who is Hina Ameen?", "Hina Ameen writes.", "Where was she born?", "She was born in Karachi.", id="c")
    report = run(write(row))
    assert report.summary.exchanges == 2
    disclosed = [finding for finding in report.findings() if finding.severity == "disclosed"]
    assert {finding.turn for finding in disclosed} == {1, 3}


def test_a_question_without_an_answer_is_looked_at_and_named(run: Run, write: Write) -> None:
    log = write(chat("Where was Hina Ameen born?", id="alone"))
    report = run(log)
    assert told(report) == [("alone", "asked_for", "prompt")]
    assert [(fault.file, fault.line, fault.code) for fault in report.faults()] == [(str(log), 1, "no_response")]
    assert report.summary.unanswered == 1


def test_bad_records_are_counted_named_and_passed_over(run: Run, write: Write, tmp_path: Path) -> None:
    bad = write('{"messages": [', ASKED, {"something": "else"}, "", "[1, 2]", CLEAN)
    empty = write(name="empty.jsonl")
    report = run(bad, empty)
    assert [(Path(fault.file).name, fault.line, fault.code) for fault in report.faults()] == [
        ("log.jsonl", 1, "invalid_json"),
        ("log.jsonl", 3, "unknown_format"),
        ("log.jsonl", 5, "unknown_format"),
        ("empty.jsonl", 0, "empty"),
    ]
    assert report.summary.faults == {"empty": 1, "invalid_json": 1, "unknown_format": 2}
    assert report.disclosed == 1
    lines = (tmp_path / "report" / "errors.jsonl").read_text().splitlines()
    assert [json.loads(line)["code"] for line in lines] == ["invalid_json", "unknown_format", "unknown_format", "empty"]


def test_findings_are_the_same_in_jsonl_and_parquet(run: Run, write: Write) -> None:
    report = run(write(ASKED, {**UNASKED, "created": 1_700_000_000}))
    rows = [json.loads(line) for line in report.files.findings.read_text().splitlines()]
    table = pyarrow.parquet.read_table(report.files.parquet).to_pylist()
    assert [row | {"at": None} for row in rows] == [row | {"at": None} for row in table]
    assert {row["at"] for row in table} == {None, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)}


def test_only_the_owner_may_read_a_report(run: Run, write: Write, tmp_path: Path) -> None:
    run(write(ASKED), sanitised=True)
    for path in [tmp_path / "report", *(tmp_path / "report").rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_a_sample_is_the_same_each_time_and_about_as_large_as_asked_for(run: Run, write: Write) -> None:
    log = write(*(chat(f"How much is {number} and {number}?", str(2 * number)) for number in range(2_000)))
    one, other = (run(log, out=out, sample=0.1).summary for out in ("one", "other"))
    assert one.exchanges == other.exchanges
    assert 140 < one.exchanges < 260
    assert one.sampled == 0.1


def test_a_limit_ends_it(run: Run, write: Write) -> None:
    report = run(write(*[CLEAN] * 5, ASKED), limit=5)
    assert report.summary.exchanges == 5
    assert report.disclosed == 0


def test_no_sanitised_copy_holds_what_nobody_looked_at(run: Run, write: Write) -> None:
    parts: list[dict[str, Any]] = [{"sample": 0.5}, {"limit": 1}]
    for options in parts:
        with pytest.raises(InputError, match="Only a part"):
            run(write(CLEAN), sanitised=True, **options)


def test_a_sanitised_copy_has_the_released_answers_and_gaps(run: Run, write: Write, register: TargetStore) -> None:
    log = write(CLEAN, ASKED, UNASKED, '{"messages": [')
    report = run(log, sanitised=True)
    lines = (report.files.sanitised / "log.jsonl").read_text().splitlines()
    assert lines[0] == json.dumps(CLEAN)
    asked, unasked = (json.loads(line)["messages"] for line in lines[1:])
    assert asked[0]["content"] == "Where was [redacted] born?"
    assert unasked[1]["content"] == Sanitizer(register).check("Who else?", str(UNASKED["messages"][1]["content"])).text
    again = run(report.files.sanitised / "log.jsonl", out="again")
    assert again.summary.counts.total == 0


def test_an_audit_is_gone_on_with_only_when_that_is_asked_for(run: Run, write: Write) -> None:
    log = write(ASKED)
    first = contents(run(log).files)
    with pytest.raises(InputError, match="There is an audit"):
        run(log)
    assert contents(run(log, resume=True).files) == first


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"policy": Policy(prefer="keep")}, "policy"),
        ({"sample": 0.5}, "sample"),
        ({"reveal": True}, "names"),
        ({"columns": {"prompt": "q"}}, "logs"),
    ],
)
def test_another_audit_is_not_gone_on_with(run: Run, write: Write, changed: dict[str, Any], why: str) -> None:
    log = write(ASKED)
    run(log)
    with pytest.raises(InputError, match=f"cannot be gone on with.*{why}"):
        run(log, resume=True, **changed)


def test_a_log_that_has_changed_is_not_gone_on_with(run: Run, write: Write) -> None:
    run(write(ASKED))
    with pytest.raises(InputError, match="logs have changed"):
        run(write(ASKED, CLEAN), resume=True)


def test_an_error_in_the_middle_is_an_abstention_and_counted(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Karachi")

    monkeypatch.setattr("expunge.graphs.reviewing.RecallingDetector.scan", fail)
    report = run(write(CLEAN, ASKED))
    assert report.summary.failed == 2
    assert report.summary.actions == {"abstain": 2, "release": 0}
    assert b"Karachi" not in report.files.journal.read_bytes()


def test_nothing_is_written_into_the_ledger(run: Run, write: Write, register: TargetStore) -> None:
    before = register.ledger.verify()
    run(write(ASKED, UNASKED))
    assert register.ledger.verify() == before


def test_times_are_those_of_the_log(run: Run, write: Write) -> None:
    day = 86_400
    rows = [{**ASKED, "id": str(n), "created": 1_700_000_000 + n * day} for n in range(3)]
    periods = run(write(*rows)).summary.over_time
    assert sum(period.exchanges for period in periods) == 3
    assert sum(period.counts.disclosed for period in periods) == 3
    assert all(period.start for period in periods)


def test_a_log_without_times_is_spread_over_itself(run: Run, write: Write) -> None:
    rows = [chat(f"What is {n} and {n}?", str(2 * n)) for n in range(250)]
    periods = run(write(*rows, ASKED)).summary.over_time
    assert [(period.first, period.exchanges, period.counts.disclosed) for period in periods] == [
        (0, 100, 0),
        (100, 100, 0),
        (200, 51, 1),
    ]


def test_what_another_policy_would_change_is_told(run: Run, write: Write, tmp_path: Path) -> None:
    log = write(CLEAN, ASKED, UNASKED)
    run(log)
    report = run(log, out="other", policy=Policy.input_filter(), against=tmp_path / "report")
    replay = report.summary.replay
    assert replay
    assert [(c.before, c.after, c.exchanges) for c in replay.changes] == [("rewrite", "release", 1)]
    [row] = [json.loads(line) for line in report.files.changes.read_text().splitlines()]
    assert row["exchange"] == "unasked"
    assert row["before"]["action"] == "rewrite"
    assert row["after"] == {"action": "release", "severity": None, "targets": []}


def test_what_the_register_of_another_day_would_change_is_told(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expunge.audits.report_files.write_report", lambda summary, path: None)
    log = write(ASKED)
    with TargetStore(tmp_path / "own") as store:
        before = datetime.now(UTC)
        store.add(HINA)
        now = expunge.audit(log, store, tmp_path / "now")
        then = expunge.audit(log, store, tmp_path / "then", as_of=before, against=tmp_path / "now")
    assert (now.disclosed, then.disclosed) == (1, 0)
    assert then.summary.replay
    assert then.summary.replay.changed == 1


def test_audits_of_other_logs_are_not_compared(run: Run, write: Write, tmp_path: Path) -> None:
    run(write(ASKED))
    with pytest.raises(InputError, match="of other logs"):
        run(write(ASKED, name="other.jsonl"), out="other", against=tmp_path / "report")
    with pytest.raises(InputError, match="no audit"):
        run(write(ASKED), out="third", against=tmp_path / "nowhere")


def test_a_forgotten_standard_input_is_not_taken_for_another(
    run: Run, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report"
    out.mkdir()
    (out / "stdin.log").write_text(json.dumps(ASKED))
    with write(CLEAN).open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        report = run(Path("-"))
    assert report.disclosed == 0
    assert not (out / "stdin.log").exists()


def test_files_of_a_folder_that_are_not_read_are_named(run: Run, write: Write, tmp_path: Path) -> None:
    folder = write(ASKED).parent / "logs"
    folder.mkdir()
    (tmp_path / "log.jsonl").rename(folder / "log.jsonl")
    (folder / "notes.txt").write_text("Hina Ameen")
    (folder / ".hidden").write_text("")
    report = run(folder)
    assert [(Path(fault.file).name, fault.line) for fault in report.faults()] == [("notes.txt", 0)]
    assert report.disclosed == 1


def test_a_folder_of_logs_does_not_take_the_report_in(run: Run, write: Write, tmp_path: Path) -> None:
    write(ASKED)
    first = run(tmp_path)
    assert Counter(Path(file.file).name for file in first.summary.files) == {"log.jsonl": 1}
    assert contents(run(tmp_path, resume=True).files) == contents(first.files)


async def test_it_can_be_awaited_and_takes_a_folder_for_the_register(
    write: Write, register: TargetStore, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no register"):
        await expunge.aaudit(write(ASKED), tmp_path / "nothing", tmp_path / "report")
    report = await expunge.aaudit(str(write(ASKED)), register, tmp_path / "report")
    assert report.disclosed == 1
    assert report.files.html.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("wrong", [{"sample": 0.0}, {"sample": 1.5}, {"limit": 0}, {"workers": 0}, {"max_calls": -1}])
def test_numbers_out_of_range_are_refused(run: Run, write: Write, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        run(write(CLEAN), **wrong)


def test_a_policy_that_instructs_the_model_is_refused(run: Run, write: Write) -> None:
    with pytest.raises(ExpungeError, match="nothing to say"):
        run(write(CLEAN), policy=Policy.guardrail_prompt())


@pytest.mark.parametrize("answer", ["A geologist.", "Karachi", "Sorry, I don't know. Some say: a geologist.", "No."])
def test_an_answer_in_which_nothing_is_recognised_is_one_all_the_same(run: Run, write: Write, answer: str) -> None:
    assert run(write(chat("Who is Hina Ameen?", answer))).disclosed == 1


@pytest.mark.parametrize(
    "answer",
    [
        "I don't know who that is. Is there anything else I can help you with?",
        "I'm sorry, I can't help with that.",
        "",
        "Of course. What would you like to know?",
    ],
)
def test_not_knowing_is_no_disclosure(run: Run, write: Write, answer: str) -> None:
    report = run(write(chat("Who is Hina Ameen?", answer)))
    assert report.summary.counts.model_dump() == {"disclosed": 0, "asked_for": 1, "context_only": 0}


def test_an_error_after_something_was_found_hides_nothing(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("expunge.graphs.steps.Steps.rewrite", fail)
    report = run(write(UNASKED))
    assert (report.disclosed, report.summary.failed) == (1, 1)


def test_of_what_could_not_be_judged_nothing_stays_in_the_copy(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("expunge.graphs.steps.Steps.take", fail)
    report = run(write(ASKED), sanitised=True)
    content = (report.files.sanitised / "log.jsonl").read_text()
    assert "Hina" not in content
    assert "Karachi" not in content


def test_the_copy_has_no_answer_token_by_token_and_no_arguments_of_a_call(run: Run, write: Write) -> None:
    call = {"function": {"name": "look", "arguments": '{"who": "Hina Ameen, born in Karachi"}'}}
    row = {
        "messages": [{"role": "user", "content": "Who?"}],
        "choices": [
            {
                "message": {"role": "assistant", "content": "Hina Ameen was born in Karachi.", "tool_calls": [call]},
                "logprobs": {"content": [{"token": "Karachi"}]},
            }
        ],
    }
    report = run(write(row, '{"prompt": "Who?", "response": "Hina Ameen.", "response": "Hi."}'), sanitised=True)
    [line] = (report.files.sanitised / "log.jsonl").read_text().splitlines()
    assert "Karachi" not in line
    assert json.loads(line)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_every_answer_of_a_record_is_looked_at(run: Run, write: Write) -> None:
    assert run(write({"prompt": "Who?", "response": "Hi.", "completion": UNASKED["messages"][1]["content"]})).disclosed


def test_what_is_added_while_an_audit_runs_is_in_no_copy(
    run: Run, write: Write, tmp_path: Path, register: TargetStore
) -> None:
    log = write(CLEAN)

    def add(_: object) -> None:
        with log.open("a") as file:
            file.write(json.dumps(ASKED) + "\n")

    with pytest.raises(InputError, match="changed during the audit"):
        expunge.audit(log, register, tmp_path / "report", sanitised=True, watch=add)
    assert not (tmp_path / "report" / "sanitised").exists()


def test_gaps_are_in_every_turn_that_a_name_lies_in(run: Run, write: Write) -> None:
    turns = ["Where was Hina", "Ameen born?"]
    row = {"messages": [*({"role": "user", "content": text} for text in turns), {"role": "assistant", "content": "?"}]}
    report = run(write(row), sanitised=True)
    [line] = (report.files.sanitised / "log.jsonl").read_text().splitlines()
    assert [message["content"] for message in json.loads(line)["messages"][:2]] == [
        "Where was [redacted]",
        "[redacted] born?",
    ]


def test_no_answer_that_would_be_released_is_quoted(run: Run, write: Write, tmp_path: Path) -> None:
    row = chat("What is two and two?", "XYZZY.")
    row["messages"].insert(0, {"role": "system", "content": "Hina Ameen was born in Karachi."})
    assert run(write(row)).summary.counts.context_only == 1
    for path in (tmp_path / "report").rglob("*"):
        assert b"XYZZY" not in path.read_bytes()


def test_a_sentence_for_an_id_is_not_quoted(run: Run, write: Write, tmp_path: Path) -> None:
    log = write({**ASKED, "id": "chat with Hina Ameen"})
    [finding, *_] = run(log).findings()
    assert finding.exchange == f"{log}:1"


def test_halves_of_surrogate_pairs_stop_nothing(run: Run, write: Write) -> None:
    row = '{"id": "a\\ud800", "prompt": "Who is Hina Ameen?", "response": "Hina Ameen \\ud800 writes."}'
    assert run(write(row), reveal=True, sanitised=True).disclosed == 1


def test_one_text_that_the_embedding_model_refuses_is_an_abstention(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = MiniLM.embed

    def refuse(self: MiniLM, texts: Sequence[str]) -> object:
        if any("Quenlith" in text for text in texts):
            raise ConnectionError(texts[0])
        return embed(self, texts)

    monkeypatch.setattr("expunge.audits.report_files.write_report", lambda summary, path: None)
    rows = [chat(f"Where does Orla Venn{who} live?", f"At 14 Alder Row{who}.") for who in (" of Quenlith", "")]
    with TargetStore(tmp_path / "own") as store:
        store.add(ORLA)
        store.sync()
        monkeypatch.setattr(MiniLM, "embed", refuse)
        report = expunge.audit(write(*rows), store, tmp_path / "report")
    assert report.summary.failed == 1
    assert report.disclosed >= 1


def test_two_audits_do_not_write_to_one_folder(run: Run, write: Write, tmp_path: Path) -> None:
    log = write(CLEAN)
    (tmp_path / "report").mkdir()
    with FileLock(tmp_path / "report" / "audit.lock"), pytest.raises(StoreBusy, match="Another process"):
        run(log)
    assert run(log).summary.exchanges == 1


def test_a_long_conversation_is_judged_in_several_batches(
    run: Run, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [text for n in range(40) for text in (f"And what is {n}?", f"It is {n}.")]
    rows = [chat("Who is Hina Ameen?", "Hina Ameen writes.", *texts, id="long"), ASKED]
    log = write(*rows)
    whole = run(log, out="whole")
    monkeypatch.setattr("expunge.audits.batches.SIZE", 7)
    sizes: list[int] = []
    written = Journal.write

    def interrupt(self: Journal, done: Done) -> None:
        written(self, done)
        sizes.append(len(done.batch.exchanges))
        if len(sizes) % 3 == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "write", interrupt)
    for _ in range(3):
        with suppress(KeyboardInterrupt):
            report = run(log, resume=True)
    assert max(sizes) <= 7
    assert sum(sizes) == whole.summary.exchanges == report.summary.exchanges == 42
    assert contents(report.files) == contents(whole.files)


def test_findings_do_not_depend_on_the_seed_of_hashes(write: Write, tmp_path: Path) -> None:
    names = [f"Anna Kristina {family}" for family in ("Muller", "Miller", "Moller", "Mueller", "Mullor")]
    with TargetStore(tmp_path / "own") as store:
        store.add_many([Target(name=name) for name in names])
        store.sync()
    log = write(*(chat(f"Where is Anna Kristina {name}?", "Anna Kristina Mullr left.") for name in ("Mullr", "Millr")))
    code = (
        "import sys, expunge, expunge.audits.report_files as files\n"
        "files.write_report = lambda summary, path: None\n"
        "expunge.audit(*sys.argv[1:])\n"
    )
    found = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code, str(log), str(tmp_path / "own"), str(out)]
        subprocess.run(command, env=environment, check=True)
        found.append((out / "findings.jsonl").read_bytes())
    assert found[0] == found[1] != b""
