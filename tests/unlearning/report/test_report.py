"""The reports as files: whole, private, the same every time, honest, and with the figures of the record."""

import re
import stat
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from expunge.errors import InputError, PrerequisiteError
from expunge.tests.unlearning.report.reports import (
    HELD,
    attacks,
    bare,
    evaluation,
    failed,
    hostile,
    judgement,
    report,
    scores,
    several,
    sweep,
)
from expunge.unlearning.report import page as writing
from expunge.unlearning.report import require_packages, write_comparison, write_report
from expunge.unlearning.report.headline import caveats, verdict
from expunge.unlearning.results import Evaluation, Report, Sample

CONTROL = (0.0,) * 13
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Nesting(HTMLParser):
    """Notes tags that do not close what was opened last."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Pages of jobs of all kinds, by name."""
    folder = tmp_path_factory.mktemp("reports")
    made = {name: written(given, folder / name) for name, given in jobs().items()}
    return made | {"several": write_comparison(several(), folder).read_text("utf-8")}


def jobs() -> dict[str, Report]:
    return {"held": report(), "failed": failed(), "bare": bare(), "hostile": hostile()}


def written(given: Report, folder: Path) -> str:
    return write_report(given, folder).read_text("utf-8")


def words(page: str) -> str:
    """Return what a page says, without its marks."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)))


def test_files_are_for_their_owner_alone_and_the_record_can_be_read_again(tmp_path: Path) -> None:
    ruined = bare(losses=[(0, 2.0), (1, float("nan")), (2, float("inf"))])
    assert write_report(ruined, tmp_path / "job") == tmp_path / "job" / "report.html"
    assert write_comparison([ruined], tmp_path / "job") == tmp_path / "job" / "comparison.html"
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "job").iterdir()}
    assert rights == dict.fromkeys(("report.html", "report.json", "comparison.html"), 0o600)
    again = Report.model_validate_json((tmp_path / "job" / "report.json").read_bytes())
    assert repr(again) == repr(ruined)


def test_the_same_report_gives_the_same_bytes(pages: dict[str, str], tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from expunge.unlearning.report import write_comparison, write_report;"
        "from expunge.tests.unlearning.report.reports import report, several;"
        "write_report(report(), Path('.')); write_comparison(several(), Path('.'))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert (tmp_path / "report.html").read_bytes() == pages["held"].encode()
    assert (tmp_path / "comparison.html").read_bytes() == pages["several"].encode()


@pytest.mark.parametrize("name", ["held", "failed", "bare", "hostile", "several"])
def test_pages_are_well_formed_and_load_and_run_nothing(pages: dict[str, str], name: str) -> None:
    page = pages[name]
    nesting = Nesting(page)
    assert (nesting.open, nesting.faults) == ([], [])
    assert not re.search(r"<script|<link(?! rel=\"icon\" href=\"data:)|<img|<iframe|\son\w+=|@import|url\((?!#)", page)
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', page)) <= set(ids)
    assert all(re.search(r"\d", label) for label in re.findall(r'role="img" aria-label="([^"]*)"', page))


def test_texts_of_others_are_escaped_cut_and_showable(pages: dict[str, str], tmp_path: Path) -> None:
    compared = write_comparison([hostile(), hostile()], tmp_path).read_text("utf-8")
    for page in (pages["hostile"], compared):
        assert "&lt;script&gt;alert(1)" in page
        assert not re.search("<script|<b>|[\x00\x1b\u202e]", page)
        assert len(page) < 200_000 + 10 * len("W" * 10_000)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (report(), "Removed, as far as these attacks were tried."),
        (failed(), "This job did not hold."),
        (bare(), "Suppressed while the adapter is in use. The model itself still knows it."),
        (report(attacks=[]), "Not said when asked plainly. No attack was tried."),
        (report(attacks=attacks(CONTROL)[:1]), "Not said when asked plainly. No attack was tried."),
        (failed(attacks=[]), "This job did not hold."),
    ],
)
def test_the_verdict_claims_no_more_than_was_tried(made: Report, said: str) -> None:
    assert verdict(made) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("held", "Removed, as far as these attacks were tried. The worst case is “asked by a relation"),
        ("held", "Removal . The model's weights were changed."),
        ("failed", "This job did not hold. The worst case is"),
        ("failed", "Asked by a relation or the other way round, the model still says all of it"),
        ("failed", "Removal was aimed at."),
        ("bare", "Whoever runs the model without that reads everything it knew."),
        ("bare", "No attack was tried. Whether what must go can be brought back is not known."),
    ],
)
def test_the_verdict_comes_first_with_what_it_means(pages: dict[str, str], name: str, said: str) -> None:
    assert said in words(pages[name])


def test_suppression_is_called_nothing_else(pages: dict[str, str]) -> None:
    assert not re.search("remov|eras|delet", words(pages["bare"]), re.IGNORECASE)


def test_figures_are_those_of_the_report(tmp_path: Path) -> None:
    page = words(
        written(
            report(
                before=evaluation(0.9125, 0.977, utility=0.711),
                after=evaluation(0.0875, 0.913, forget_quality=3.2e-7),
                control=evaluation(0.033, 0.964),
                attacks=attacks((0.123, *CONTROL[1:])),
                judgement=judgement(worst="direct", worst_recall=0.123, control_recall=0.02, retain_kept=0.9345),
            ),
            tmp_path,
        )
    ).replace("\N{NO-BREAK SPACE}", " ")
    for said in (
        "12 % brought back by “asked as it is” (direct); control 2.0 %",
        "8.8 % recalled when asked plainly; 91 % before the job",
        "93 % of recall or ROUGE-L was kept, whichever fell most",
        "0.71 before the job",
        "Recall 91 % 8.8 % 3.3 %",
        "Recall 98 % 91 % 96 %",
        "Forget quality (p) – 3.2e-07 –",
        "asked as it is direct: the worst case 80 12 % 2.0 % +10 % 0.34 0.26",
        "weights rounded to 8 bits quantise8 80 0 % 2.0 % −2.0 %",
        "0.0003 0.5 62 % 97 % 9.3 s",
        "0.001 chosen 1 0 % 93 % 9.3 s",
        "0.01 came to nothing: The loss was no number at step 12. 2 – – 4.2 s",
        "sweep 1 min 14 s 1,205 MiB",
        "between 4.3 % and 17 % of those are recalled",
    ):
        assert said in page, said


def test_drawings_say_in_words_what_they_show(pages: dict[str, str]) -> None:
    labels = [
        each.replace("\N{NO-BREAK SPACE}", " ") for each in re.findall(r'aria-label="([^"]*\d[^"]*)"', pages["held"])
    ]
    assert len(labels) == 3
    assert "fine-tuned on a few of it, asked the rest: 7.0 %, the control 4.0 %" in labels[0]
    assert "the result: 100 % gone, 93 % kept; the model before: 2.0 % gone, 98 % kept" in labels[1]
    assert "and 6 other tries" in labels[1]
    assert "Loss of training: 3.5 at step 0, 0.832 at step 100." in labels[2]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"control": None}, "There was no control"),
        ({"attacks": []}, "No attack was tried"),
        ({"attacks": attacks(HELD)[:-2]}, "Relearning was not tried"),
        ({"after": evaluation(0.0, 0.9, membership=None)}, "membership inference was not tried"),
        ({"after": bare().after}, "There were no probes"),
        ({"after": bare().after}, "not asked for in other words"),
        ({"after": bare().after}, "The forget set has 12 questions"),
        ({"sweep": sweep()}, "1 try of the sweep came to nothing"),
    ],
)
def test_what_was_not_tried_is_said(given: dict[str, Any], said: str) -> None:
    whole = {"sweep": [], "after": evaluation(0.0, 0.9)}
    assert said in " ".join(caveats(report(**whole | given)))
    assert said not in " ".join(caveats(report(**whole)))


def test_samples_that_are_not_masked_are_announced(pages: dict[str, str], tmp_path: Path) -> None:
    shown = Sample(part="forget", prompt="Where was Hina Ameen born?", answer="Karachi.", before="Karachi.", after="")
    page = words(written(bare(samples=[shown]), tmp_path))
    assert "This file shows what must go." in page
    assert "Hina Ameen" in page
    assert "This file shows what must go." not in words(pages["held"])
    assert "stands for a word that could tell" in words(pages["held"])


def test_figures_that_are_no_numbers_are_called_so(tmp_path: Path) -> None:
    nan = float("nan")
    forget = scores(0.0, probability=nan, truth_ratio=nan)
    ruined = Evaluation(parts={"forget": forget}, utility=nan, forget_quality=nan)
    page = words(written(bare(after=ruined, losses=[(0, nan), (1, 2.0)]), tmp_path))
    assert "Probability 0.90 not a number –" in page
    assert "Forget quality (p) – not a number –" in page
    assert "Loss of training" not in page


def test_a_comparison_holds_every_job_and_the_control(pages: dict[str, str]) -> None:
    page = words(pages["several"]).replace("\N{NO-BREAK SPACE}", " ")
    assert "5 of 10 jobs held." in page
    assert "npo + wagle removal worst: probes 95 0 0 0 1.0 0 2.0 29 3.0 8.0 10 0 0 2.0 7.0 9.0" in page
    assert "idk_dpo did not hold worst: probes >99 0 0 0 1.0 2.0 10 61 28 74 100 0 1.0 14 64 58" in page
    assert "control never learned it – 2.0 2.0 2.0 2.0 1.0 3.0 26 4.0 5.0 0 2.0 2.0 2.0 4.0 6.0" in page
    (label,) = re.findall(r'role="img" aria-label="([^"]*)"', pages["several"])
    assert all(f"{each.method}" in label for each in several())


def test_jobs_with_different_attacks_are_compared(tmp_path: Path) -> None:
    first, second = report(attacks=attacks(CONTROL)[:2]), bare(attacks=attacks(CONTROL, control=False)[1:3])
    page = words(write_comparison([first, second, second], tmp_path).read_text("utf-8"))
    assert "npo + wagle removal worst: probes 95 0 0 0 0 –" in page
    assert "uld suppression worst: direct 95 0 – – 0 0" in page
    assert "nothing to draw" in words(write_comparison([second], tmp_path).read_text("utf-8"))
    with pytest.raises(InputError, match="no report to compare"):
        write_comparison([], tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file"):
        write_report(bare(), tmp_path / "file")


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    require_packages()
    monkeypatch.setattr(writing, "PACKAGES", ("jinja2", "no_such_package"))
    for call in (
        require_packages,
        lambda: write_report(bare(), tmp_path),
        lambda: write_comparison([bare()], tmp_path),
    ):
        with pytest.raises(PrerequisiteError, match="needs no_such_package") as caught:
            call()
        assert caught.value.fix == "Run: pip install 'expunge[unlearn]'"
    assert list(tmp_path.iterdir()) == []
