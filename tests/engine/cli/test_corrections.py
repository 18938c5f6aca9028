"""``earmark models corrections``: listed, taken back, saved as a classifier."""

from collections.abc import Generator
from pathlib import Path

import pytest

from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.personal.carrying import Carried
from engine.classifier.personal.rehearsal import Check
from engine.classifier.personal.store import PersonalStore
from engine.cli.app import run
from tests.engine.classifier.personal.conftest import (  # noqa: F401  # fixtures
    HIGH_HZ,
    ODD_HZ,
    _remembered_once,
    remembered,
    tone,
    two_tones,
)
from tests.engine.classifier.personal.test_learning import teach_both


@pytest.fixture
def tones() -> Classifier:
    """Corrected twice, among the user's own."""
    catalog, classifier = Catalog(), two_tones(multi_label=False)
    classifier.save(catalog.folder / "tones.safetensors")
    teach_both(catalog, classifier)
    return classifier


def test_they_are_listed(tones: Classifier, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "corrections"]) == 0
    text = capsys.readouterr().out
    assert "kazoo, not low" in text
    assert "not high" in text
    assert "take.wav" in text
    assert run(["models", "show", "tones"]) == 0
    assert "2 times (earmark models corrections)" in capsys.readouterr().out


def test_they_are_taken_back(tones: Classifier, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "corrections", "tones", "--undo", "1"]) == 0
    assert capsys.readouterr().out == "Undone. 'tones' has 1 corrections.\n"
    assert Catalog().load("tones").corrections == ("not high",)
    assert run(["models", "corrections", "tones", "--undo", "1"]) == 2
    assert "no such correction" in capsys.readouterr().err
    assert run(["models", "corrections", "tones", "--undo-all"]) == 0
    assert Catalog().load("tones").corrections == ()


def test_the_corrected_classifier_is_saved(
    tones: Classifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine.safetensors"
    assert run(["models", "corrections", "tones", "--save", str(target)]) == 0
    assert Classifier.load(target).card.labels == ["low", "high", "hiss", "kazoo"]
    assert run(["models", "corrections", "tones", "--save", str(target)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run(["models", "corrections", "tones", "--save", str(tmp_path / "mine.onnx")]) == 2
    assert "safetensors" in capsys.readouterr().err


def test_what_is_missing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "corrections", "genre"]) == 2
    assert "no corrections of 'genre'" in capsys.readouterr().err
    assert run(["models", "corrections", "--undo", "1"]) == 2
    assert "which classifier" in capsys.readouterr().err


@pytest.fixture
def updated(tones: Classifier) -> Classifier:
    """Another file has come in its place."""
    made = two_tones(multi_label=False, bands=72)
    made.save(Catalog().folder / "tones.safetensors")
    return made


def test_those_of_an_earlier_version_are_listed(
    updated: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    notice = "2 corrections made for an earlier version do not apply to this one."
    for words in (["corrections"], ["corrections", "tones"]):
        assert run(["models", *words]) == 0
        told = capsys.readouterr()
        assert told.out.count("tones (earlier version)") == 2
        assert "kazoo, not low" in told.out
        assert notice in told.err
        assert "earmark models corrections tones --carry-over" in told.err
    assert run(["models", "show", "tones"]) == 0
    assert notice in capsys.readouterr().err
    assert run(["models", "corrections", "tones", "--undo", "1"]) == 2
    assert "no corrections of 'tones'" in capsys.readouterr().err
    sound = Catalog().corrections.sound(Catalog().corrections.cards()[0].base, 1)
    assert run(["classify", "-c", "tones", str(sound)]) == 0
    assert notice in capsys.readouterr().err


def test_they_are_carried_over_and_taken_back(
    updated: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "corrections", "tones", "--carry-over"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("Carried over: 2 corrections of 'tones'.")
    assert Catalog().load("tones").corrections == ("kazoo, not low", "not high")
    assert run(["models", "corrections", "tones", "--carry-over"]) == 2
    assert "no corrections of an earlier version" in capsys.readouterr().err
    back = told.out.split("earmark ")[-1].split()
    assert run(back) == 0
    assert Catalog().load("tones").corrections == ()
    for sound in Catalog().corrections.folder.rglob("1.flac"):
        sound.unlink()
    assert run(["models", "corrections"]) == 0
    assert "The sound of 1 of them is not kept" in capsys.readouterr().err
    assert run(["models", "corrections", "tones", "--carry-over"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("Carried over: 1 correction of 'tones'.")
    assert "Not carried over: kazoo, not low: Its sound is not kept." in told.err


def test_other_answers_that_change_are_told(
    tones: Classifier, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def carry_over(base: Classifier, store: PersonalStore) -> Generator[float, None, Carried]:
        yield 0.5
        return Carried("tones", (1, 2), 2, Check(9, ("low to high",) * 4))

    monkeypatch.setattr("engine.classifier.personal.carrying.carry_over", carry_over)
    assert run(["models", "corrections", "tones", "--carry-over"]) == 0
    assert "It also changes 4 of 9 answers" in capsys.readouterr().err


def test_those_of_a_classifier_that_is_gone_are_listed(
    tones: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    Catalog().remove(Catalog().find("tones").path)
    assert run(["models", "corrections"]) == 0
    assert capsys.readouterr().out.count("tones (not installed)") == 2
