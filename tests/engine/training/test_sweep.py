"""Sweeps: all of a grid, in processes, gone on with, whatever single trials do."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import RecipeError
from engine.recipe import find_recipe
from engine.training.search import Proposer, Span
from engine.training.sweep import (
    Source,
    Sweep,
    Trial,
    parse_span,
    parse_value,
    read_sweep,
    run_sweep,
)
from engine.training.workers import Workers
from tests import corpora

FIELD = "network.arguments.activation"


def _iowa(folder: Path) -> Source:
    return Source(corpora.iowa(folder / "iowa", training=60, test=30, classes=3))


def _sweep(**more: object) -> Sweep:
    recipe = find_recipe("instrument-mlp").changed({"training.epochs": 2, "data.allow_leak": True})
    spans = {FIELD: Span(choices=("relu", "tanh"))}
    return replace(Sweep(recipe, spans, device="cpu"), **more)  # type: ignore[arg-type]


def _all(sweep: Sweep, source: Source, folder: Path) -> list[Trial]:
    return list(run_sweep(sweep, source, folder))


def test_a_grid_in_two_processes_then_resumed_with_one_that_fails(tmp_path: Path) -> None:
    source, folder = _iowa(tmp_path), tmp_path / "sweep"
    found = _all(_sweep(jobs=2), source, folder)
    assert {t.values[FIELD] for t in found} == {"relu", "tanh"}
    for trial in found:
        assert (trial.epochs, trial.problem, trial.joules) == (2, "", None)
        assert trial.test_accuracy is not None
        assert trial.seconds > 0
    assert sorted(map(str, read_sweep(folder))) == sorted(map(str, found))
    times = [(Path(t.folder) / "results.json").stat().st_mtime_ns for t in found]
    more = _all(_sweep(spans={FIELD: Span(choices=("relu", "x", "tanh"))}), source, folder)
    assert [(Path(t.folder) / "results.json").stat().st_mtime_ns for t in found] == times
    assert len(more) == 3
    failed = [trial for trial in more if trial.problem]
    assert [trial.values[FIELD] for trial in failed] == ["x"]
    assert "no activation 'x'" in failed[0].problem
    assert failed[0].test_accuracy is None
    lines = (folder / "sweep.csv").read_text().splitlines()
    assert lines[0].startswith(f"{FIELD},folder,epochs,seconds,joules")
    assert len(lines) == 4
    assert "not measured" in lines[1]


def test_a_field_that_does_not_fit_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"training\.epochs"):
        _all(_sweep(spans={"training.epochs": Span(choices=(0,))}), Source(tmp_path), tmp_path)
    with pytest.raises(RecipeError, match="Nothing varies"):
        _all(_sweep(spans={}), Source(tmp_path), tmp_path)
    with pytest.raises(RecipeError, match="needs values"):
        _all(_sweep(spans={"training.l2": Span(low=0, high=1)}), Source(tmp_path), tmp_path)


def _kill(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 2:
        raise ValueError("two is no good")
    return number


def test_a_process_that_is_killed_does_not_end_the_others() -> None:
    told: dict[int, int | str] = {}
    workers: Workers[int] = Workers(1)
    with workers:
        for number in range(4):
            workers.start(number, _kill, number)
            while workers.busy:
                told |= dict(workers.ended())
    assert (told[0], told[3]) == (0, 3)
    assert "process ended" in str(told[1])
    assert told[2] == "ValueError: two is no good"


def _sleep(path: str) -> int:
    import time

    Path(path).write_text(str(os.getpid()))
    time.sleep(60)
    return 0


def test_leaving_early_ends_what_runs(tmp_path: Path) -> None:
    workers: Workers[int] = Workers(1)
    with workers:
        workers.start("long", _sleep, str(tmp_path / "pid"))
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert workers.ended() == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


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
