"""Lists the runs and sweeps in some folders, without heavy imports."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from engine import bounded
from engine.errors import DataError
from engine.training.runs.run import MOST_BYTES
from engine.training.runs.shelf import about, reason

State = Literal["finished", "interrupted"]

_DEEPEST = 4  # a sweep's trials lie two folders under that of the runs


@dataclass(frozen=True)
class FoundRun:
    """A run, or a sweep of them.

    Attributes:
        folder: its place, which is also what it is known by.
        state: finished ones have results; the others can go on.
        sweep: the sweep's folder if it is one of its trials.
        is_sweep: whether it is a sweep itself.
        title: of the recipe.
        variant: of the recipe; of a sweep how many trials are done.
        data: name of the data set.
        accuracy: of the test part in words, with its interval; of a regression the concordance.
        epochs: trained; of a sweep by all trials.
        seconds: of training.
        joules: of the GPU; None: not measured.
        processor_joules: of the processor; None: not measured.
        date: of the begin.
        name: that a person gave it; empty: none.
        notes: of a person.
        reason: why it failed the last time; empty: it did not.
        own_name: of data and recipe; empty: it is a trial, a sweep or of an older version.
    """

    folder: Path
    title: str
    state: State = "finished"
    sweep: Path | None = None
    is_sweep: bool = False
    variant: str = ""
    data: str = ""
    accuracy: str = ""
    epochs: int = 0
    seconds: float = 0.0
    joules: float | None = None
    date: str = ""
    processor_joules: float | None = None
    name: str = ""
    notes: str = ""
    reason: str = ""
    own_name: str = ""

    @property
    def shown_name(self) -> str:
        """What it is called: by a person, by data and recipe, or by its folder."""
        return self.name or self.own_name or self.folder.name

    @property
    def report(self) -> Path:
        """The page that may lie beside it."""
        return self.folder / ("sweep.html" if self.is_sweep else "report.html")

    @property
    def classifier(self) -> Path | None:
        """What was learned, if anything."""
        path = self.folder / "classifier.safetensors"
        return path if path.is_file() else None


def find_runs(roots: Sequence[Path]) -> Generator[None, None, list[FoundRun]]:
    """All runs and sweeps in some folders, the newest first; what is damaged is not among them."""
    found: dict[Path, FoundRun] = {}
    for root in roots:
        for folder, sweep in _folders(root, None, 0):
            yield
            run = _found(folder, sweep)
            if run is not None:
                found.setdefault(folder, run)
    return sorted(found.values(), key=lambda run: run.date, reverse=True)


def _folders(
    folder: Path, sweep: Path | None, depth: int
) -> Generator[tuple[Path, Path | None], None, None]:
    try:
        inner = sorted(
            path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
    except OSError:
        return
    if _is_sweep(folder):
        sweep = folder
        yield folder, None
    elif (folder / "run.json").is_file() or (folder / "results.json").is_file():
        yield folder, sweep
        return
    if depth < _DEEPEST:
        for path in inner:
            yield from _folders(path, sweep, depth + 1)


def _is_sweep(folder: Path) -> bool:
    return any((folder / name).is_file() for name in ("plan.json", "sweep.json"))


def _found(folder: Path, sweep: Path | None) -> FoundRun | None:
    try:
        found = _sweep(folder) if _is_sweep(folder) else _run(folder, sweep)
        added = about(folder)
        return found and replace(found, name=added.name, notes=added.notes, reason=reason(folder))
    except (
        OSError,
        DataError,
        ArithmeticError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ):
        return None


def _run(folder: Path, sweep: Path | None) -> FoundRun | None:
    finished = (folder / "results.json").is_file()
    if not finished and not (folder / "checkpoint.safetensors").is_file():
        return None  # not an epoch is done
    recipe, facts = read_json(folder / "recipe.json"), read_json(folder / "run.json")
    history = read_json(folder / "history.json")
    last = history[-1] if history else {}
    figures = read_json(folder / "results.json")["figures"] if finished else {}
    return FoundRun(
        folder=folder,
        state="finished" if finished else "interrupted",
        sweep=sweep,
        title=str(recipe["title"]),
        variant=str(recipe.get("variant", "")),
        data=str(facts.get("data", "")),
        accuracy=accuracy_words(figures) or _concordance_words(figures),
        epochs=len(history),
        seconds=float(last.get("seconds") or 0.0),
        joules=last.get("joules"),
        processor_joules=last.get("processor_joules"),
        date=str(facts.get("date", "")),
        own_name="" if sweep else str(facts.get("title", "")),
    )


def _sweep(folder: Path) -> FoundRun | None:
    plan = folder / "plan.json"
    trials: list[dict[str, Any]] = []
    if (folder / "sweep.json").is_file():
        trials = read_json(folder / "sweep.json")
    first = next(iter(sorted(folder.glob("*/recipe.json"))), None)
    facts = next(iter(sorted(folder.glob("*/run.json"))), None)
    known = read_json(facts) if facts else {}
    over = (folder / "sweep.html").is_file() or not plan.is_file()  # older ones have no plan
    planned = read_json(plan) if plan.is_file() else {"recipe": {"title": folder.name}}
    return FoundRun(
        folder=folder,
        state="finished" if over else "interrupted",
        is_sweep=True,
        title=read_json(first)["title"] if first else planned["recipe"]["title"],
        variant=f"{len(trials)} trials",
        data=str(known.get("data", "")),
        accuracy=_span_words(trials),
        epochs=sum(int(trial.get("epochs") or 0) for trial in trials),
        seconds=sum(float(trial.get("seconds") or 0.0) for trial in trials),
        joules=_summed(trials, "joules"),
        processor_joules=_summed(trials, "processor_joules"),
        date=str(known.get("date") or planned.get("date", "")),
    )


def _span_words(trials: list[dict[str, Any]]) -> str:
    """From the worst to the best of the trials."""
    found = [t["test_accuracy"] for t in trials if t.get("test_accuracy") is not None]
    if not found:
        return ""
    of_values = any(trial.get("measure") == "concordance" for trial in trials)
    return f"{'CCC ' if of_values else ''}{min(found):.3f} to {max(found):.3f}"


def _concordance_words(figures: dict[str, Any]) -> str:
    words = accuracy_words(figures, "concordance")
    return f"CCC {words}" if words else ""


def _summed(trials: list[dict[str, Any]], name: str) -> float | None:
    known = [float(trial[name]) for trial in trials if trial.get(name) is not None]
    return sum(known) if known else None


def energy_words(joules: float | None, processor_joules: float | None) -> str:
    """Energy of GPU and processor; empty where neither is measured."""
    known = [("GPU", joules), ("processor", processor_joules)]
    return ", ".join(f"{value:.0f} J {name}" for name, value in known if value is not None)


def accuracy_words(figures: dict[str, Any], name: str = "accuracy") -> str:
    """A figure and its 95 % interval, where there is one."""
    value = figures.get(name)
    if value is None:
        return ""
    low, high = figures.get(f"{name}_low"), figures.get(f"{name}_high")
    interval = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
    return f"{value:.3f}{interval}"


def read_json(path: Path) -> Any:
    """The values of a JSON file.

    Raises:
        DataError: it cannot be read.
    """
    return bounded.read_json(path, most_bytes=MOST_BYTES)
