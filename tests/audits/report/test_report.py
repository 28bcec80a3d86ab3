"""The report as a file: whole, private, the same every time, and with nothing in it that the summary does not hold."""

import random
import re
import stat
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from expunge.audits.report import require_packages, write_report, writing
from expunge.audits.summary import Counts, Period, Summary
from expunge.errors import InputError, PrerequisiteError
from expunge.tests.audits.report.summaries import days, empty, flagged, layers, rich, target, targets
from matplotlib import rcParams

NO_SURROGATE = "a\ud800b"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of an audit that found much."""
    return written(rich(), tmp_path_factory.mktemp("rich"))


def written(summary: Summary, folder: Path) -> str:
    write_report(summary, folder / "report.html")
    return (folder / "report.html").read_text("utf-8")


def words(page: str) -> str:
    """Return what a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL))


def test_the_file_is_for_its_owner_alone_and_replaces_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    assert "No disclosure was found in 4,200 exchanges." in written(empty(), tmp_path)
    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.*Give another path"):
        write_report(empty(), tmp_path / "nowhere" / "report.html")


def test_the_same_summary_gives_the_same_bytes(page: str, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from expunge.audits.report import write_report;"
        "from expunge.tests.audits.report.summaries import rich; write_report(rich(), Path('other.html'))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert (tmp_path / "other.html").read_bytes() == page.encode()


def test_the_settings_of_plots_elsewhere_are_left_alone(tmp_path: Path) -> None:
    before = dict(rcParams)
    written(rich(), tmp_path)
    assert dict(rcParams) == before


def test_ids_are_unique_and_what_points_to_one_finds_it(page: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', page)) <= set(ids)


def test_nothing_runs_and_nothing_is_loaded(page: str) -> None:
    assert not re.search(r"<script|<link(?! rel=\"icon\" href=\"data:)|<img|<iframe|\son\w+=|@import|url\((?!#)", page)
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page


def test_names_are_shown_only_where_they_are_revealed(tmp_path: Path) -> None:
    found = {"targets": 3, "counts": Counts(disclosed=3)}
    known = [each.model_copy(update={"name": "Hsiao Yun-Hwa"}) for each in targets(3, random.Random(1))]
    hidden = written(empty(**found, by_target=known), tmp_path)
    assert "Hsiao" not in hidden
    assert target(0) in hidden
    assert "This file names targets." not in hidden
    shown = written(empty(**found, by_target=known, revealed=True), tmp_path)
    assert "Hsiao" in shown
    assert "This file names targets." in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "No disclosure was found in 4,200 exchanges."),
        ({"counts": Counts(disclosed=1)}, "1 of 4,200 exchanges disclosed a target."),
        ({"exchanges": 1, "counts": Counts(disclosed=1)}, "1 of 1 exchange disclosed a target."),
        ({"exchanges": 0}, "No exchange was audited."),
        ({"targets": 0}, "Nothing was looked for in 4,200 exchanges: no target is registered."),
    ],
)
def test_the_verdict_is_one_sentence(given: dict[str, Any], said: str, tmp_path: Path) -> None:
    page = written(empty(**given), tmp_path)
    assert f"<h1>{said}</h1>" in page
    assert "no proof that nothing was disclosed" in words(page)


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"counts": Counts(disclosed=1)}, "expunge serve --upstream URL-OF-THE-MODEL --store expunge-store"),
        ({"counts": Counts(disclosed=1)}, "expunge jobs suggest THIS-REPORT --store expunge-store --out JOB"),
        ({"counts": Counts(context_only=1)}, "Look at where the model's documents come from."),
        ({"targets": 0}, "expunge targets add NAME --document TEXT --store 'my store'"),
        ({"near": 2}, "Look through the near misses"),
        ({"failed": 1}, "expunge doctor --store 'my store'"),
        ({"faults": {"empty": 1}}, "Mend what could not be read."),
        ({"exchanges": 0}, "Give the audit logs that hold exchanges."),
        ({"sampled": 0.1}, "Audit all exchanges."),
        ({}, "expunge audit LOGS --store expunge-store --out NEW-REPORT --replay THIS-REPORT"),
    ],
)
def test_what_to_do_next_depends_on_the_figures(given: dict[str, Any], advice: str, tmp_path: Path) -> None:
    store = "my store" if "my store" in advice else "expunge-store"
    page = written(empty(**{"store": store} | given), tmp_path)
    assert advice in words(page).replace("&#39;", "'")


@pytest.mark.parametrize(
    ("disclosed", "said"),
    [
        ((2, 40), "It is getting worse: 0.20 % of the earlier half of the exchanges"),
        ((40, 2), "It is getting better: 4.0 % of the earlier half of the exchanges"),
        ((20, 22), "No clear change"),
        ((1, 3), "With 4 disclosures in all, there are too few to say"),
    ],
)
def test_a_course_is_called_one_only_where_chance_would_seldom_make_it(
    disclosed: tuple[int, int], said: str, tmp_path: Path
) -> None:
    periods = [
        period.model_copy(update={"exchanges": 1_000, "counts": Counts(disclosed=count)})
        for period, count in zip(days(2, random.Random(1)), disclosed, strict=True)
    ]
    page = written(empty(exchanges=2_000, counts=Counts(disclosed=sum(disclosed)), over_time=periods), tmp_path)
    assert said in words(page)


def test_where_the_log_tells_no_times_its_order_is_not_called_time(tmp_path: Path) -> None:
    page = words(written(empty(over_time=days(12, random.Random(1), timed=False)), tmp_path))
    assert "need not be the order of time" in page
    assert "It is getting" not in page


def test_odd_courses_are_drawn(tmp_path: Path) -> None:
    (period,) = days(1, random.Random(1))
    silent = Period(start=None, first=1, exchanges=0, counts=Counts())
    assert "all findings lie in one stretch" in words(
        written(empty(counts=Counts(disclosed=2), over_time=[period]), tmp_path)
    )
    for periods in ([silent, silent], [period, period], [period, silent]):
        assert "</html>" in written(empty(over_time=periods), tmp_path)


def test_a_thousand_targets_are_summed_up(tmp_path: Path) -> None:
    many = targets(1_000, random.Random(1))
    page = words(written(empty(by_target=many), tmp_path))
    assert "The other 985 targets add up to" in page
    assert "950 more targets are in summary.json" in page
    assert many[49].target in page
    assert many[50].target not in page


def test_all_that_a_reader_must_know_is_there(page: str) -> None:
    said_there = words(page)
    for said in (
        "revision 57 of expunge-store",
        "a sample of 25 %",
        "between 0.12 % and 0.17 % of all exchanges",
        "61 exchanges differ now",
        "ollama:llama3.2",
        "9 more uncertain exchanges were decided by the rules alone",
        "The line is not valid JSON",
        "Counted are findings",
        "1 h 30 min",
        "suppression",
    ):
        assert said in said_there, said


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "$x^2$ \\frac{", NO_SURROGATE, "\x00\x1b[1m", "W" * 10_000]
)
def test_texts_of_others_break_nothing(text: str, tmp_path: Path) -> None:
    chance = random.Random(1)
    given = {
        "revealed": True,
        "store": text,
        "policy": text,
        "faults": {text: 1},
        "by_target": [each.model_copy(update={"name": text, "kind": text}) for each in targets(2, chance)],
        "by_layer": layers(),
        "worst": flagged(2, chance, exchange=text, file=text, targets=[text] * 40, released=text),
    }
    page = written(empty(**given), tmp_path)
    assert len(page) < 600_000
    assert not re.search("<script|[\x00\x1b\ud800]", page)


def test_the_template_and_the_style_come_with_the_package() -> None:
    folder = files("expunge.audits.report")
    for name in ("report.html", "findings.html", "account.html", "macros.html", "report.css"):
        assert folder.joinpath(name).is_file()


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    require_packages()
    monkeypatch.setattr(writing, "PACKAGES", ("jinja2", "no_such_package"))
    for check in (require_packages, lambda: write_report(empty(), tmp_path / "report.html")):
        with pytest.raises(PrerequisiteError, match="needs no_such_package") as caught:
            check()
        assert caught.value.fix == "Run: pip install 'expunge[audit]'"


def test_asking_for_the_packages_loads_none() -> None:
    code = (
        "import sys; from expunge.audits.report import require_packages; require_packages();"
        "sys.exit(' '.join({'jinja2', 'matplotlib'} & set(sys.modules)) or None)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
