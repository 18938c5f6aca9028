"""The background jobs of the Train page: inspect a folder, train, read results."""

import threading
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.locks import FolderLock
from engine.recipes.recipe import Recipe
from engine.training.sweeps.plan import Source, Sweep, read_plan

if TYPE_CHECKING:
    from engine.evaluation import Evaluation
    from engine.recipes.published import Beside
    from engine.training.events import Event
    from engine.training.sweeps.sweep import Trial, Trying

FEATURE_FILES = (".npy", ".npz", ".json", ".csv", ".tsv")  # which hold no sound
_LOOK_SECONDS = 0.05  # how often a pause looks whether it is to end


@dataclass(frozen=True)
class DatasetSummary:
    """What lies in a folder of sounds: kind and name of the data set, excerpts of each class.

    Warnings are also of what is left out.
    """

    kind: str
    name: str
    counts: dict[str, int]
    warnings: tuple[str, ...]


def look_at_folder(folder: Path, kind: str = "auto") -> Generator[None, None, DatasetSummary]:
    """Find out what data set a folder is; ``kind``: as which it is opened."""
    from engine.datasets import DATASETS, open_dataset

    yield
    dataset = open_dataset(folder, kind)
    yield
    root = Path(folder).absolute()
    if kind == "auto":
        known = (name for name, module in DATASETS.items() if module.recognises(root))
        kind = next(known, "folder")
    said = (*dataset.warnings, *dataset.left_out)
    return DatasetSummary(kind, dataset.about.name, dataset.counts(), said)


@dataclass(frozen=True)
class NetworkSummary:
    """A network in words: name, kind, output and numbers of each layer; diagram; totals.

    ``memory`` is about what its training takes, without the windows, ``free`` what there is (0:
    not known), in bytes.
    """

    rows: list[tuple[str, str, str, str]]
    diagram: str
    learned: int
    total: int
    memory: int = 0
    free: int = 0


def summarise_network(recipe: Recipe, classes: int) -> Generator[None, None, NetworkSummary]:
    """Build a recipe's network without memory for its weights and describe it."""
    yield
    from engine.memory import available_bytes
    from engine.networks.summary import summarise
    from engine.training.data.demand import memory_bytes
    from engine.training.data.prepare import feature_of

    yield
    feature = feature_of(recipe)
    frames = feature.frame_count(recipe.data.window_samples)
    sizes = {"bands": feature.bands, "frames": frames, "classes": classes}
    found = summarise(recipe.network.name, recipe.network.arguments | sizes)
    rows = [
        (layer.name, layer.kind, " x ".join(map(str, layer.shape)), f"{layer.parameters:,}")
        for layer in found.layers
    ]
    memory = memory_bytes(recipe, sizes, 0, summary=found)
    free = available_bytes() or 0
    return NetworkSummary(rows, found.diagram(), found.learned, found.total, memory, free)


class Control:
    """Pause, go on and stop, from the window's thread."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()
        self._stop = threading.Event()

    @property
    def paused(self) -> bool:
        return not self._go.is_set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def pause(self, on: bool) -> None:
        """Hold, or go on."""
        self._go.clear() if on else self._go.set()

    def stop(self) -> None:
        """End after this step; the best so far is kept."""
        self._stop.set()
        self._go.set()

    def held(self) -> Generator[None, None, None]:
        """Yields nothing, again and again, as long as it is paused."""
        while not self._go.wait(_LOOK_SECONDS):
            yield


@dataclass(frozen=True)
class Order:
    """A training to run; with ``resume`` an interrupted one, from its folder.

    ``device`` and ``threads`` are as of :class:`engine.training.train.Place`.
    """

    title: str
    recipe: Recipe | None
    data: Path
    resume: Path | None = None
    kind: str = "auto"
    device: str = "auto"
    threads: int = 0


@dataclass(frozen=True)
class SweepOrder:
    """A sweep to run; with ``resume`` an interrupted one, from its folder."""

    title: str
    sweep: Sweep
    data: Source
    resume: Path | None = None


@dataclass(frozen=True)
class Placed:
    """The run's folder is known, and what it is called; empty: as it was ordered."""

    folder: Path
    title: str = ""


@dataclass(frozen=True)
class Outcome:
    """A training that ended; ``stopped``: by hand, and not judged."""

    folder: Path
    stopped: bool
    is_sweep: bool = False

    @property
    def classifier(self) -> Path | None:
        """What was learned, if anything."""
        path = self.folder / "classifier.safetensors"
        return path if path.is_file() else None


def training(
    order: Order, runs: Path, control: Control, *, separate_process: bool
) -> "Generator[Event | Placed | None, None, Outcome]":
    """Train, ``separate_process`` in a process of its own; nothing is told while it is held."""
    yield None
    from engine.datasets import open_dataset
    from engine.recipes.naming import title_of
    from engine.training.process import train_in_process
    from engine.training.runs.naming import given_title, titles_beside, unique
    from engine.training.runs.run import Run
    from engine.training.train import Place, run_name, train

    recipe, data, folder, kind = order.recipe, order.data, order.resume, order.kind
    if folder is not None:
        run = Run(folder)
        recipe, facts = run.recipe(), run.facts()
        data, kind = Path(str(facts.get("folder", ""))), str(facts.get("kind", "auto"))
    dataset = open_dataset(data, kind)
    assert recipe is not None
    folder = folder or unused(runs / run_name(recipe, dataset))
    own = unique(title_of(recipe, dataset.about.name), titles_beside(folder))
    yield Placed(folder, given_title(folder) or own)
    place = Place(
        folder,
        device=order.device,
        resume=order.resume is not None,
        threads=order.threads,
        kind=kind,
    )
    steps = (
        train_in_process(recipe, data, place) if separate_process else train(recipe, dataset, place)
    )
    return (yield from _driven(steps, folder, control))


def _driven(
    steps: "Generator[Event | None, None, Any]", folder: Path, control: Control
) -> "Generator[Event | Placed | None, None, Outcome]":
    try:
        while not control.stopping:
            try:
                yield next(steps)
            except StopIteration:
                return Outcome(folder, stopped=False)
            yield from control.held()
    finally:
        steps.close()  # which keeps the best so far
    return Outcome(folder, stopped=True)


def broken_off(folder: Path) -> SweepOrder:
    """Resume the sweep of a folder.

    Raises:
        DataError: there is none, or it is damaged.
    """
    sweep, source = read_plan(folder)
    return SweepOrder(folder.name, sweep, source, folder)


def sweeping(
    order: SweepOrder, runs: Path, control: Control
) -> "Generator[Trial | Trying | Placed | None, None, Outcome]":
    """Run a sweep's trials; its page is written when all are done."""
    yield None
    from engine.training.sweeps.report import write_sweep_report
    from engine.training.sweeps.sweep import read_sweep, run_sweep

    fields = "-".join(path.rpartition(".")[2].replace("_", "-") for path in order.sweep.spans)
    name = f"sweep-{order.sweep.recipe.name}-{fields}"
    folder = order.resume or unused(runs / name)
    yield Placed(folder)
    steps: Generator[Any, None, Any] = run_sweep(order.sweep, order.data, folder)
    try:
        while not control.stopping:
            try:
                yield next(steps)
            except StopIteration:
                write_sweep_report(order.sweep.recipe, read_sweep(folder), folder)
                return Outcome(folder, stopped=False, is_sweep=True)
    finally:
        steps.close()  # which ends the trials that run
    return Outcome(folder, stopped=True, is_sweep=True)


def unused(folder: Path) -> Path:
    """The folder, or the same with a number if it is there already."""
    found, number = folder, 2
    while found.exists():
        found, number = folder.with_name(f"{folder.name}-{number}"), number + 1
    return found


def unfinished(runs: Path) -> list[Path]:
    """Interrupted runs and sweeps that can be resumed, the latest first; none that still trains."""
    if not runs.is_dir():
        return []
    ends = {"checkpoint.safetensors": "results.json", "plan.json": "sweep.html"}
    found = [
        mark
        for name, end in ends.items()
        for mark in runs.glob(f"*/{name}")
        if not mark.with_name(end).exists() and FolderLock(mark.parent).free()
    ]
    return [mark.parent for mark in sorted(found, key=lambda m: m.stat().st_mtime, reverse=True)]


@dataclass(frozen=True)
class Judgement:
    """What the test part said; ``evaluation`` is None for tags, and where nothing judges.

    ``window_seconds`` is the length of what was judged at once, ``features_only`` why the
    classifier is not offered for listening (empty: it is).
    """

    folder: Path
    root: Path
    title: str
    reason: str
    facts: dict[str, str]
    warnings: list[str]
    figures: dict[str, float]
    published: "list[Beside]"
    evaluation: "Evaluation | None"
    window_seconds: float = 0.0
    features_only: str = ""


_OF_RESULTS = {"evaluation", "title", "reason", "facts", "warnings", "figures", "published"}


def read_judgement(folder: Path) -> Generator[None, None, Judgement]:
    """Read the results of a finished run."""
    yield
    from engine.errors import DataError
    from engine.evaluation import Evaluation
    from engine.training.runs.run import Run

    run = Run(folder)
    found, facts = run.read(run.results_file), run.facts()
    if not isinstance(found, dict) or not set(found) >= _OF_RESULTS:
        raise DataError(f"{run.results_file} is damaged and cannot be read.")
    evaluation = None
    if found["evaluation"] is not None:
        try:
            evaluation = Evaluation.from_json(found["evaluation"])
        except DataError:  # of tags
            evaluation = None
    data = run.recipe().data
    return Judgement(
        folder,
        Path(str(facts.get("folder", ""))),
        found["title"],
        found["reason"],
        found["facts"],
        found["warnings"],
        found["figures"],
        run.published(),
        evaluation,
        data.window_samples / data.rate_hz,
        _features_only(folder),
    )


def _features_only(folder: Path) -> str:
    """Why what was learned is not offered for listening; empty: it is."""
    from engine.classifier.file import read_header
    from engine.errors import EarmarkError

    try:
        card = read_header(folder / "classifier.safetensors").card
    except EarmarkError:
        return ""
    return card.refusal("listen") if card.features_only else ""
