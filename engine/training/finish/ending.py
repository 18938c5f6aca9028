"""The end of a training: the best weights become a classifier, which is evaluated once."""

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.classifier.classifier import Classifier
from engine.datasets.table import Dataset
from engine.errors import EarmarkError
from engine.features import Feature
from engine.recipes.recipe import Recipe
from engine.training.data.plan import Plan
from engine.training.data.prepare import PreparedData
from engine.training.events import Event, Finished, Preparing, Warned
from engine.training.finish.agreement import ServingFeature, serving_feature
from engine.training.finish.background import Background, listen_to_background
from engine.training.finish.classifier import judge, make_classifier, with_figures
from engine.training.finish.reached import of_positive, what_was_reached
from engine.training.finish.report import write_report
from engine.training.loop.learner import Learner, seeded
from engine.training.loop.loop import Progress
from engine.training.runs.naming import given_title
from engine.training.runs.run import Run
from engine.training.runs.shelf import about


@dataclass(frozen=True)
class Ending:
    """The end of one training, after its last epoch or an interruption.

    Attributes:
        recipe: what was learned and how.
        dataset: from what.
        prepared: its windows.
        plan: their parts.
        learner: holds the network.
        feature: what it takes.
        progress: what the loop knows; the best weights among it.
        run: where all goes.
    """

    recipe: Recipe
    dataset: Dataset
    prepared: PreparedData
    plan: Plan
    learner: Learner
    feature: Feature
    progress: Progress
    run: Run

    def keep_best(self) -> None:
        """Save the best epoch as a classifier without evaluation: training was interrupted.

        Where that fails too, as on a full disk, the checkpoint still holds it: why training ended
        is what is told.
        """
        if self.progress.best:
            with contextlib.suppress(EarmarkError):
                self._take_best()
                self._make(None)

    def finish(self, background: Path | None, cache: Path | None) -> Generator[Event, None, None]:
        """Make the classifier, judge it on the sealed test part and write the report.

        Args:
            background: folder of recordings that are none of the classes, None: noises only.
            cache: folder for what frozen trunks hear in noises, None: the user's.

        Raises:
            EarmarkError: the disk is full, or the background holds no sound.
        """
        self._take_best()
        unknown: Background | None = None
        if self.recipe.deployment.gate and not self.dataset.features:
            unknown = yield from listen_to_background(
                self.learner, self.feature, self.recipe, background, cache
            )
        classifier, heard = self._make(unknown)  # and save: judging may be broken off
        yield Warned(heard.words) if heard.files_only else Preparing(1.0)
        judged = judge(self.learner, classifier, self.plan, self.prepared, unknown)
        limits = [*(judged.open_set.reasons if judged.open_set is not None else ()), heard.words]
        self._save(with_figures(classifier, judged, " ".join(filter(None, limits))))
        progress = self.progress
        parts = (self.recipe, self.plan, self.learner, progress, judged)
        reached = what_was_reached(*parts)
        figures = judged.figures() | of_positive(reached)
        write_report(self.recipe, self.dataset, self.run, progress, judged, reached)
        yield Finished(
            self.run.folder,
            progress.reason,
            len(progress.history),
            progress.seconds,
            progress.joules,
            figures,
            progress.processor_joules,
        )

    def _take_best(self) -> None:
        self.learner.network.load_state_dict(self.progress.best)
        self.learner.network.to(self.learner.device)

    def _make(self, unknown: Background | None) -> tuple[Classifier, ServingFeature]:
        parts = (self.recipe, self.dataset)
        heard = serving_feature(
            self.feature, self.learner.network, *parts, self.prepared, self.plan
        )
        folder = self.run.folder
        title = about(folder).name or given_title(folder)  # it may have been renamed meanwhile
        with seeded([self.recipe.training.seed], torch.device("cpu")):
            made = self.learner, heard.feature, self.plan, *parts, unknown, title
            classifier = make_classifier(*made)
        self._save(classifier)
        return classifier, heard

    def _save(self, classifier: Classifier) -> None:
        # It is loaded back, into a network that begins with weights at random.
        with seeded([self.recipe.training.seed], torch.device("cpu")):
            classifier.save(self.run.classifier_file)
