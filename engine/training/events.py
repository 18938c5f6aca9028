"""Events that a training emits while it runs."""

import math
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Preparing:
    """Features are being computed; ``share`` of them are done."""

    share: float


@dataclass(frozen=True)
class Started:
    """Training begins.

    Attributes:
        windows: in training, validation and test.
        parameters: numbers that are learned, and numbers in all.
        device: where it runs, in words.
        epoch: the first to be trained; above 1 when it goes on after a break.
        epochs: the most there will be.
        labels: of the classes, in the order of confusion matrices; of a regression its dimensions.
        measure: what the validation part is judged by: accuracy, or concordance of a regression.
        memory_bytes: about what the training takes at most; 0: not known.
    """

    windows: tuple[int, int, int]
    parameters: tuple[int, int]
    device: str
    epoch: int
    epochs: int
    labels: tuple[str, ...] = ()
    measure: str = "accuracy"
    memory_bytes: int = 0


@dataclass(frozen=True)
class BatchDone:
    """Some steps: told about ten times a second.

    Attributes:
        epoch: from 1.
        batch: the last one done, from 1.
        batches: in an epoch.
        losses: of the batches since the last time.
        seconds_left: to the last epoch, at the speed so far.
        learning_rate: of the last step.
        gpu_load: share of the time the GPU in use was busy, 0 to 1; None: not measured.
    """

    epoch: int
    batch: int
    batches: int
    losses: tuple[float, ...]
    seconds_left: float
    learning_rate: float = 0.0
    gpu_load: float | None = None


@dataclass(frozen=True)
class EpochDone:
    """One epoch; what history.json and history.csv hold.

    Attributes:
        epoch: from 1.
        loss: mean over the epoch's batches.
        accuracy: of training, counted while learning.
        validation_loss: at the end of the epoch, NaN without a validation part.
        validation_accuracy: the same.
        learning_rate: of the epoch's last step.
        seconds: of training so far, validation included, what the listener does aside.
        joules: of the GPU in use so far, as Zeus counts them; None: not measured.
        best: whether it is the best epoch so far.
        processor_joules: of the processor so far (RAPL); None: not measured.
        recall: of the positive class in training, if the recipe names one and judges training
            after the epoch; else NaN.
        precision: the same; NaN too where nothing is predicted positive.
        validation_recall: of the positive class in validation.
        validation_precision: the same.
        confusion: windows of the validation part, int64, shape (classes, classes), rows true,
            columns predicted; None without a validation part or where several labels may be true.
            It is shown, not kept: the history does not hold it.
        validation_concordance: of a regression, mean of its dimensions; else NaN. No window of a
            regression is right or wrong: both accuracies are NaN.
    """

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    seconds: float
    joules: float | None
    best: bool
    processor_joules: float | None = None
    recall: float = math.nan
    precision: float = math.nan
    validation_recall: float = math.nan
    validation_precision: float = math.nan
    confusion: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)
    validation_concordance: float = math.nan

    @property
    def validation_measure(self) -> float:
        """Accuracy of validation, or concordance of a regression."""
        both = self.validation_accuracy, self.validation_concordance
        return both[1] if math.isfinite(both[1]) else both[0]

    def kept(self) -> dict[str, Any]:
        """What the history keeps, by name."""
        return {name: getattr(self, name) for name in HISTORY}

    @staticmethod
    def read(row: object) -> "EpochDone":
        """One epoch from what :meth:`kept` gave, maybe through JSON; null is NaN there.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(row, dict) or not set(_FIRST) <= set(row) <= set(HISTORY):
            raise ValueError("an epoch of the history has other fields")
        if type(row["epoch"]) is not int or type(row["best"]) is not bool:
            raise ValueError("an epoch of the history has no number")
        return EpochDone(
            epoch=row["epoch"],
            loss=_figure(row["loss"]),
            accuracy=_figure(row["accuracy"]),
            validation_loss=_figure(row["validation_loss"]),
            validation_accuracy=_figure(row["validation_accuracy"]),
            learning_rate=_figure(row["learning_rate"]),
            seconds=_figure(row["seconds"]),
            joules=_known(row["joules"]),
            best=row["best"],
            processor_joules=_known(row.get("processor_joules")),
            recall=_figure(row.get("recall")),
            precision=_figure(row.get("precision")),
            validation_recall=_figure(row.get("validation_recall")),
            validation_precision=_figure(row.get("validation_precision")),
            validation_concordance=_figure(row.get("validation_concordance")),
        )


HISTORY = tuple(one.name for one in fields(EpochDone) if one.name != "confusion")
_OF_POSITIVE = ("recall", "precision", "validation_recall", "validation_precision")
# What every history holds; the others came later.
_LATER = (*_OF_POSITIVE, "processor_joules", "validation_concordance")
_FIRST = tuple(n for n in HISTORY if n not in _LATER)


def _known(value: object) -> float | None:
    return None if value is None else _figure(value)


def _figure(value: object) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a figure of the history is not a number")
    return float(value)


@dataclass(frozen=True)
class Warned:
    """Something one should know; training goes on."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The end.

    Attributes:
        folder: the run's.
        reason: why it ended, in words.
        epochs: that were trained.
        seconds: of training.
        joules: of the GPU; None: not measured.
        processor_joules: of the processor; None: not measured.
        metrics: of the test part, judged once.
    """

    folder: Path
    reason: str
    epochs: int
    seconds: float
    joules: float | None
    metrics: dict[str, float] = field(default_factory=dict)
    processor_joules: float | None = None


Event = Preparing | Started | BatchDone | EpochDone | Warned | Finished
