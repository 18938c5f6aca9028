"""One training from data set to judged classifier, as a generator of events."""

import contextlib
import hashlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.classifier.classifier import Classifier
from engine.datasets.table import Dataset
from engine.errors import DataError, EarmarkError
from engine.features import Feature
from engine.networks import Network, Trunk, build_network
from engine.networks.dense import EmbeddingHead
from engine.recipes.recipe import Recipe
from engine.training.augment.augmentation import SoundAugmentation, load_noises
from engine.training.data.plan import Plan, make_plan
from engine.training.data.prepare import Material, feature_of, prepare
from engine.training.events import Event, Finished, Preparing, Started, Warned
from engine.training.finish.agreement import Heard, feature_to_hear_with
from engine.training.finish.background import Background, listen_to_background
from engine.training.finish.classifier import judge, make_classifier, with_figures
from engine.training.loop.devices import choose_device
from engine.training.loop.distributed import Team
from engine.training.loop.learner import Learner, seeded
from engine.training.loop.loop import Loop
from engine.training.loop.optimisers import initialise_as_keras
from engine.training.runs.report import write_report
from engine.training.runs.run import Run

_NOISE_WINDOWS = 4  # a row of noise is longer than a window, so that windows of it differ


@dataclass(frozen=True)
class Place:
    """Where a training happens.

    Attributes:
        folder: of the run.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        resume: go on with a run that was broken off.
        background: folder of recordings that are none of the classes, None: noises only.
        cache: folder for windows, None: the user's.
        trunks: gives the frozen trunks of an embedding head; None: those of the bundled genre
            classifier.
    """

    folder: Path
    device: str = "auto"
    resume: bool = False
    background: Path | None = None
    cache: Path | None = None
    trunks: Callable[[], Sequence[Trunk]] | None = None


def train(recipe: Recipe, dataset: Dataset, place: Place) -> Generator[Event, None, Run]:
    """Train a recipe on a data set.

    Closing the generator ends the training; the best weights so far are kept as a classifier.

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
    team = Team(device)
    run = Run(place.folder)
    dataset = _chosen(dataset, recipe)
    material = yield from _prepared(dataset, recipe, place, device)
    plan = make_plan(dataset, recipe, material)
    yield from _remarks(dataset, material, plan)
    learner, feature = _learner(recipe, material, plan, place, device)
    for share in learner.warm_up(plan.used):
        yield Preparing(share)
    loop = Loop(learner, plan, recipe.training, run, team)
    if place.resume and run.checkpoint_file.is_file():
        _same(run, recipe, dataset)
        loop.resume()
    elif team.leads:
        run.begin(recipe, _facts(dataset, plan, str(device), loop.energy_source))
    work = _Ending(recipe, dataset, material, plan, learner, feature, loop, run, place)
    yield work.started()
    try:
        yield from loop.epochs()
    except (GeneratorExit, KeyboardInterrupt, EarmarkError):
        if team.leads:
            work.keep_best()
        raise
    if team.leads:
        yield from work.finish()
    team.wait()
    team.part()
    return run


def _chosen(dataset: Dataset, recipe: Recipe) -> Dataset:
    if recipe.data.label != "label":
        dataset = dataset.relabelled(recipe.data.label)
    return dataset.only(recipe.data.classes) if recipe.data.classes else dataset


def _prepared(
    dataset: Dataset, recipe: Recipe, place: Place, device: torch.device
) -> Generator[Event, None, Material]:
    steps = prepare(dataset, recipe, cache=place.cache, device=str(device))
    told = -1.0
    while True:
        try:
            share = next(steps)
        except StopIteration as stop:
            found: Material = stop.value
            return found
        if share - told >= 0.005 or share == 1.0:
            told = share
            yield Preparing(share)


def _remarks(dataset: Dataset, material: Material, plan: Plan) -> Generator[Event, None, None]:
    for text in dataset.warnings:
        yield Warned(text)
    if material.skipped:
        path, reason = next(iter(material.skipped.items()))
        yield Warned(f"{len(material.skipped)} files were left out, {path} first: {reason}")
    if plan.leaks:
        yield Warned(f"The test knows the training: {plan.leaks.sentence()}.")


def _learner(
    recipe: Recipe, material: Material, plan: Plan, place: Place, device: torch.device
) -> tuple[Learner, Feature]:
    feature = feature_of(recipe)
    frames = feature.frame_count(recipe.data.window_samples)
    bands = feature.bands
    if not material.is_sound:
        bands, frames = material.values.shape[1:]
    sizes = {"bands": bands, "frames": frames, "classes": len(plan.labels)}
    with seeded([recipe.training.seed], torch.device("cpu")):
        network = build_network(recipe.network.name, recipe.network.arguments | sizes)
        if recipe.training.initialisation == "keras":
            initialise_as_keras(network)
    if isinstance(network, EmbeddingHead):
        network.adopt((place.trunks or _bundled_trunks)())
    changes = None
    if recipe.augmentation.of_sound:
        folder, rate = recipe.augmentation.noise_folder, recipe.data.rate_hz
        row = _NOISE_WINDOWS * recipe.data.window_samples
        noises = load_noises(folder, rate, row) if folder else None
        changes = SoundAugmentation(recipe.augmentation, rate, noises)
    return Learner(network, feature, material, plan, recipe, device, changes), feature


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


def _facts(dataset: Dataset, plan: Plan, device: str, energy: str) -> dict[str, object]:
    return {
        "data": dataset.about.name,
        "data_fingerprint": dataset.fingerprint(),
        "data_licence": dataset.about.licence,
        "folder": str(dataset.root),
        "windows": [len(plan.training), len(plan.validation), plan.test.count],
        "labels": list(plan.labels),
        "leaks": plan.leaks.sentence() if plan.leaks else "",
        "device": device,
        "energy": energy,
    }


def _same(run: Run, recipe: Recipe, dataset: Dataset) -> None:
    if run.results_file.is_file():
        raise DataError(f"{run.folder} holds a finished run: there is nothing to go on with.")
    if run.read(run.facts_file)["data_fingerprint"] != dataset.fingerprint():
        raise DataError(
            f"{run.folder} holds a run on other data, or the data has changed: train into another "
            "folder."
        )
    if run.recipe() != recipe:
        raise DataError(
            f"{run.folder} holds a run of another recipe: go on with that one, or train into "
            "another folder."
        )


@dataclass(frozen=True)
class _Ending:
    """What is done before the first and after the last epoch."""

    recipe: Recipe
    dataset: Dataset
    material: Material
    plan: Plan
    learner: Learner
    feature: Feature
    loop: Loop
    run: Run
    place: Place

    def started(self) -> Started:
        windows = (len(self.plan.training), len(self.plan.validation), self.plan.test.count)
        parameters = parameter_counts(self.learner.network)
        epoch = len(self.loop.progress.history) + 1
        device = str(self.learner.device)
        epochs = self.recipe.training.epochs
        return Started(windows, parameters, device, epoch, epochs, self.plan.labels)

    def keep_best(self) -> None:
        """Save what was best as a classifier, not judged: training was broken off.

        Where that fails too, as on a full disk, the checkpoint still holds it: why training ended
        is what is told.
        """
        if self.loop.progress.best:
            with contextlib.suppress(EarmarkError):
                self._take_best()
                self._make(None)

    def _take_best(self) -> None:
        self.learner.network.load_state_dict(self.loop.progress.best)
        self.learner.network.to(self.learner.device)

    def _make(self, unknown: Background | None) -> tuple[Classifier, Heard]:
        parts = (self.recipe, self.dataset)
        heard = feature_to_hear_with(
            self.feature, self.learner.network, *parts, self.material, self.plan
        )
        with seeded([self.recipe.training.seed], torch.device("cpu")):
            classifier = make_classifier(self.learner, heard.feature, self.plan, *parts, unknown)
        self._save(classifier)
        return classifier, heard

    def _save(self, classifier: Classifier) -> None:
        # It is loaded back, into a network that begins with weights at random.
        with seeded([self.recipe.training.seed], torch.device("cpu")):
            classifier.save(self.run.classifier_file)

    def finish(self) -> Generator[Event, None, None]:
        progress, run = self.loop.progress, self.run
        self._take_best()
        unknown: Background | None = None
        if self.recipe.deployment.gate and not self.dataset.features:
            folder = self.place.background
            unknown = yield from listen_to_background(
                self.learner, self.feature, self.recipe, folder, self.place.cache
            )
        classifier, heard = self._make(unknown)  # and save: judging may be broken off
        yield Warned(heard.words) if heard.files_only else Preparing(1.0)
        judged = judge(self.learner, classifier, self.plan, self.material, unknown)
        limits = list(judged.open_set.reasons) if judged.open_set is not None else []
        limits += [heard.words] if heard.words else []
        self._save(with_figures(classifier, judged, " ".join(limits)))
        write_report(self.recipe, self.dataset, run, progress, judged)
        yield Finished(
            run.folder,
            progress.reason,
            len(progress.history),
            progress.seconds,
            progress.joules,
            judged.figures(),
        )


def run_name(recipe: Recipe, dataset: Dataset) -> str:
    """A name for a run's folder: recipe, variant, data set and what else was changed."""
    digest = hashlib.sha256(recipe.model_dump_json().encode()).hexdigest()[:6]
    data = "".join(c if c.isalnum() else "-" for c in dataset.about.name.lower())[:24].strip("-")
    return f"{recipe.name}-{data}-{recipe.variant}-{digest}"
