"""The model card: everything about a classifier that is not a tensor, as validated JSON."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.classifier.rules import Evidence, Rules
from engine.errors import ModelError

FORMAT = 1

# Longer or larger than anyone writes, and short enough to be shown, added up and divided by.
_Line = Annotated[str, Field(max_length=1000)]
_Text = Annotated[str, Field(max_length=100_000)]
_Number = Annotated[float, Field(ge=-1e9, le=1e9)]
_MOST_LABELS = 20_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Part(_Strict):
    """A feature or network: its name in the table and its constructor's arguments."""

    name: _Line
    arguments: dict[str, Any] = Field(default_factory=dict)


class EvidenceCard(_Strict):
    """How windows add up, see :class:`engine.classifier.rules.Evidence`."""

    seconds: float = Field(gt=0, le=600)
    weight: float = Field(gt=0, le=10)
    growth: float = Field(ge=0, le=1)
    floor: float = Field(gt=0, lt=1)
    change: float = Field(gt=0)
    presence_seconds: float = Field(ge=0, le=600)
    sure: float = Field(ge=0, le=1)

    @model_validator(mode="before")
    @classmethod
    def _never_several(cls, values: Any) -> Any:
        """Cards of before say that there never are several at once."""
        if isinstance(values, dict) and values.get("crowd", 0) is None:
            return {key: value for key, value in values.items() if key != "crowd"}
        return values


class Calibration(_Strict):
    """Calibration of the probabilities, and the thresholds of the decisions.

    ``probability = activation(scale * logit / temperature + bias)``, activation being the
    softmax of a single-label and the sigmoid of a multi-label task; then times the gate's presence.
    A regression has no activation, no thresholds, and its values are not multiplied by anything.
    """

    temperature: float = Field(default=1.0, gt=1e-9, le=1e9)
    scale: list[_Number] | None = None  # one a label; None: 1
    bias: list[_Number] | None = None  # one a label; None: 0
    thresholds: list[_Number]  # one a label: at or over this the label counts as heard
    silence_dbfs: _Number = -65.0  # windows with a lower RMS level are silence: presence 0
    # Under it the row is not what the classifier knows about.
    presence_threshold: float = Field(default=0.5, ge=0, le=1)
    smoothing_seconds: float = Field(default=1.0, ge=0, le=86_400)  # time constant of what is shown
    gate: _Line | None = None  # what the gate listens for, in a word ("music"); None: no gate
    # Where no label is sure: from this sum of its labels' probabilities on, a family is heard.
    family_threshold: float = Field(default=0.6, gt=0, le=1)
    evidence: EvidenceCard | None = None  # how windows add up; None: they are smoothed


class DataSource(_Strict):
    """One collection of the training data."""

    name: _Line
    licence: _Line
    count: int | None = None
    fingerprint: _Line | None = None
    url: _Line | None = None


class Card(_Strict):
    """Metadata of a classifier file, under the key ``card``."""

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=100)
    title: _Line
    description: _Text
    task: Literal["instrument", "genre", "mood", "author", "other", "regression"]
    multi_label: bool
    labels: list[_Line] = Field(min_length=1, max_length=_MOST_LABELS)  # or dimensions
    # Of a regression alone: the lowest and the highest value that each dimension was learned from.
    ranges: list[tuple[_Number, _Number]] | None = None
    families: list[_Line] | None = None  # of each label, the answer one level up
    rate_hz: int = Field(ge=1000, le=384_000)
    window_samples: int = Field(ge=1, le=60_000_000)
    hop_samples: int = Field(ge=1, le=60_000_000)
    feature: Part
    network: Part
    calibration: Calibration
    data: list[DataSource] = Field(default_factory=list)
    licence: _Text
    credits: _Text = ""
    metrics: dict[str, float] = Field(default_factory=dict)
    limits: _Text = ""  # where it fails, in words
    recipe: dict[str, Any] | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    date: _Line

    @model_validator(mode="after")
    def _lengths_agree(self) -> "Card":
        count = len(self.labels)
        if len(set(self.labels)) != count:
            raise ValueError("the labels are not all different")
        calibration = self.calibration
        thresholds = None if self.is_regression else calibration.thresholds
        for values in (thresholds, calibration.scale, calibration.bias):
            if values is not None and len(values) != count:
                raise ValueError(f"the calibration is not for {count} labels")
        self._check_regression()
        if self.families is not None and len(self.families) != count:
            raise ValueError("there is not one family for each label")
        adds = calibration.evidence
        if adds is not None and self.multi_label:
            raise ValueError("evidence adds up where only one label is heard at a time")
        return self

    def _check_regression(self) -> None:
        if self.is_regression != (self.ranges is not None):
            raise ValueError("a regression has ranges, and nothing else has")
        if self.ranges is None:
            return
        if self.calibration.thresholds:
            raise ValueError("a regression has no thresholds")
        if len(self.ranges) != len(self.labels) or any(low >= high for low, high in self.ranges):
            raise ValueError("the ranges are not one a dimension, from low to high")
        if self.multi_label or self.families is not None or self.calibration.evidence is not None:
            raise ValueError("a regression has neither several labels, nor families, nor evidence")

    @property
    def is_regression(self) -> bool:
        """Whether its labels are dimensions, of which it gives values instead of probabilities."""
        return self.task == "regression"

    def adjusted(
        self, thresholds: Mapping[str, float], smoothing_seconds: float | None = None
    ) -> "Card":
        """A copy with other thresholds; the probabilities stay the same.

        Args:
            thresholds: of labels, by name; those of the others stay, unknown labels are left out.
            smoothing_seconds: None: as it is.
        """
        mine = self.calibration
        values = zip(self.labels, mine.thresholds, strict=False)  # a regression has no thresholds
        changes: dict[str, Any] = {
            "thresholds": [thresholds.get(label, value) for label, value in values]
        }
        if smoothing_seconds is not None:
            changes["smoothing_seconds"] = smoothing_seconds
        return self.model_copy(update={"calibration": mine.model_copy(update=changes)})

    def members(self, label: str) -> list[int]:
        """Numbers of the labels that a label or a family stands for; none: it is neither."""
        names = self.labels if label in self.labels else self.families or []
        return [number for number, name in enumerate(names) if name == label]

    @property
    def files_only(self) -> bool:
        """Whether it does not listen: its feature is librosa's or others', not Earmark's own."""
        return self.feature.name in ("librosa", "given")

    @property
    def features_only(self) -> bool:
        """Whether it judges finished features and no sound: Earmark cannot compute its feature."""
        return self.feature.name == "given"

    def refuse_sound(self) -> None:
        """Refuse to judge sounds.

        Raises:
            ModelError: Earmark cannot compute its feature.
        """
        if self.features_only:
            raise ModelError(self.refusal("classify sounds"))

    def refusal(self, what: str) -> str:
        """Why what only Earmark's own features allow is not possible; empty: it is.

        Args:
            what: that is asked for, after "it cannot ".
        """
        if not self.files_only:
            return ""
        if self.features_only:
            return (
                f"'{self.title}' was trained on features that Earmark did not compute, and nothing "
                f"says how they were. It cannot {what}; it judges files of such features only "
                "(earmark evaluate)."
            )
        return (
            f"'{self.title}' can only classify files. It cannot {what}: it was trained on "
            "features that librosa computes, and Earmark's own differ. Its card says by how much."
        )

    def refuse_files_only(self, what: str) -> None:
        """Refuse what only Earmark's own features allow.

        Args:
            what: that is not possible, after "it cannot ".

        Raises:
            ModelError: the classifier only judges files.
        """
        if words := self.refusal(what):
            raise ModelError(words)

    def rules(self) -> Rules:
        """The rules by which a label of this classifier is reported."""
        calibration, evidence = self.calibration, self.calibration.evidence
        return Rules(
            thresholds=tuple(calibration.thresholds),
            several=self.multi_label,
            presence_threshold=calibration.presence_threshold,
            gate=calibration.gate,
            silence_dbfs=calibration.silence_dbfs,
            smoothing_seconds=calibration.smoothing_seconds,
            ranges=tuple(self.ranges or ()),
            families=tuple(self.families or ()),
            family_threshold=calibration.family_threshold,
            evidence=None if evidence is None else Evidence(**evidence.model_dump()),
        )
