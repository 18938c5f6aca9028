"""From trained weights to a classifier: calibrated, gated, saved and evaluated once."""

import copy
import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.classifier.card import Calibration, Card, DataSource, Part
from engine.classifier.classifier import Classifier
from engine.datasets.splits import Indices
from engine.datasets.table import Dataset
from engine.evaluation.calibration import best_thresholds, fit_temperature, none_threshold
from engine.evaluation.dimensions import ValueEvaluation, evaluate_values
from engine.evaluation.metrics import Evaluation, evaluate
from engine.evaluation.open_set import OpenSet, evaluate_open_set
from engine.evaluation.results import Results, ValueResults
from engine.evaluation.tags import TagEvaluation, evaluate_tags
from engine.features import Feature, describe_feature
from engine.features.given import Given
from engine.networks import describe_network
from engine.recipes.recipe import Recipe
from engine.training.data.plan import Plan
from engine.training.data.prepare import PreparedData
from engine.training.finish.background import Background
from engine.training.finish.logistic import fit_logistic
from engine.training.loop.learner import Learner
from engine.training.runs.naming import task_of
from engine.training.runs.run import environment

_MOST_KNOWN = 6000
_GATE = "one of its classes"


def train_gate(known: Tensor, unknown: Tensor) -> nn.Linear:
    """Logistic regression between embeddings: both sides weigh the same.

    Args:
        known: of training windows, shape (n, embedding_size).
        unknown: of background, shape (m, embedding_size).
    """
    x = torch.cat([known, unknown]).double()
    positive = torch.arange(len(x)) < len(known)
    mean, deviation = x.mean(0), x.std(0, correction=0) + 1e-3
    weights, intercept = fit_logistic((x - mean) / deviation, positive, strength=0.05)
    weights = weights / deviation
    gate = nn.Linear(x.shape[1], 1)
    with torch.no_grad():
        gate.weight.copy_(weights[None])
        gate.bias.fill_(intercept - float(weights @ mean))
    return gate


@dataclass(frozen=True)
class Judged:
    """Results on the test part.

    Attributes:
        results: probabilities and truth; of a regression values.
        evaluation: its figures; of tags for a multi-label task, of dimensions for a regression.
        open_set: what it does with what it does not know, where that was tried.
    """

    results: Results | ValueResults | None
    evaluation: Evaluation | TagEvaluation | ValueEvaluation | None
    open_set: OpenSet | None

    def figures(self) -> dict[str, float]:
        """All figures by name."""
        found = dict(self.evaluation.figures()) if self.evaluation is not None else {}
        return found | (self.open_set.figures() if self.open_set is not None else {})


def calibrate(learner: Learner, plan: Plan, recipe: Recipe) -> tuple[float, list[float]]:
    """Temperature and thresholds by the validation part; 1 and 0.5 without one.

    A regression has neither.
    """
    if plan.units is not None:
        return 1.0, []
    several = recipe.training.loss == "binary-cross-entropy"
    thresholds = [0.5] * len(plan.labels)
    if not recipe.deployment.calibrate or len(plan.validation) == 0:
        return 1.0, thresholds
    logits = torch.cat(list(learner.judge(plan.validation))).numpy()
    targets = plan.targets[plan.validation]
    if several:
        probabilities = np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)
        return 1.0, best_thresholds(probabilities, targets.astype(bool))
    return fit_temperature(logits, targets.argmax(1)), thresholds


def make_classifier(
    learner: Learner,
    feature: Feature,
    plan: Plan,
    recipe: Recipe,
    dataset: Dataset,
    unknown: Background | None,
    title: str = "",
) -> Classifier:
    """The artefact; its card is told the figures later, by :func:`with_figures`.

    ``title``: of the run; empty: the recipe's.
    """
    calibration = _calibration(plan, *calibrate(learner, plan, recipe))
    gate, presence = _gate(learner, plan, recipe.training.seed, unknown)
    network, data = copy.deepcopy(learner.network).cpu(), recipe.data
    window, hop = _window_and_hop(feature, recipe)
    several = recipe.training.loss == "binary-cross-entropy"
    known = {"presence_threshold": presence, "gate": _GATE if gate is not None else None}
    card = Card(
        name=recipe.name,
        title=title or recipe.title,
        description=recipe.description,
        task=task_of(recipe, dataset),
        multi_label=several,
        labels=list(plan.labels),
        ranges=None if plan.units is None else list(plan.units.ranges),
        rate_hz=data.rate_hz,
        window_samples=window,
        hop_samples=hop,
        feature=Part(**describe_feature(feature)),
        network=Part(**describe_network(network)),
        calibration=calibration.model_copy(update=known),
        data=[_source(dataset)],
        licence=f"as its data: {dataset.about.licence or 'not stated'}",
        recipe=recipe.model_dump(mode="json"),
        versions={k: v for k, v in environment()["versions"].items() if k in _made_by(recipe)},
        date=datetime.date.today().isoformat(),
    )
    return Classifier(card, copy.deepcopy(feature).cpu(), network, gate)


def _calibration(plan: Plan, temperature: float, thresholds: list[float]) -> Calibration:
    """From logits to probabilities and labels; of a regression from outputs to values."""
    if plan.units is None:
        return Calibration(temperature=temperature, thresholds=thresholds)
    scale, bias = plan.units.deviation.tolist(), plan.units.mean.tolist()
    return Calibration(scale=scale, bias=bias, thresholds=[])


def _window_and_hop(feature: Feature, recipe: Recipe) -> tuple[int, int]:
    """Of the card, in samples."""
    if isinstance(feature, Given):  # of no time: an example a second is as good as any
        return feature.frame_length, recipe.data.rate_hz
    window = recipe.data.window_samples
    return window, recipe.deployment.hop_samples or max(1, window // 2)


def _made_by(recipe: Recipe) -> tuple[str, ...]:
    """The libraries whose versions a card names."""
    return "earmark", "torch", *(["librosa"] if recipe.feature.name == "librosa" else [])


def _gate(
    learner: Learner, plan: Plan, seed: int, unknown: Background | None
) -> tuple[nn.Linear | None, float]:
    """What tells the classes from background, and its threshold; none without background."""
    if unknown is None or not unknown.learned.any():
        return None, 0.5
    some = np.random.default_rng(seed).permutation(plan.training)[:_MOST_KNOWN]
    gate = train_gate(learner.embed(some), unknown.embeddings[unknown.learned])
    return gate, _presence_threshold(gate, learner, plan, unknown)


def _presence_threshold(
    gate: nn.Linear, learner: Learner, plan: Plan, unknown: Background
) -> float:
    """At most 0.5: lower where the gate would reject many of the windows it has not seen."""
    if len(plan.validation) == 0:
        return 0.5
    with torch.inference_mode():
        known = gate(learner.embed(plan.validation[:_MOST_KNOWN]))[:, 0].sigmoid().numpy()
        others = gate(unknown.embeddings[unknown.learned])[:, 0].sigmoid().numpy()
    return float(np.clip(none_threshold(known, others), 0.05, 0.5))


def _source(dataset: Dataset) -> DataSource:
    return DataSource(
        name=dataset.about.name,
        licence=dataset.about.licence or "not stated",
        count=len(dataset),
        fingerprint=dataset.fingerprint(),
        url=dataset.about.url or None,
    )


def judge(
    learner: Learner,
    classifier: Classifier,
    plan: Plan,
    prepared: PreparedData,
    unknown: Background | None,
) -> Judged:
    """Open the test part and judge the classifier on it, and on background it never met."""
    test = plan.test.open()
    results = _results(learner, classifier, plan, test) if len(test) else None
    evaluation: Evaluation | TagEvaluation | ValueEvaluation | None = None
    if isinstance(results, ValueResults):
        evaluation = evaluate_values(results)
    elif results is not None and results.multi_label:
        evaluation = evaluate_tags(results, classifier.card.calibration.thresholds)
    elif results is not None:
        evaluation = evaluate(results)
    open_set = None
    if unknown is not None and results is not None:
        levels = torch.from_numpy(prepared.levels_db[test])
        known = _scores(classifier, learner.embed(test), levels)
        open_set = _open_set(classifier, known, unknown)
    return Judged(results, evaluation, open_set)


def _results(
    learner: Learner, classifier: Classifier, plan: Plan, test: Indices
) -> Results | ValueResults:
    logits = torch.cat(list(learner.judge(test))) / classifier.card.calibration.temperature
    if plan.units is not None:
        return ValueResults(
            dimensions=plan.labels,
            values=plan.units.values(logits.numpy()),
            truth=plan.units.truth[test],
            baseline=plan.units.mean.astype(np.float32),
            recordings=tuple(plan.recordings[i] for i in test),
            groups=tuple(plan.groups[i] for i in test),
            starts=plan.starts[test],
        )
    several = classifier.card.multi_label
    probabilities = logits.sigmoid() if several else logits.softmax(1)
    truth: Any = plan.targets[test].astype(bool) if several else plan.targets[test].argmax(1)
    return Results(
        labels=plan.labels,
        probabilities=np.clip(probabilities.numpy(), 0.0, 1.0),
        truth=truth,
        recordings=tuple(plan.recordings[i] for i in test),
        starts=plan.starts[test],
    )


@torch.inference_mode()
def _scores(classifier: Classifier, embedding: Tensor, levels_db: Tensor) -> NDArray[np.float32]:
    """How sure windows are of its kind: the highest probability, of a regression the presence."""
    probabilities, presence = classifier.judge(embedding, levels_db)
    found: NDArray[np.float32] = (
        presence if classifier.card.is_regression else probabilities.amax(1)
    ).numpy()
    return found


def _open_set(classifier: Classifier, known: NDArray[np.float32], unknown: Background) -> OpenSet:
    judged = ~unknown.learned
    highest = _scores(classifier, unknown.embeddings[judged], unknown.levels_db[judged])
    kinds = unknown.kinds[judged]
    card = classifier.card
    silence = torch.full((20,), -120.0)
    quiet = torch.zeros(20, unknown.embeddings.shape[1])
    by_kind = {str(kind): highest[kinds == kind] for kind in np.unique(kinds)}
    by_kind["silence"] = _scores(classifier, quiet, silence)
    calibration = card.calibration
    return evaluate_open_set(
        known,
        by_kind,
        threshold=min(calibration.thresholds, default=calibration.presence_threshold),
        hop_seconds=card.hop_samples / card.rate_hz,
    )


def with_figures(classifier: Classifier, judged: Judged, limits: str) -> Classifier:
    """The same with its figures and limits on the card."""
    metrics = {name: value for name, value in judged.figures().items() if _on_card(name)}
    update = {"metrics": metrics, "limits": limits}
    card = classifier.card.model_copy(update=update)
    return Classifier(card, classifier.feature, classifier.network, classifier.gate)


def _on_card(figure: str) -> bool:
    """Of a dimension only its error and agreement: a card is read, the report has them all."""
    return ":" not in figure or figure.startswith(("rmse:", "concordance:"))
