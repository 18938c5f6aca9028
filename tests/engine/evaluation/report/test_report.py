"""The report: whole, readable by machines, escaped, and nothing beside it."""

import json
import math
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from engine.errors import DataError
from engine.evaluation import (
    Evaluation,
    Results,
    RunReport,
    evaluate,
    evaluate_open_set,
    evaluate_tags,
    html,
    write_html,
    write_json,
)
from engine.recipes.published import Beside

NASTY = "<script>alert(1)</script>"
EMPTY = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """What a page holds; fails where tags do not close as they opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.sections: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        if tag not in EMPTY:
            self.open.append(tag)
        if tag == "section":
            self.sections.append(found["id"] or "")
        if tag == "a":
            self.links.append(found["href"] or "")
        self.outside += [value or "" for name, value in attrs if name == "src" or tag == "link"]
        assert not any(name.startswith("on") for name in found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data


def judged(count: int = 60) -> Results:
    rng = np.random.default_rng(0)
    truth = np.arange(count) % 3
    scores = rng.random((count, 3)) + 0.7 * np.eye(3)[truth]
    return Results(
        labels=("cello", NASTY, "flute"),
        probabilities=(scores / scores.sum(axis=1, keepdims=True)).astype(np.float32),
        truth=truth,
        recordings=tuple(f"/sounds/a & b/{index // 4}.wav" for index in range(count)),
        starts=np.arange(count) % 4 * 1.5,
    )


@pytest.fixture(scope="module")
def full() -> RunReport:
    known = np.linspace(0.5, 1, 40)
    quiet = {kind: np.zeros(40) for kind in ("silence", "noise")}
    return RunReport(
        title=f"Title {NASTY}",
        description="Which of three.",
        recipe_toml='name = "x"\n# <b> & more\n',
        facts={"Data": "Iowa & others", "Energy": "not measured", "Seed": "7"},
        warnings=["3 groups are on both sides."],
        history=[
            {
                "epoch": 1 + index,
                "loss": 2.0 - index / 5,
                "accuracy": index / 5,
                "validation_loss": math.nan,
                "validation_accuracy": None,
                "learning_rate": 10.0**-index,
            }
            for index in range(5)
        ],
        evaluation=evaluate(judged(), resamples=50),
        open_set=evaluate_open_set(known, quiet, threshold=0.4, hop_seconds=1),
        published=[
            (
                "this run",
                [
                    Beside("Test accuracy", 0.987, 0.734),
                    Beside("Validation accuracy", 0.438, None, "of one batch"),
                ],
            )
        ],
        comparison=[("as-published", {"accuracy": 0.912}), ("corrected", {"accuracy": 0.734})],
        verdicts=["corrected is worse."],
        link=lambda name: Path(name).as_uri(),
    )


def test_every_section_is_there(full: RunReport) -> None:
    page = Page(html(full))
    assert page.sections == [
        "warnings", "figures", "published", "comparison", "classes", "confusion", "calibration",
        "mistakes", "open-set", "history", "facts", "recipe",
    ]  # fmt: skip
    assert [link for link in page.links if link.startswith("#")] == [
        f"#{name}" for name in page.sections
    ]


def test_the_page_says_what_it_was_given(full: RunReport) -> None:
    words = Page(html(full)).words
    assert isinstance(full.evaluation, Evaluation)
    for wanted in (
        f"{full.evaluation.accuracy:.3f}",
        "0.987", "0.912", "0.734", "of one batch", "as-published", "corrected is worse.",
        "3 groups are on both sides.", "Iowa & others", "not measured", '# <b> & more',
        "It was not tested on speech.", "Which of three.",
    ):  # fmt: skip
        assert wanted in words


def test_nothing_is_run_or_fetched(full: RunReport) -> None:
    text = html(full)
    page = Page(text)
    assert "script" not in page.tags
    assert NASTY in page.words
    assert page.outside == []
    assert "@import" not in text
    assert "url(" not in text
    assert "prefers-color-scheme:dark" in text


def test_every_colour_of_the_plots_is_defined_for_light_and_dark(full: RunReport) -> None:
    text = html(full)
    for name in ("ink", "faint", "line", "paper", "accent", "bad", "series-1", "series-6"):
        assert text.count(f"--{name}:") == 2


def test_mistakes_link_to_their_place_in_the_sound(full: RunReport) -> None:
    assert isinstance(full.evaluation, Evaluation)
    worst = full.evaluation.mistakes[0]
    links = [link for link in Page(html(full)).links if link.startswith("file:")]
    assert len(links) == len(full.evaluation.mistakes) > 0
    assert links[0] == f"{Path(worst.recording).as_uri()}#t={worst.start:g}"
    assert "%20" in links[0]


def test_links_that_could_run_something_are_left_out(full: RunReport) -> None:
    page = Page(html(replace(full, link=lambda name: f"javascript:alert('{name}')")))
    assert all(link.startswith("#") for link in page.links)
    assert isinstance(full.evaluation, Evaluation)
    worst = Path(full.evaluation.mistakes[0].recording).name
    assert worst in Page(html(replace(full, link=None))).words


def test_a_report_of_hardly_anything() -> None:
    page = Page(html(RunReport("x", "", "", {})))
    assert page.sections == ["warnings", "figures", "open-set", "history", "facts", "recipe"]
    assert "Not evaluated" in page.words


def test_a_perfect_classifier_has_no_mistakes() -> None:
    given = judged(6)
    perfect = replace(given, probabilities=np.eye(3, dtype=np.float32)[given.single_truth()])
    page = Page(html(RunReport("x", "", "", {}, evaluation=evaluate(perfect, resamples=0))))
    assert "every window is classified correctly" in page.words


def test_a_class_never_predicted_is_said_in_words() -> None:
    given = judged(6)
    flat = replace(given, probabilities=np.full((6, 3), 0.3, dtype=np.float32))
    page = Page(html(RunReport("x", "", "", {}, evaluation=evaluate(flat, resamples=0))))
    assert page.words.count("not predicted") == 2


def test_tags() -> None:
    given = judged()
    many = replace(given, truth=given.probabilities > 0.4)
    found = evaluate_tags(many, [0.5, 0.5, 0.5], resamples=20)
    report = RunReport("x", "", "", {}, evaluation=found)
    page = Page(html(report))
    assert "classes" in page.sections
    assert "confusion" not in page.sections
    assert f"{found.macro_average_precision:.3f}" in page.words
    json.dumps(report.to_json(), allow_nan=False)


def test_files(full: RunReport, tmp_path: Path) -> None:
    write_html(full, tmp_path / "report.html")
    write_json(full, tmp_path / "report.json")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html(full)
    back = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert isinstance(full.evaluation, Evaluation)
    assert Evaluation.from_json(back["evaluation"]).figures() == full.evaluation.figures()
    assert back["history"][0]["validation_loss"] is None
    assert back["comparison"][1] == {"name": "corrected", "figures": {"accuracy": 0.734}}
    assert back["published"][0] == {
        "name": "Test accuracy", "published": 0.987, "reached": 0.734, "note": "",
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_a_folder_that_is_not_there(full: RunReport, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        write_html(full, tmp_path / "nowhere" / "report.html")


def test_names_that_are_no_text(full: RunReport, tmp_path: Path) -> None:
    odd = replace(full, facts={"Data": "bad\udce9name\x00"})
    write_html(odd, tmp_path / "report.html")
    write_json(odd, tmp_path / "report.json")
    Page((tmp_path / "report.html").read_text(encoding="utf-8"))
