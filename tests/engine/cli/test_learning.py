"""The commands that learn and judge, as a user types them."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from engine.classifier.classifier import Classifier
from engine.cli.app import run
from engine.recipes.toml import reference

ROOT = Path(__file__).resolve().parents[3]
RATE = 16000
FAST = ["--set", "training.epochs=12", "--set", "data.most_windows=2", "--device", "cpu"]


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What frozen trunks hear in the made background is the same for every training here."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache))


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Two classes that anyone tells apart, six recordings each."""
    rng = np.random.default_rng(3)
    time = np.arange(RATE * 4) / RATE
    for label, base in (("low", 110.0), ("high", 1500.0)):
        folder = tmp_path / "sounds" / label
        folder.mkdir(parents=True)
        for number in range(6):
            hz = base * rng.uniform(0.7, 1.4)
            wave = np.sign(np.sin(2 * np.pi * hz * time)) * (
                np.sin(2 * np.pi * number * time) > -0.5
            )
            sound = 0.3 * wave + rng.uniform(0.01, 0.1) * rng.standard_normal(len(time))
            soundfile.write(folder / f"{number}.wav", sound, RATE)
    return tmp_path / "sounds"


def test_train_classify_evaluate_and_compare(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert run(["train", "tagger-head", str(sounds), "-o", str(one), *FAST]) == 0
    assert "accuracy" in capsys.readouterr().out
    classifier = str(one / "classifier.safetensors")
    assert (one / "report.html").read_text().startswith("<!")
    assert run(["classify", "-c", classifier, "-f", "json", str(sounds / "low" / "0.wav")]) == 0
    found = json.loads(capsys.readouterr().out)
    (heard,) = found["classifiers"].values()
    assert heard["summary"][0]["label"] == "low"
    out = tmp_path / "judged.json"
    assert run(["evaluate", classifier, str(sounds), "-o", str(out)]) == 0
    printed = capsys.readouterr()
    assert json.loads(out.read_text())["figures"]["accuracy"] > 0.8
    assert "trained on this data set" in printed.err
    assert run(["train", "tagger-head", str(sounds), "-o", str(two), *FAST,
                "--set", "training.learning_rate=0.01"]) == 0  # fmt: skip
    capsys.readouterr()
    page = tmp_path / "both.html"
    assert run(["compare", str(one), str(two), "-o", str(page)]) == 0
    assert "training.learning_rate" in capsys.readouterr().out
    assert "learning_rate" in page.read_text()


@pytest.mark.parametrize("name", ["data.json", "all.npz"])
def test_a_file_of_features_trains_and_a_recipe_that_does_not_fit_is_refused_by_name(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _features(tmp_path / name)
    out = tmp_path / "run"
    command = [str(file), "-o", str(out), "--device", "cpu", "--set", "data.allow_leak=true"]
    assert run(["train", "tagger-head", *command]) == 2
    err = " ".join(capsys.readouterr().err.split())
    assert "The recipe 'tagger-head' does not fit these features of 13 bands and 20 frames" in err
    assert "genre-mlp" in err
    assert not out.exists()
    fast = ["--set", "training.epochs=8", "--set", "training.learning_rate=0.001"]
    assert run(["train", "genre-mlp", *command, *fast]) == 0
    figures = json.loads((out / "results.json").read_text())["figures"]
    assert figures["accuracy"] > 0.8
    classifier = Classifier.load(out / "classifier.safetensors")
    assert len(classifier.card.labels) == 2
    assert classifier.card.features_only  # Earmark did not compute them: no sound is listened to
    capsys.readouterr()
    assert run(["evaluate", str(out / "classifier.safetensors"), str(file)]) == 0
    assert "accuracy" in capsys.readouterr().out.lower()


def _features(file: Path, rows: int = 80) -> Path:
    """Frames of coefficients that lie apart by class, as courses save them."""
    rng = np.random.default_rng(6)
    labels = np.arange(rows) % 2
    frames = rng.normal(0, 1, (rows, 20, 13)) + 2.0 * labels[:, None, None]
    if file.suffix == ".npz":
        np.savez(file, X=frames, y=labels)
        return file
    content = {"mapping": ["blues", "jazz"], "labels": labels.tolist(),
               "mfcc": frames.round(3).tolist()}  # fmt: skip
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def test_a_run_is_not_overwritten(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "author-dense", str(sounds), "-o", str(tmp_path / "run"), *FAST]
    assert run(command) == 0
    assert run(command) == 2
    assert "--resume" in capsys.readouterr().err


def test_sweep_prints_a_table_and_draws_charts(
    sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["sweep", "tagger-head", str(sounds), "-o", str(tmp_path / "sweep"), *FAST]
    assert run([*command, "--grid", "training.learning_rate=0.001,0.01"]) == 0
    out = capsys.readouterr().out
    assert "0.001" in out
    assert "not measured" in out or " J" in out
    page = (tmp_path / "sweep" / "sweep.html").read_text()
    assert page.count("<svg") == 6
    rows = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    assert [row["values"]["training.learning_rate"] for row in rows] == [0.001, 0.01]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["train", "no-such", "x"], "no recipe"),
        (["train", "tagger-head", "/nowhere"], "does not exist"),
        (["train", "tagger-head", ".", "--set", "training.epoch=3"], "no field"),
        (["train", "tagger-head", ".", "--set", "training.epochs=none"], "training.epochs"),
        (["evaluate", "genre", "/nowhere"], "does not exist"),
        (["compare", "/nowhere"], "at least two"),
        (["compare", "/nowhere", "/nowhere2"], "is not a run"),
        (["recipes", "check", "/nowhere.toml"], "cannot be read"),
        (["models", "export", "genre", "out.txt"], ".onnx"),
    ],
)
def test_errors_are_one_sentence(
    command: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err


def test_recipes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recipes", "list"]) == 0
    assert "genre-cnn" in capsys.readouterr().out
    assert run(["recipes", "network", "genre-cnn"]) == 0
    out = capsys.readouterr().out
    assert "45,514" in out
    assert "Conv2d" in out
    path = tmp_path / "mine.toml"
    assert run(["recipes", "new", str(path), "--like", "cnn-mel"]) == 0
    assert run(["recipes", "check", str(path)]) == 0
    assert run(["recipes", "new", str(path)]) == 2


def test_the_reference_page_is_true() -> None:
    assert (ROOT / "docs" / "recipes.md").read_text().strip() == reference().strip()


def test_data_says_what_is_there(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (sounds / "low" / "broken.wav").write_text("no sound")
    assert run(["data", str(sounds)]) == 0
    out = capsys.readouterr().out
    assert "13 excerpts" in out
    assert "1 file cannot be read: low/broken.wav" in out


def test_cache_is_told_and_cleared(
    sounds: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert run(["train", "author-dense", str(sounds), "-o", str(tmp_path / "run"), *FAST]) == 0
    capsys.readouterr()
    assert run(["cache"]) == 0
    assert capsys.readouterr().out.startswith("1 prepared")
    assert run(["cache", "--clear"]) == 0
    capsys.readouterr()
    assert run(["cache"]) == 0
    assert capsys.readouterr().out.startswith("0 prepared")


def test_ctrl_c_keeps_the_best_and_resume_goes_on(sounds: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    command = [sys.executable, "-X", "faulthandler", "-m", "engine.cli", "train", "genre-mlp"]
    command += [str(sounds), "-o", str(folder), "--device", "cpu", "--set", "data.allow_leak=true"]
    started = subprocess.Popen(
        [*command, "--set", "training.epochs=100000"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 240
    while not (folder / "history.json").is_file() and time.monotonic() < deadline:
        time.sleep(0.1)
    started.send_signal(signal.SIGINT)
    try:
        _, words = started.communicate(timeout=200)
    except subprocess.TimeoutExpired:
        started.send_signal(signal.SIGABRT)  # faulthandler tells where it stands
        _, words = started.communicate(timeout=200)
    assert started.returncode == 130, words
    assert "the best epoch so far is kept" in words
    assert "Traceback" not in words
    assert Classifier.load(folder / "classifier.safetensors").card.name == "genre-mlp"
    assert (folder / "checkpoint.safetensors").is_file()
