"""Numbers instead of labels, from the table of a data set to a classifier that gives values."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.classifier.classifier import Classifier
from engine.classifier.onnx import export_onnx
from engine.datasets import open_dataset
from engine.datasets.table import About, Dataset, Excerpt
from engine.errors import DataError, RecipeError
from engine.evaluation import ValueEvaluation, ValueResults
from engine.evaluation.judge import predict_dataset
from engine.explain.integrated_gradients import explain
from engine.recipes.recipe import Recipe
from engine.training.data.plan import make_plan
from engine.training.data.units import Units
from engine.training.events import EpochDone, Finished
from engine.training.loop.optimisers import value_loss
from engine.training.runs.comparison import compare_runs
from engine.training.runs.listing import find_runs
from engine.training.runs.results import read_results
from engine.training.runs.run import Run
from engine.training.sweeps.plan import Source, Sweep
from engine.training.sweeps.report import charts_of, in_order
from engine.training.sweeps.search import Span
from engine.training.sweeps.sweep import Trial, read_sweep, run_sweep
from tests.corpora import write
from tests.engine.training import toys

DIMENSIONS = ["brightness", "loudness"]


def recipe(**changes: Any) -> Recipe:
    plain = {"training__loss": "mse", "deployment__task": "regression",
             "data__dimensions": DIMENSIONS, "training__epochs": 12}  # fmt: skip
    return toys.recipe(**(plain | changes))


def features(folder: Path, rows: int = 160) -> Dataset:
    """Two dimensions that are sums of two bands each, in units of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(4).normal(0, 1, (rows, toys.BANDS))
    np.save(folder / "data.npy", values)
    truth = np.stack([50 + 10 * (values[:, 0] + values[:, 1]), 0.1 * values[:, 2]], axis=1)
    excerpts = tuple(
        Excerpt(
            "data.npy", "", f"artist {row // 4}", start=float(row),
            extra=dict(zip(DIMENSIONS, map(str, truth[row]), strict=True)),
        )
        for row in range(rows)
    )  # fmt: skip
    return Dataset(About("toy"), folder, excerpts, features=True)


def tones(folder: Path, count: int = 24) -> Dataset:
    """Tones whose height and level are columns of a table without labels."""
    rng = np.random.default_rng(5)
    rows = [["path", "group", *DIMENSIONS]]
    for number in range(count):
        height, level = rng.uniform(0, 1), rng.uniform(0.1, 0.9)
        time = np.arange(3200) / 8000
        sound = level * np.sin(2 * np.pi * (300 + 2000 * height) * time)
        write(folder / f"{number}.wav", sound.astype(np.float32), 8000)
        rows.append([f"{number}.wav", f"player {number // 2}", f"{height:.3f}", f"{level:.3f}"])
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return open_dataset(folder)


@pytest.mark.parametrize("loss", ["mse", "concordance"])
def test_it_learns_several_dimensions_at_once(tmp_path: Path, loss: str) -> None:
    made = recipe(training__loss=loss, training__epochs=30)
    run, events = toys.trained(made, features(tmp_path / "data"), toys.place(tmp_path))
    figures = next(e for e in events if isinstance(e, Finished)).metrics
    assert figures["concordance"] > 0.85
    assert figures["gain:brightness_low"] > 0  # better than the mean predictor, by its interval
    assert figures["rmse:brightness"] < 0.5 * figures["mean_rmse:brightness"]
    epochs = [e for e in events if isinstance(e, EpochDone)]
    assert epochs[-1].validation_concordance > epochs[0].validation_concordance
    assert np.isnan(epochs[0].accuracy)
    assert run.history()[-1].validation_concordance == epochs[-1].validation_concordance
    results = read_results(run.folder)
    assert isinstance(results, ValueResults)
    assert not set(results.groups) & _others(features(tmp_path / "data"), results)
    kept = json.loads(run.results_file.read_text())["evaluation"]
    assert ValueEvaluation.from_json(kept).dimensions[0].name == "brightness"
    page = run.report_file.read_text(encoding="utf-8")
    assert "RMSE of the mean predictor" in page
    assert "2 of 2 dimensions are predicted better" in page


def _others(dataset: Dataset, results: ValueResults) -> set[str]:
    """Groups of the rows that were not tested."""
    tested = {tuple(row) for row in results.truth.tolist()}
    return {
        excerpt.group
        for excerpt in dataset.excerpts
        if tuple(np.float32([float(excerpt.extra[name]) for name in DIMENSIONS]).tolist())
        not in tested
    }


def test_from_sounds_to_values_in_every_form(tmp_path: Path) -> None:
    dataset = tones(tmp_path / "sounds")
    run, _ = toys.trained(recipe(), dataset, toys.place(tmp_path))
    model = Classifier.load(run.classifier_file)
    card = model.card
    assert (card.task, card.labels) == ("regression", DIMENSIONS)
    assert card.calibration.thresholds == []
    assert card.ranges is not None
    assert card.ranges[0][0] < 0.2 < 0.8 < card.ranges[0][1]
    steps = predict_dataset(model, dataset)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            heard = stop.value
            break
    assert heard.known_data
    assert isinstance(heard.results, ValueResults)
    np.testing.assert_allclose(heard.results.baseline, card.calibration.bias, rtol=1e-6)
    sound = torch.from_numpy(np.stack([_tone(0.1), _tone(0.9)]))
    with torch.inference_mode():
        values = model(sound)
    assert float(values[1, 0] - values[0, 0]) > 0.2  # the higher tone is the brighter
    assert export_onnx(model, tmp_path / "model.onnx") < 1e-4
    found = _last(explain(model, _tone(0.9), "brightness"))
    assert found.is_value
    assert found.words == f"{float(values[1, 0]):.3g}"
    assert found.logit == pytest.approx(float(values[1, 0]), abs=1e-5)


def _tone(height: float) -> np.ndarray:
    time = np.arange(400) / 8000
    return (0.5 * np.sin(2 * np.pi * (300 + 2000 * height) * time)).astype(np.float32)


def _last(steps: Any) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def test_a_broken_off_training_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    dataset, made = features(tmp_path / "data", 60), recipe(training__epochs=4)
    whole, _ = toys.trained(made, dataset, toys.place(tmp_path, "whole"))
    toys.broken_off(made, dataset, toys.place(tmp_path, "parts"), 2)
    parts, _ = toys.trained(made, dataset, toys.place(tmp_path, "parts", resume=True))
    first, second = (read_results(run.folder) for run in (whole, parts))
    assert isinstance(first, ValueResults)
    assert isinstance(second, ValueResults)
    np.testing.assert_array_equal(first.values, second.values)


def test_no_run_goes_on_with_changed_targets(tmp_path: Path) -> None:
    made, place = recipe(training__epochs=4), toys.place(tmp_path, resume=True)
    dataset = tones(tmp_path / "sounds")
    toys.broken_off(made, dataset, toys.place(tmp_path), 2)
    rated = tmp_path / "sounds" / "manifest.csv"
    rows = rated.read_text(encoding="utf-8").splitlines()
    rows[1] = rows[1].rpartition(",")[0] + ",0.999"
    rated.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(DataError, match="the data has changed"):
        toys.trained(made, open_dataset(dataset.root), place)
    alone = made.changed({"data.dimensions": DIMENSIONS[:1]})  # of what stayed as it was
    assert dataset.fingerprint(alone.data.dimensions) == open_dataset(dataset.root).fingerprint(
        alone.data.dimensions
    )


def test_two_runs_are_compared(tmp_path: Path) -> None:
    dataset = features(tmp_path / "data", 80)
    folders = [
        toys.trained(recipe(training__epochs=n), dataset, toys.place(tmp_path, f"{n}"))[0].folder
        for n in (1, 20)
    ]
    verdict = compare_runs(folders).verdicts[0]
    assert "percentage points of the mean predictor's squared error" in verdict


def test_a_sweep_is_judged_by_concordance(tmp_path: Path) -> None:
    source = Source(tones(tmp_path / "sounds").root)
    made = recipe(training__epochs=2)
    spans = {"training.learning_rate": Span(choices=(0.001, 0.02))}
    folder = tmp_path / "sweep"
    steps = run_sweep(Sweep(made, spans, device="cpu"), source, folder)
    trials = [step for step in steps if isinstance(step, Trial)]
    for trial in trials:
        figures = Run(Path(trial.folder)).figures()
        assert (trial.measure, trial.problem) == ("concordance", "")
        assert trial.test_accuracy == figures["concordance"]
    assert read_sweep(folder) == trials
    chart = charts_of(trials, target=False)[2]
    assert (chart.title, chart.unit) == ("Test concordance", "")
    assert list(chart.values.values()) == [t.test_accuracy for t in in_order(trials)]
    found = next(row for row in _last(find_runs([tmp_path])) if row.is_sweep)
    assert found.accuracy.startswith("CCC ")


def test_what_is_learned_is_of_the_training_part_alone() -> None:
    values = np.asarray([[0.0, 5.0], [2.0, 7.0], [100.0, -100.0]])
    units = Units.learned(("a", "b"), values, np.asarray([0, 1]))
    np.testing.assert_allclose(units.mean, [1.0, 6.0])
    np.testing.assert_allclose(units.targets()[:2], [[-1, -1], [1, 1]])
    np.testing.assert_allclose(units.values(units.targets()), values, rtol=1e-5)
    assert units.ranges == ((0.0, 100.0), (-100.0, 7.0))
    with pytest.raises(DataError, match="same value of 'b'"):
        Units.learned(("a", "b"), np.asarray([[1.0, 2.0], [3.0, 2.0]]), np.asarray([0, 1]))


def test_the_concordance_loss_is_one_minus_lin() -> None:
    said = torch.tensor([[0.1], [0.4], [-0.2], [1.0]])
    true = torch.tensor([[0.0], [1.0], [0.0], [2.0]])
    x, y = said[:, 0].double().numpy(), true[:, 0].double().numpy()
    both = ((x - x.mean()) * (y - y.mean())).mean()
    wanted = 1 - 2 * both / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    training = recipe(training__loss="concordance").training
    assert float(value_loss(said, true, training)) == pytest.approx(wanted, abs=1e-5)
    assert float(value_loss(true, true, training)) == pytest.approx(0, abs=1e-6)
    assert float(value_loss(said, true, recipe().training)) == pytest.approx(
        float(((x - y) ** 2).mean()), abs=1e-6
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"training__loss": "cross-entropy"}, "mse or concordance"),
        ({"deployment__task": "mood"}, r"data.dimensions needs deployment.task = regression"),
        ({"data__dimensions": ["a", "a"]}, "twice"),
        ({"training__class_weights": True}, "class_weights applies to classes"),
        ({"training__stop.target_accuracy": 0.9}, "target_accuracy applies to classes"),
        ({"data__most_per_class": 3}, "most_per_class applies to classes"),
    ],
)
def test_what_is_for_classes_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        recipe(**changes)
    with pytest.raises(RecipeError, match="concordance needs"):
        toys.recipe(training__loss="concordance")


def test_missing_columns_are_named(tmp_path: Path) -> None:
    dataset = features(tmp_path)
    with pytest.raises(DataError, match=r"set data.dimensions.*brightness, loudness"):
        _planned(dataset, recipe(data__dimensions=[]))
    with pytest.raises(DataError, match=r"no column 'tempo'.*brightness, loudness"):
        _planned(dataset, recipe(data__dimensions=["tempo"]))
    odd = dataset.excerpts[3]
    rows = list(dataset.excerpts)
    rows[3] = Excerpt(odd.path, "", odd.group, odd.start, extra={"brightness": "loud"})
    wrong = Dataset(About("toy"), tmp_path, tuple(rows), features=True)
    with pytest.raises(DataError, match="'loud', which is not a number"):
        _planned(wrong, recipe(data__dimensions=["brightness"]))


def test_a_table_without_labels_is_no_data_for_classes(tmp_path: Path) -> None:
    dataset = features(tmp_path)
    with pytest.raises(DataError, match=r"no column 'label'.*regression"):
        _planned(dataset, toys.recipe())


def _planned(dataset: Dataset, made: Recipe) -> None:
    from engine.training.data.prepare import prepare

    prepared = _last(prepare(dataset, made))
    make_plan(dataset, made, prepared)
