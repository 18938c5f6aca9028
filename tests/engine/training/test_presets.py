"""Every preset from a stand-in of its data set to a classifier that classifies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from engine.classifier.classifier import Classifier
from engine.datasets import open_dataset
from engine.errors import DataError, ModelError
from engine.evaluation.judge import predict_dataset
from engine.recipes.recipe import find_recipe, presets
from engine.recognition.files import analyse
from engine.recognition.live import listen
from engine.training.events import Finished, Warned
from engine.training.finish import background
from tests import corpora
from tests.engine.recognition.test_live import Source
from tests.engine.training import toys

SHORT = {"data.window_samples": 11025, "data.hop_samples": 11025}


@dataclass(frozen=True)
class Case:
    """A preset and what it is tried on."""

    preset: str
    data: str
    changes: dict[str, Any] = field(default_factory=dict)
    published: dict[str, Any] = field(default_factory=dict)


CASES = [
    Case("genre-mlp", "gtzan", SHORT),
    Case("genre-cnn", "gtzan", SHORT),
    Case("genre-lstm", "gtzan", SHORT),
    Case(
        "instrument-lstm-time",
        "medley",
        {
            "data.window_samples": 4096,
            "data.hop_samples": 4096,
            "network.arguments.units": [8, 4],
            "network.arguments.dropout_between": 0.1,  # the recipe's is of three layers
        },
        {"network.arguments.frames_per_step": 4096},
    ),
    Case(
        "instrument-lstm-spectral",
        "medley",
        {"data.window_samples": 8192, "data.hop_samples": 8192, "network.arguments.units": [8, 4]},
    ),
    Case("instrument-mlp", "iowa"),
    Case("instrument-mlp", "folders", {"data.most_windows": 10}),
    Case("author-dense", "authors"),
    Case("author-rnn", "authors", {"data.window_samples": 500, "data.hop_samples": 500}),
    Case("author-gru", "authors", {"data.window_samples": 500, "data.hop_samples": 500}),
    Case("tagger-head", "folders", {"data.window_samples": 6000, "data.hop_samples": 6000}),
    Case("author-embedding", "folders", {"data.window_samples": 6000, "data.hop_samples": 6000}),
    Case("cnn-mel", "folders", SHORT),
    Case("cnn-mobile", "folders", SHORT),
    Case(
        "composer",
        "folders",
        {
            "data.window_samples": 22528,
            "data.hop_samples": 22528,
            "network.arguments.channels": [4],
            "network.arguments.kernels": [5],
            "network.arguments.pools": [2],
        },
    ),
]


def _gtzan(root: Path) -> Path:
    return corpora.gtzan(root, tracks=4, seconds=0.6)


MAKERS: dict[str, Callable[[Path], Path]] = {
    "gtzan": _gtzan,
    "medley": lambda root: corpora.medley_solos(root, seconds=0.4),
    "iowa": corpora.iowa,
    "authors": lambda root: corpora.author_music(root, files=6, seconds=1.0),
    "folders": lambda root: corpora.folders(root, files=5, seconds=0.6),
}


@pytest.fixture(scope="module")
def standins(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a stand-in, made when first asked for."""
    made: dict[str, Path] = {}

    def give(name: str) -> Path:
        if name not in made:
            made[name] = MAKERS[name](tmp_path_factory.mktemp(name))
        return made[name]

    return give


@pytest.fixture(autouse=True)
def _little_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate learns from a few windows only."""
    monkeypatch.setattr(background, "_SYNTHETIC", 10)


@pytest.mark.parametrize("published", [False, True], ids=["corrected", "published"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.preset}-{case.data}")
def test_preset_end_to_end(
    case: Case, published: bool, standins: Callable[[str], Path], tmp_path: Path
) -> None:
    recipe = find_recipe(case.preset)
    if published and recipe.published is None:
        pytest.skip("there is no original")
    recipe = recipe.as_published() if published else recipe
    recipe = recipe.changed(
        {"training.epochs": 2, "data.allow_leak": True}
        | case.changes
        | (case.published if published else {})
    )
    root = standins(case.data)
    run, events = toys.trained(recipe, open_dataset(root), toys.place(tmp_path))
    end = events[-1]
    assert isinstance(end, Finished)
    assert 0 <= end.metrics["accuracy"] <= 1
    assert run.recipe() == recipe
    for file in (run.classifier_file, run.report_file, run.table_file, run.facts_file):
        assert file.stat().st_size > 0
    assert run.read(run.results_file)["figures"]["accuracy"] == end.metrics["accuracy"]
    assert len(run.history()) == 2
    assert recipe.title in run.report_file.read_text(encoding="utf-8")
    if case.data == "iowa":
        _judges_features_only(run.classifier_file, root, standins("folders"))
    else:
        _classifies(run.classifier_file, root)


def _judges_features_only(path: Path, features: Path, sounds: Path) -> None:
    """It learned from features that Earmark did not compute: no sound may be given to it."""
    classifier = Classifier.load(path)
    assert classifier.card.features_only
    assert "did not compute" in classifier.card.limits
    with pytest.raises(ModelError, match="trained on features that Earmark did not compute"):
        _classifies(path, sounds)
    with pytest.raises(DataError, match="cannot be evaluated on sounds"):
        next(predict_dataset(classifier, open_dataset(sounds)))
    steps = predict_dataset(classifier, open_dataset(features))
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            found = stop.value
            break
    assert len(found.results) == 260
    assert found.known_data


def _classifies(path: Path, root: Path) -> None:
    classifier = Classifier.load(path)
    sound = next(iter(sorted(root.rglob("*.wav"))))
    steps = analyse(sound, {"it": classifier})
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            timeline = stop.value.timelines["it"]
            break
    assert timeline.probabilities.shape[1] == len(classifier.card.labels)
    assert len(timeline.probabilities) >= 1
    assert ((timeline.probabilities >= 0) & (timeline.probabilities <= 1)).all()


def test_every_preset_is_tried() -> None:
    regressions = {"emotion"}  # which has no accuracy: below
    assert {case.preset for case in CASES} == set(presets()) - regressions


def test_emotions_are_learned_from_the_table_of_their_data_set(tmp_path: Path) -> None:
    recipe = find_recipe("emotion").changed(
        {"training.epochs": 2, "data.window_samples": 6000, "data.hop_samples": 6000}
        | {"data.allow_leak": True}
    )
    data = open_dataset(corpora.emotify(tmp_path / "emotify", tracks=10, seconds=0.5))
    run, events = toys.trained(recipe, data, toys.place(tmp_path))
    assert isinstance(events[-1], Finished)
    card = Classifier.load(run.classifier_file).card
    assert card.is_regression
    assert card.labels == recipe.data.dimensions
    assert "Concordance" in run.report_file.read_text(encoding="utf-8")


def test_a_preset_learns_its_stand_in(standins: Callable[[str], Path], tmp_path: Path) -> None:
    recipe = find_recipe("instrument-mlp")
    _, events = toys.trained(recipe, open_dataset(standins("iowa")), toys.place(tmp_path))
    assert isinstance(events[-1], Finished)
    assert events[-1].metrics["accuracy"] > 0.6


def test_gtzan_as_published_leaks_and_says_so(
    standins: Callable[[str], Path], tmp_path: Path
) -> None:
    changes = {"training.epochs": 1, "data.window_samples": 4000, "data.hop_samples": 4000}
    recipe = find_recipe("genre-mlp").as_published().changed(changes)
    dataset = open_dataset(standins("gtzan"))
    with pytest.raises(DataError, match=r"in both parts \(such as .*\.\d{5}"):
        toys.trained(recipe.changed({"data.allow_leak": False}), dataset, toys.place(tmp_path))
    run, events = toys.trained(recipe, dataset, toys.place(tmp_path))
    told = [event.text for event in events if isinstance(event, Warned)]
    assert any("Test and training data overlap" in text for text in told)
    assert any("1000 tracks" in text for text in told)
    assert "The results are too optimistic" in run.report_file.read_text(encoding="utf-8")


def test_medley_as_published_learns_by_librosa_and_listens_by_ours(
    standins: Callable[[str], Path], tmp_path: Path
) -> None:
    """Its first frames are padded by reflection: ours has to do that as well, live too."""
    case = next(case for case in CASES if case.preset == "instrument-lstm-spectral")
    recipe = find_recipe(case.preset).as_published()
    assert recipe.feature.name == "librosa"
    assert recipe.feature.arguments["pad_mode"] == "reflect"
    recipe = recipe.changed({"training.epochs": 2, "data.allow_leak": True} | case.changes)
    root = standins(case.data)
    run, _ = toys.trained(recipe, open_dataset(root), toys.place(tmp_path))
    classifier = Classifier.load(run.classifier_file)
    assert not classifier.card.files_only
    parts = classifier.card.feature.arguments["parts"]
    assert [part["name"] for part in parts] == ["mfcc", "spectral_centroid", "spectral_contrast"]
    assert all(part["arguments"]["padding"] == "reflect" for part in parts)
    assert "trained on features by librosa" in classifier.card.limits
    _classifies(run.classifier_file, root)
    source = Source()
    steps = listen(source, {"it": classifier})
    next(steps)
    source.next = 16000
    rows = next(steps).rows["it"]
    steps.close()
    assert len(rows) >= 1
    assert ((rows.probabilities >= 0) & (rows.probabilities <= 1)).all()
