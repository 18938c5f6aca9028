"""What learns from librosa's features listens with ours where both agree, else not at all."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.classifier.classifier import Classifier
from engine.classifier.onnx import export_onnx
from engine.errors import ModelError
from engine.explain.integrated_gradients import explain
from engine.features.by_librosa import ByLibrosa, library
from engine.recognition.files import analyse
from engine.recognition.live import LiveUpdate, listen
from engine.training.data import prepare as preparing
from engine.training.events import Finished, Warned
from engine.training.finish import background
from tests.engine.recognition.test_live import Source
from tests.engine.training import toys

WINDOW = 4096


@pytest.fixture(autouse=True)
def _little_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_SYNTHETIC", 10)


def trained(folder: Path, padding: str, **more: Any) -> tuple[Classifier, list[Any]]:
    """A recipe with MFCCs, centroid and contrast by librosa, on three classes of sounds."""
    feature = {
        "name": "librosa",
        "arguments": {
            "calls": ["mfcc", "spectral_centroid", "spectral_contrast"],
            "n_mfcc": 13,
            "pad_mode": padding,
        },
    }
    changes = {"data__rate_hz": 22050, "data__window_samples": WINDOW, "data__hop_samples": WINDOW}
    recipe = toys.recipe(feature=feature, training__epochs=3, **changes, **more)
    run, events = toys.trained(recipe, toys.sounds(folder), toys.place(folder))
    assert isinstance(events[-1], Finished)
    return Classifier.load(run.classifier_file), events


def hear(classifier: Classifier, folder: Path) -> np.ndarray:
    sound = next(iter(sorted(folder.rglob("*.wav"))))
    steps: Generator[Any, None, Any] = analyse(sound, {"it": classifier})
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            found: np.ndarray = stop.value.timelines["it"].probabilities
            return found


@pytest.mark.parametrize("padding", ["constant", "reflect"])
def test_it_listens_with_ours_where_both_say_the_same(padding: str, tmp_path: Path) -> None:
    classifier, events = trained(tmp_path, padding)
    card = classifier.card
    assert card.feature.name == "stack"
    assert not card.files_only
    assert not any("can only classify files" in e.text for e in events if isinstance(e, Warned))
    assert f"trained on features by {library()}" in card.limits
    assert card.versions["librosa"] in library()
    assert hear(classifier, tmp_path).shape[1] == 3
    source = Source()
    source.next = 8000
    update = next(listen(source, {"it": classifier}))
    assert isinstance(update, LiveUpdate)
    window = np.random.default_rng(2).standard_normal(WINDOW).astype(np.float32) * 0.1
    for _ in (steps := explain(classifier, window, steps=4)):
        pass
    assert steps is not None


def test_what_differs_only_judges_files(tmp_path: Path) -> None:
    classifier, events = trained(tmp_path, "edge")
    card = classifier.card
    assert card.feature.name == "librosa"
    assert card.files_only
    assert isinstance(classifier.feature, ByLibrosa)
    told = [event.text for event in events if isinstance(event, Warned)]
    assert any("It can only classify files" in text for text in told)
    assert "It can only classify files" in card.limits
    # Files are judged with librosa's features, to the last digit as they were learned.
    rows = hear(classifier, tmp_path)
    assert rows.shape[1] == 3
    assert len(rows) >= 1
    with pytest.raises(ModelError, match=r"only classify files\. It cannot listen"):
        next(listen(Source(), {"it": classifier}))
    with pytest.raises(ModelError, match=r"only classify files\. It cannot be exported as ONNX"):
        export_onnx(classifier, tmp_path / "it.onnx")
    with pytest.raises(ModelError, match=r"only classify files\. It cannot explain predictions"):
        next(explain(classifier, np.zeros(WINDOW, dtype=np.float32)))


def test_a_padding_that_the_network_does_not_see_is_no_difference_to_it(tmp_path: Path) -> None:
    """Frames differ all the same: ours would not be what it learned from."""
    classifier, _ = trained(tmp_path, "edge", training__learning_rate=1e-9)
    assert classifier.card.files_only


def test_another_librosa_computes_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, recipe = (
        toys.sounds(tmp_path, files=2),
        toys.recipe(feature={"name": "librosa", "arguments": {"calls": ["mfcc"], "n_fft": 256}}),
    )

    def folder() -> Path | None:
        steps = preparing.prepare(dataset, recipe, cache=tmp_path / "cache")
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                found: Path | None = stop.value.folder
                return found

    first = folder()
    assert folder() == first
    monkeypatch.setattr(preparing, "library", lambda: "librosa 9.9")
    assert folder() != first


def test_torch_threads_are_as_before(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    trained(tmp_path, "constant")
    assert torch.get_num_threads() == before
