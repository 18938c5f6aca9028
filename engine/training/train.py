"""One training, from data set to evaluated classifier, as a generator of events."""

import contextlib
import hashlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from engine.datasets.table import Dataset
from engine.errors import DataError, EarmarkError
from engine.features import Feature
from engine.networks import Network, Trunk, build_network
from engine.networks.dense import EmbeddingHead
from engine.recipes.applies import refuse, trains_as
from engine.recipes.naming import title_of
from engine.recipes.recipe import Recipe
from engine.training.augment.augmentation import SoundAugmentation, load_noises
from engine.training.data.demand import memory_bytes, refuse_too_much
from engine.training.data.fits import refuse_unfit
from engine.training.data.plan import Plan, make_plan
from engine.training.data.prepare import PreparedData, feature_of, prepare
from engine.training.events import Event, Preparing, Started, Warned
from engine.training.finish.ending import Ending
from engine.training.loop.devices import choose_device, out_of_memory
from engine.training.loop.distributed import ProcessGroup
from engine.training.loop.learner import Learner, seeded
from engine.training.loop.loop import Loop
from engine.training.loop.optimisers import initialise
from engine.training.runs.naming import titles_beside, unique
from engine.training.runs.run import Run
from engine.training.runs.shelf import forget_reason, keep_reason

_NOISE_WINDOWS = 4  # a row of noise is longer than a window, so that windows of it differ


@dataclass(frozen=True)
class Place:
    """Where a training happens.

    Attributes:
        folder: of the run.
        device: ``auto``, ``cpu``, ``gpu``, ``cuda``, ``cuda:1`` or ``mps``.
        threads: of the processor, for a training in a process of its own; 0: all but one.
        resume: go on with a run that was broken off.
        background: folder of recordings that are none of the classes, None: noises only.
        cache: folder for windows, None: the user's.
        kind: of data set as which it was opened, for whoever resumes.
        trunks: gives the frozen trunks of an embedding head; None: those of the bundled genre
            classifier.
    """

    folder: Path
    device: str = "auto"
    resume: bool = False
    background: Path | None = None
    cache: Path | None = None
    kind: str = "auto"
    trunks: Callable[[], Sequence[Trunk]] | None = None
    threads: int = 0


def train(recipe: Recipe, dataset: Dataset, place: Place) -> Generator[Event, None, Run]:
    """Train a recipe on a data set.

    Closing the generator ends the training; the best weights so far are kept as a classifier.
    Where the memory of a GPU is full, the training goes on on the processor, from the last whole
    epoch, and says so.

    Args:
        recipe: what to learn and how.
        dataset: from what.
        place: where.

    Yields:
        See :mod:`engine.training.events`.

    Returns:
        The run: its folder holds the recipe, the history, the classifier and the report.

    Raises:
        EarmarkError: the data, the recipe or the disk does not allow it.
    """
    device = choose_device(place.device)
    processes = ProcessGroup(device)
    run = Run(place.folder)
    with run.alone() if processes.leads else contextlib.nullcontext():
        forget_reason(run.folder)
        try:
            yield from _wherever_it_fits(recipe, dataset, place, run, (device, processes))
        except EarmarkError as error:
            if processes.leads and run.checkpoint_file.is_file():
                keep_reason(run.folder, str(error))
            raise
    processes.wait()
    processes.part()
    return run


def _wherever_it_fits(
    recipe: Recipe,
    dataset: Dataset,
    place: Place,
    run: Run,
    on: tuple[torch.device, ProcessGroup],
) -> Generator[Event, None, None]:
    """Train on a GPU; go on on the processor if its memory is full."""
    if not (yield from _training_if_fits(recipe, dataset, place, run, on)):
        return
    yield Warned(
        "The GPU's memory is full: another program may use it, or the recipe is too large for it. "
        "Training continues on the processor (CPU), which is slower."
    )
    resumed = replace(place, resume=run.checkpoint_file.is_file())
    cpu = torch.device("cpu")
    yield from _training(recipe, dataset, resumed, run, (cpu, ProcessGroup(cpu)))


def _training_if_fits(
    recipe: Recipe,
    dataset: Dataset,
    place: Place,
    run: Run,
    on: tuple[torch.device, ProcessGroup],
) -> Generator[Event, None, bool]:
    """Train; gives whether it broke off because a GPU's memory is full."""
    device, processes = on
    try:
        yield from _training(recipe, dataset, place, run, on)
    except RuntimeError as error:
        # Of several processes the others would wait for this one for ever.
        if device.type == "cpu" or processes.size > 1 or not out_of_memory(error):
            raise
        return True
    return False


def _training(
    recipe: Recipe,
    dataset: Dataset,
    place: Place,
    run: Run,
    on: tuple[torch.device, ProcessGroup],
) -> Generator[Event, None, None]:
    device, processes = on
    refuse(recipe, features=dataset.features)
    dataset = _chosen(dataset, recipe)
    prepared = yield from _prepared(dataset, recipe, place, device)
    refuse_unfit(recipe, dataset, prepared)
    plan = make_plan(dataset, recipe, prepared)
    yield from _remarks(dataset, prepared, plan, recipe.data.positive)
    needed = _memory(recipe, prepared, len(plan.labels))
    if device.type == "cpu":
        refuse_too_much(recipe, needed)
    learner, feature = _learner(recipe, prepared, plan, place, device)
    for share in learner.warm_up(plan.used):
        yield Preparing(share)
    loop = Loop(learner, plan, recipe.training, run, processes)
    if place.resume and run.checkpoint_file.is_file():
        _same(run, recipe, dataset)
        loop.resume()
    elif processes.leads:
        run.begin(recipe, _facts(recipe, dataset, plan, place, (str(device), loop.energy_source)))
    ending = Ending(recipe, dataset, prepared, plan, learner, feature, loop.progress, run)
    yield replace(_started(learner, plan, recipe, loop), memory_bytes=needed)
    try:
        yield from loop.epochs()
    except (GeneratorExit, KeyboardInterrupt, EarmarkError):
        if processes.leads:
            ending.keep_best()
        raise
    if processes.leads:
        yield from ending.finish(place.background, place.cache)


def _chosen(dataset: Dataset, recipe: Recipe) -> Dataset:
    if recipe.data.label != "label":
        dataset = dataset.relabelled(recipe.data.label)
    return dataset.only(recipe.data.classes) if recipe.data.classes else dataset


def _prepared(
    dataset: Dataset, recipe: Recipe, place: Place, device: torch.device
) -> Generator[Event, None, PreparedData]:
    steps = prepare(dataset, recipe, cache=place.cache, device=str(device))
    told = -1.0
    while True:
        try:
            share = next(steps)
        except StopIteration as stop:
            found: PreparedData = stop.value
            return found
        if share - told >= 0.005 or share == 1.0:
            told = share
            yield Preparing(share)


def _remarks(
    dataset: Dataset, prepared: PreparedData, plan: Plan, positive: str
) -> Generator[Event, None, None]:
    for text in dataset.warnings:
        yield Warned(text)
    if prepared.skipped:
        path, reason = next(iter(prepared.skipped.items()))
        yield Warned(f"{len(prepared.skipped)} files were left out, {path} first: {reason}")
    if positive and positive not in plan.labels:
        yield Warned(
            f"There is no class '{positive}', so no positive class is told apart. "
            "Name one of the classes in data.positive."
        )
    if plan.leaks:
        yield Warned(f"Test and training data overlap: {plan.leaks.sentence()}.")


def _shape(recipe: Recipe, prepared: PreparedData, feature: Feature) -> tuple[int, int]:
    """Bands and frames that the network takes."""
    if prepared.is_sound:
        return feature.bands, feature.frame_count(recipe.data.window_samples)
    bands, frames = prepared.values.shape[1:]
    return bands, frames


def _memory(recipe: Recipe, prepared: PreparedData, classes: int) -> int:
    bands, frames = _shape(recipe, prepared, feature_of(recipe))
    sizes = {"bands": bands, "frames": frames, "classes": classes}
    return memory_bytes(recipe, sizes, prepared.values.nbytes)


def _learner(
    recipe: Recipe, prepared: PreparedData, plan: Plan, place: Place, device: torch.device
) -> tuple[Learner, Feature]:
    feature = feature_of(recipe)
    bands, frames = _shape(recipe, prepared, feature)
    sizes = {"bands": bands, "frames": frames, "classes": len(plan.labels)}
    with seeded([recipe.training.seed], torch.device("cpu")):
        network = build_network(recipe.network.name, recipe.network.arguments | sizes)
        initialise(network, recipe.training.initialisation)
    if isinstance(network, EmbeddingHead):
        network.adopt((place.trunks or _bundled_trunks)())
    changes = None
    if recipe.augmentation.of_sound:
        folder, rate = recipe.augmentation.noise_folder, recipe.data.rate_hz
        row = _NOISE_WINDOWS * recipe.data.window_samples
        noises = load_noises(folder, rate, row) if folder else None
        changes = SoundAugmentation(recipe.augmentation, rate, noises)
    return Learner(network, feature, prepared, plan, recipe, device, changes), feature


def _bundled_trunks() -> Sequence[Trunk]:
    from engine.classifier.catalog import Catalog

    return Catalog().load("genre").network.trunks


def parameter_counts(network: Network) -> tuple[int, int]:
    """Numbers that are learned, and numbers in all: with running statistics and frozen weights."""
    learned = sum(p.numel() for p in network.parameters() if p.requires_grad)
    frozen = sum(p.numel() for n, p in network.named_parameters() if _counts(n, p))
    statistics = sum(b.numel() for name, b in network.named_buffers() if "running" in name)
    return learned, learned + frozen + statistics


def _counts(name: str, parameter: torch.Tensor) -> bool:
    """Frozen weights count, a second bias that stays 0 does not exist for whoever has one."""
    return not parameter.requires_grad and "bias_hh" not in name


def _facts(
    recipe: Recipe, dataset: Dataset, plan: Plan, place: Place, on: tuple[str, str]
) -> dict[str, object]:
    return {
        "title": unique(title_of(recipe, dataset.about.name), titles_beside(place.folder)),
        "data": dataset.about.name,
        "data_fingerprint": dataset.fingerprint(recipe.data.dimensions),
        "data_licence": dataset.about.licence,
        "folder": str(dataset.root),
        "kind": place.kind,
        "windows": [len(plan.training), len(plan.validation), plan.test.count],
        "labels": list(plan.labels),
        "leaks": plan.leaks.sentence() if plan.leaks else "",
        "device": on[0],
        "energy": on[1],
    }


def _started(learner: Learner, plan: Plan, recipe: Recipe, loop: Loop) -> Started:
    windows = (len(plan.training), len(plan.validation), plan.test.count)
    parameters = parameter_counts(learner.network)
    epoch = len(loop.progress.history) + 1
    epochs = recipe.training.epochs
    measure = "concordance" if recipe.is_regression else "accuracy"
    return Started(windows, parameters, str(learner.device), epoch, epochs, plan.labels, measure)


def _same(run: Run, recipe: Recipe, dataset: Dataset) -> None:
    if run.results_file.is_file():
        raise DataError(f"{run.folder} contains a finished run, so there is nothing to resume.")
    if run.facts().get("data_fingerprint") != dataset.fingerprint(recipe.data.dimensions):
        raise DataError(
            f"{run.folder} contains a run on other data, or the data has changed. Train into "
            "another folder."
        )
    if not trains_as(run.recipe(), recipe):
        raise DataError(
            f"{run.folder} contains a run of another recipe. Resume that one, or train into "
            "another folder."
        )


def run_name(recipe: Recipe, dataset: Dataset) -> str:
    """A name for a run's folder: recipe, variant, data set and what else was changed."""
    digest = hashlib.sha256(recipe.model_dump_json().encode()).hexdigest()[:6]
    data = "".join(c if c.isalnum() else "-" for c in dataset.about.name.lower())[:24].strip("-")
    return f"{recipe.name}-{data}-{recipe.variant}-{digest}"
