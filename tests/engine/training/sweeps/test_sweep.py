"""Sweeps: all of a grid, in processes, gone on with, whatever single trials do."""

import math
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.plots import ticks
from engine.datasets import open_dataset
from engine.errors import DataError, RecipeError
from engine.evaluation.report import plots
from engine.recipes.recipe import Recipe, find_recipe
from engine.training.events import EpochDone, Started
from engine.training.runs.run import Run
from engine.training.sweeps.plan import PRESETS, Source, Sweep, check_sweep, read_plan, write_plan
from engine.training.sweeps.report import charts_of, drawn, in_order, trial_names
from engine.training.sweeps.search import Proposer, Span, parse_span, parse_value
from engine.training.sweeps.sweep import (
    Trial,
    Trying,
    read_sweep,
    run_sweep,
)
from engine.training.train import Place
from tests import corpora
from tests.engine.training import toys

FIELD = "network.arguments.activation"


def _iowa(folder: Path) -> Source:
    return Source(corpora.iowa(folder / "iowa", training=60, test=30, classes=3))


def _sweep(**more: object) -> Sweep:
    recipe = find_recipe("instrument-mlp").changed({"training.epochs": 2, "data.allow_leak": True})
    spans = {FIELD: Span(choices=("relu", "tanh"))}
    return replace(Sweep(recipe, spans, device="cpu"), **more)  # type: ignore[arg-type]


def _all(sweep: Sweep, source: Source, folder: Path) -> list[Trial]:
    return [step for step in run_sweep(sweep, source, folder) if isinstance(step, Trial)]


def test_a_grid_in_two_processes_with_one_that_fails_then_again(tmp_path: Path) -> None:
    source, folder = _iowa(tmp_path), tmp_path / "sweep"
    spans = {FIELD: Span(choices=("relu", "x", "tanh"))}
    found = {t.values[FIELD]: t for t in _all(_sweep(jobs=2, spans=spans), source, folder)}
    assert set(found) == {"relu", "tanh", "x"}
    failed = found.pop("x")
    assert "no activation 'x'" in failed.problem
    assert failed.test_accuracy is None
    for trial in found.values():
        assert (trial.epochs, trial.problem, trial.joules) == (2, "", None)
        assert trial.test_accuracy is not None
        assert trial.validation_accuracy is not None
        assert trial.seconds > 0
    assert sorted(map(str, read_sweep(folder))) == sorted(map(str, [*found.values(), failed]))
    lines = (folder / "sweep.csv").read_text().splitlines()
    assert lines[0].startswith(f"{FIELD},folder,epochs,seconds,joules")
    assert len(lines) == 4
    assert sum("not measured" in line for line in lines) == 3
    times = [(Path(t.folder) / "results.json").stat().st_mtime_ns for t in found.values()]
    (folder / "sweep.html").write_text("of before")
    again = _all(_sweep(), source, folder)
    assert [(Path(t.folder) / "results.json").stat().st_mtime_ns for t in found.values()] == times
    assert sorted(map(str, again)) == sorted(map(str, found.values()))
    assert not (folder / "sweep.html").exists()  # written anew when all is done


def _trained(recipe: Recipe, folder: Path, reason: str = "all epochs finished") -> Path:
    """A finished run, as its folder tells it, without training one."""
    run = Run(folder)
    run.begin(recipe, {})
    accuracies = [0.25, 0.75, math.nan, 0.5]
    epochs = [EpochDone(n, 1, 0, 1, a, 0, n / 2, None, False) for n, a in enumerate(accuracies, 1)]
    run.keep_history(epochs)
    run.write(run.results_file, {"reason": reason, "figures": {"accuracy": 0.625}})
    return folder


def test_finished_trials_are_read_and_told_to_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep, folder = _sweep(), tmp_path / "sweep"
    reached = "0.98 on validation 3 epochs in a row"
    one = _trained(sweep.recipe.changed({FIELD: "relu"}), folder / "activation=relu", reached)
    other = _trained(sweep.recipe.changed({FIELD: "tanh"}), folder / "activation=tanh")
    told: list[tuple[object, float | None]] = []
    monkeypatch.setattr(Proposer, "tell", lambda _, *what: told.append(what))
    assert _all(sweep, Source(tmp_path), folder) == [
        Trial({FIELD: "relu"}, str(one), 4, 2.0, None, 0.625, 0.75, True),
        Trial({FIELD: "tanh"}, str(other), 4, 2.0, None, 0.625, 0.75, False),
    ]
    assert told == [({FIELD: "relu"}, 0.75), ({FIELD: "tanh"}, 0.75)]


def test_what_another_recipe_gave_is_not_taken(tmp_path: Path) -> None:
    sweep, folder = _sweep(), tmp_path / "sweep"
    other = sweep.recipe.changed({FIELD: "relu", "training.epochs": 3})
    _trained(other, folder / "activation=relu")
    steps = run_sweep(sweep, Source(tmp_path), folder)
    assert next(steps) == Trying({FIELD: "relu"}, str(folder / "activation=relu"))
    assert not isinstance(next(steps), Trial)  # it is being trained
    steps.close()


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    spans = {
        FIELD: Span(choices=("relu", "tanh", "relu")),
        "training.learning_rate": Span(low=1e-4, high=1e-1, log=True),
        "training.batch_size": Span(low=8, high=64, whole=True),
    }
    sweep = _sweep(spans=spans, search="bayes", trials=7, jobs=3, device="cuda:1")
    write_plan(sweep, Source(tmp_path / "data", "iowa"), tmp_path)
    assert read_plan(tmp_path) == (sweep, Source(tmp_path / "data", "iowa"))
    assert sweep.count == 7
    assert _sweep(spans={FIELD: spans[FIELD], "training.epochs": Span(choices=(1, 2))}).count == 4
    for damage in ("[]", "{}", '{"recipe": 5, "spans": []}'):
        (tmp_path / "plan.json").write_text(damage)
        with pytest.raises(DataError, match="is damaged"):
            read_plan(tmp_path)


def test_long_values_have_folders_of_their_own(tmp_path: Path) -> None:
    layers = ([8] * 60, [8] * 60 + [4])
    sweep = _sweep(spans={"network.arguments.hidden": Span(choices=layers)})
    places = []
    for hidden in layers:
        steps = run_sweep(
            _sweep(spans={"network.arguments.hidden": Span(choices=(hidden,))}),
            Source(tmp_path),
            tmp_path / "sweep",
        )
        begun = next(steps)
        steps.close()
        assert isinstance(begun, Trying)
        places.append(Path(begun.folder).name)
    assert sweep.count == 2
    assert len(set(places)) == 2
    assert all(len(name) < 140 and "[" not in name for name in places)


def _until_an_epoch(sweep: Sweep, source: Source, folder: Path) -> tuple[Started, list[float]]:
    """Run until an epoch is done, then close; what began, and seconds between the steps."""
    began, gaps, last = None, [], None
    with closing(run_sweep(sweep, source, folder)) as steps:
        for step in steps:
            now = time.monotonic()
            gaps.append(now - last if last is not None else 0.0)
            if isinstance(step, Trying):
                assert step.values == {FIELD: "relu"}
                began = step.event if isinstance(step.event, Started) else began
                if isinstance(step.event, EpochDone):
                    assert step.event.confusion is None
                    break
            last = time.monotonic()
        begun = time.monotonic()
    gaps.append(time.monotonic() - begun)
    assert began is not None
    return began, gaps


def test_it_goes_on_tells_all_the_time_and_ends_at_once(tmp_path: Path) -> None:
    source, folder = _iowa(tmp_path), tmp_path / "sweep"
    recipe = _sweep().recipe.changed({"training.epochs": 100_000})
    sweep = _sweep(recipe=recipe, spans={FIELD: Span(choices=("relu",))})
    place = Place(folder / "activation=relu", device="cpu")
    toys.broken_off(recipe.changed({FIELD: "relu"}), open_dataset(source.root), place, epoch=2)
    began, gaps = _until_an_epoch(sweep, source, folder)
    assert began.epoch == 3
    assert len(Run(place.folder).history()) > 2
    assert sorted(gaps)[-2] < 3.0  # 0.1 on a machine with nothing else to do
    assert gaps[-1] < 30.0  # the training would take for ever
    assert read_plan(folder) == (sweep, source)


def test_the_courses_sweeps_fit_their_recipe() -> None:
    for preset in PRESETS:
        sweep = preset.sweep()
        check_sweep(sweep)
        assert sweep.recipe.training.keep == "last"  # the final model is tested
        assert len(sweep.planned()) == sweep.count
    assert [preset.sweep().count for preset in PRESETS] == [3, 4, 4, 8, 10, 4]
    # Of the Iowa files nothing tells which frames are of one note: none of theirs may be refused.
    iowa = [p for p in PRESETS if p.recipe == "instrument-mlp"]
    assert [preset.sweep().recipe.data.allow_leak for preset in iowa] == [True] * 4
    epochs = [preset.sweep().recipe.training.epochs for preset in PRESETS]
    assert epochs == [10, 20, 500, 500, 50, 30]
    for preset in PRESETS[2:4]:
        for variant in (
            find_recipe("instrument-mlp"),
            find_recipe("instrument-mlp").as_published(),
        ):
            recipe = preset.sweep(variant).recipe
            stop, rule = recipe.training.stop, recipe.data.split
            assert (stop.target_accuracy, stop.target_epochs) == (0.98, 3)
            # A fifth of the training windows watches; the test part never stops a training.
            assert (rule.validation, rule.test_is_validation) == (0.2, False)


def test_one_factor_at_a_time_begins_with_the_base() -> None:
    grid = PRESETS[4].sweep().planned()
    base = grid[0]
    assert base["training.optimiser"] == "adam"
    assert [sum(v != base[p] for p, v in values.items()) for values in grid] == [0] + [1] * 9
    assert [v["training.batch_size"] for v in grid[1:3]] == [50, 20]
    assert [v["training.optimiser"] for v in grid[7:9]] == ["sgd", "adadelta"]
    assert grid[9]["network.arguments.units"] == [500, 500, 30]
    proposer = Proposer(PRESETS[4].spans, "one-factor", 0, 1)
    assert [proposer.next() for _ in range(11)] == [*grid, None]


def _ended(values: dict[str, object], **known: object) -> Trial:
    return Trial(values, "x", **{"epochs": 10, "seconds": 5.0, **known})  # type: ignore[arg-type]


def test_trials_of_one_factor_are_named_by_what_differs() -> None:
    planned = PRESETS[4].sweep().planned()
    names = trial_names(in_order([_ended(values) for values in reversed(planned)]))
    assert names[0] == "as it was"
    assert "learning rate 0.001" in names
    assert "units [500, 500, 30]" in names
    grid = [_ended({"a.b_c": n}) for n in (1, 2)]
    assert trial_names(grid) == ["b c 1", "b c 2"]


def test_charts_mark_what_did_not_reach_the_target_and_count_by_epoch() -> None:
    done = [
        _ended({"training.batch_size": 64}, test_accuracy=0.98, reached=True, joules=30.0),
        _ended({"training.batch_size": 128}, test_accuracy=1.0, processor_joules=7.0),
    ]
    charts = {chart.title: chart for chart in charts_of(done, target=True)}
    assert charts["Epochs"].words == {"batch size 128": "10, target not reached"}
    assert charts_of(done, target=False)[3].words == {}
    assert charts["Energy per epoch (GPU)"].values == {"batch size 64": 3.0, "batch size 128": None}
    assert charts["Time per epoch"].values["batch size 64"] == 0.5
    assert charts["Processor energy (RAPL)"].values["batch size 128"] == 7.0
    assert charts["Test accuracy"].fits
    svg = str(drawn(charts["Test accuracy"]))
    assert "bars begin at 96 %" in svg
    assert "target not reached" in str(drawn(charts["Epochs"]))


@pytest.mark.parametrize(
    ("values", "low"),
    [([98.0, 100.0], 96.0), ([30.0, 80.0], 0.0), ([100.0, 100.0], 0.0), ([99.2, 99.9], 98.0)],
)
def test_axes_fit(values: list[float], low: float) -> None:
    for fitting in (plots.fitting_low, ticks.fitting_low):
        found = fitting(values, 100.0)
        assert found == pytest.approx(low, abs=0.5)
        if found:  # what differs takes a third of the axis at least
            assert (max(values) - min(values)) / (100.0 - found) > 0.3 or max(values) < 100


def test_values_that_fit_alone_but_not_together_fail_their_trial_only(tmp_path: Path) -> None:
    spans = {
        "data.allow_leak": Span(choices=(False,)),
        "data.split.test_is_validation": Span(choices=(True,)),
    }
    found = _all(_sweep(spans=spans), _iowa(tmp_path), tmp_path / "sweep")
    assert ["needs data.allow_leak" in trial.problem for trial in found] == [True]


def test_a_field_that_does_not_fit_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"training\.epochs"):
        _all(_sweep(spans={"training.epochs": Span(choices=(0,))}), Source(tmp_path), tmp_path)
    with pytest.raises(RecipeError, match="No field is varied"):
        _all(_sweep(spans={}), Source(tmp_path), tmp_path)
    with pytest.raises(RecipeError, match="needs values"):
        _all(_sweep(spans={"training.l2": Span(low=0, high=1)}), Source(tmp_path), tmp_path)


@pytest.mark.parametrize("search", ["random", "bayes"])
def test_optuna_proposes_within_the_spans_and_nothing_twice(search: str) -> None:
    pytest.importorskip("optuna")
    spans = {
        "a": Span(low=1e-4, high=1e-1, log=True),
        "b": Span(low=8, high=64, whole=True),
        "c": Span(choices=([8], [8, 8])),
    }
    found: list[list[dict[str, object]]] = []
    for _ in range(2):
        proposer = Proposer(spans, search, 12, 3)  # type: ignore[arg-type]
        found.append([])
        while (values := proposer.next()) is not None:
            found[-1].append(values)
            proposer.tell(values, 1.0 - abs(float(values["a"]) - 0.01))
    assert found[0] == found[1]
    assert len(found[0]) == 12
    for values in found[0]:
        assert 1e-4 <= values["a"] <= 1e-1
        assert values["b"] in range(8, 65)
        assert values["c"] in ([8], [8, 8])
    few = Proposer({"c": Span(choices=(1, 2))}, search, 12, 3)  # type: ignore[arg-type]
    given = []
    while (values := few.next()) is not None:
        given.append(values["c"])
        few.tell(values, None)
    assert sorted(given) == [1, 2]


def test_spans_as_text() -> None:
    path, span = parse_span("training.learning_rate=0.1,0.01")
    assert (path, span) == ("training.learning_rate", Span(choices=(0.1, 0.01)))
    assert parse_span("a=sgd,adam")[1].choices == ("sgd", "adam")
    assert parse_span("a=[8],[8, 4]")[1].choices == ([8], [8, 4])
    assert parse_span("a=true,5,x")[1].choices == (True, 5, "x")
    assert parse_span("a=0.0..1.0")[1] == Span(low=0.0, high=1.0)
    assert parse_span("a=8..64")[1] == Span(low=8, high=64, whole=True)
    assert parse_span("a=log:1e-5..1e-1")[1] == Span(low=1e-5, high=0.1, log=True)
    for wrong in ("a", "a=", "=1", "a=x..y", "a=5..1", "a=log:0..1"):
        with pytest.raises(RecipeError):
            parse_span(wrong)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("1e-3", 1e-3), ("true", True), ("adam", "adam"), ('"5"', "5"), ("[1, 2]", [1, 2])],
)
def test_values_as_text(text: str, value: object) -> None:
    assert parse_value(text) == value
    assert type(parse_value(text)) is type(value)
