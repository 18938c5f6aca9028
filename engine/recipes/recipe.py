"""Recipes: validated TOML files from which a training can be repeated exactly."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from engine.bounded import parse_toml, read_bytes, shortened
from engine.datasets.splits import SplitRule
from engine.errors import RecipeError
from resources import resource

MOST_BYTES = 1_000_000
Task = Literal["instrument", "genre", "mood", "author", "other", "regression"]
_NEEDS = "Sounds in folders, one for each class, or a table of sounds with labels."
Variant = Literal["corrected", "as-published"]
LayerKind = Literal["dense", "convolutional", "recurrent"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Data(_Strict):
    """How the sounds are cut into windows."""

    rate_hz: int = Field(22050, ge=1000, le=384_000, description="Sample rate in Hz.")
    window_samples: int = Field(66150, ge=1, description="Length of a window in samples.")
    hop_samples: int = Field(
        66150, ge=1, description="Distance from one window to the next, in samples."
    )
    at: Literal["hop", "onsets", "start"] = Field(
        "hop",
        description=(
            "Where windows start: every hop, at note onsets, or once at the start of the sound."
        ),
    )
    short: Literal["silence", "repeat", "drop"] = Field(
        "silence",
        description=("What to do with a sound shorter than a window: pad, repeat or drop it."),
    )
    quietest_dbfs: float | None = Field(
        None, description="Leave out windows with a lower RMS level in dBFS; none: keep all."
    )
    most_windows: int = Field(0, ge=0, description="Maximum number of windows per excerpt; 0: all.")
    whole_seconds: bool = Field(
        False,
        description=(
            "Take as many windows of each file as it has whole seconds, from its start "
            "(leaves the rest of the file unused; a known mistake)."
        ),
    )
    most_per_class: int = Field(0, ge=0, description="Maximum number of windows per class; 0: all.")
    most_in_all: int = Field(
        0, ge=0, description="Maximum number of windows in all, drawn at random; 0: all."
    )
    scale: Literal["none", "peak", "range"] = Field(
        "none",
        description="Scale each file: not at all, to a peak of 1, or its range to -1 to 1.",
    )
    resample: Literal["soxr", "decimate"] = Field(
        "soxr",
        description=(
            "Resample with a filter, or take every n-th sample (aliasing; a known mistake)."
        ),
    )
    label: str = Field("label", description="Column with the labels to train on.")
    classes: list[str] = Field(
        default_factory=list, description="Use only these classes; empty: all."
    )
    dimensions: list[str] = Field(
        default_factory=list,
        description="Columns of numbers to predict, such as valence and arousal (regression only).",
    )
    positive: str = Field(
        "",
        description="Positive class, whose recall and precision are told each epoch; empty: none.",
    )
    split: SplitRule = Field(default_factory=SplitRule)
    allow_leak: bool = Field(
        False, description="Train even though test and training data overlap; the report says so."
    )


class Chosen(_Strict):
    """A feature or network: its name and its arguments."""

    name: str = Field(description="Name of the feature or network.")
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="Arguments of the feature or network."
    )


class Augmentation(_Strict):
    """Random changes of the training windows, new in each epoch; 0 or empty switches one off."""

    probability: float = Field(
        0.5, ge=0, le=1, description="Probability that each change is applied to a window."
    )
    gain_db: float = Field(
        0.0, ge=0, description="Random gain of up to plus or minus this many dB."
    )
    pitch_semitones: float = Field(0.0, ge=0, le=12, description="Maximum pitch shift up or down.")
    stretch: float = Field(0.0, ge=0, lt=0.5, description="Maximum change of speed; 0.1 is 10 %.")
    noise_snr_db: list[float] = Field(
        default_factory=list,
        max_length=2,
        description=("Lowest and highest signal-to-noise ratio of the added noise."),
    )
    noise_folder: str = Field(
        "", description="Folder of noise recordings; empty: computed coloured noise."
    )
    reverb_seconds: list[float] = Field(
        default_factory=list, max_length=2, description="Shortest and longest reverberation time."
    )
    shift: float = Field(
        0.0, ge=0, le=1, description="Maximum circular shift in time, as a share of the window."
    )
    frequency_masks: int = Field(0, ge=0, description="SpecAugment: number of frequency masks.")
    frequency_width: float = Field(
        0.15, gt=0, le=1, description="Maximum width of a frequency mask, as a share of the bands."
    )
    time_masks: int = Field(0, ge=0, description="SpecAugment: number of time masks.")
    time_width: float = Field(
        0.15, gt=0, le=1, description="Maximum width of a time mask, as a share of the frames."
    )
    mixup: float = Field(0.0, ge=0, description="Alpha of mixup; 0: off.")

    @property
    def of_sound(self) -> bool:
        """Whether the waveform itself is changed."""
        return bool(
            self.gain_db
            or self.pitch_semitones
            or self.stretch
            or self.noise_snr_db
            or self.reverb_seconds
            or self.shift
        )


class Stop(_Strict):
    """When training stops early."""

    patience: int = Field(
        0,
        ge=0,
        description="Stop after this many epochs without a better validation loss; 0: never.",
    )
    target_accuracy: float = Field(
        0.0, ge=0, le=1, description="Stop when the validation accuracy stays above this; 0: off."
    )
    target_epochs: int = Field(
        3, ge=1, description="Number of epochs in a row above the target accuracy."
    )


class Training(_Strict):
    """How the network is trained."""

    epochs: int = Field(30, ge=1, description="Maximum number of epochs.")
    batch_size: int = Field(32, ge=1, description="Number of windows per training step.")
    learning_rate: float = Field(1e-3, gt=0, description="Step size of the optimiser.")
    optimiser: Literal["adam", "adamw", "sgd", "adadelta"] = Field(
        "adam", description="How the weights are updated."
    )
    momentum: float = Field(0.0, ge=0, lt=1, description="Momentum (SGD only).")
    beta_1: float = Field(
        0.9, ge=0, lt=1, description="Decay of the first moment (Adam and AdamW)."
    )
    beta_2: float = Field(
        0.999, ge=0, lt=1, description="Decay of the second moment (Adam and AdamW)."
    )
    epsilon: float | None = Field(
        None,
        gt=0,
        description=(
            "Small constant for stability (Adam, AdamW and Adadelta); none: 1e-8, of Adadelta 1e-6."
        ),
    )
    rho: float = Field(0.9, ge=0, lt=1, description="Decay of the averages (Adadelta only).")
    weight_decay: float = Field(0.0, ge=0, description="Weight decay of the optimiser.")
    schedule: Literal["constant", "step", "exponential", "cosine", "one-cycle", "plateau"] = Field(
        "constant", description="How the learning rate changes over the epochs."
    )
    schedule_factor: float = Field(
        0.1, gt=0, lt=1, description="Factor of the schedules step, exponential and plateau."
    )
    schedule_epochs: int = Field(
        10, ge=1, description="Epochs per step, or patience of the plateau schedule."
    )
    loss: Literal["cross-entropy", "mse", "binary-cross-entropy", "concordance"] = Field(
        "cross-entropy",
        description=(
            "Loss function; mse compares the softmax with one-hot labels, in a regression the "
            "values; concordance: 1 minus the concordance correlation (regression only)."
        ),
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="Label smoothing (cross-entropy only)."
    )
    temperature: float = Field(
        1.0, gt=0, description="Temperature that divides the logits during training."
    )
    l1: float = Field(0.0, ge=0, description="L1 penalty on the weights of the hidden layers.")
    l2: float = Field(0.0, ge=0, description="L2 penalty on the weights of the hidden layers.")
    penalised: list[LayerKind] = Field(
        default_factory=lambda: list(get_args(LayerKind)),
        description="Kinds of layers that the L1 and L2 penalties apply to.",
    )
    validation_penalty: bool = Field(
        False, description="Include the L1 and L2 penalties in the validation loss, as Keras does."
    )
    clip_norm: float = Field(0.0, ge=0, description="Maximum norm of the gradient; 0: no clipping.")
    clip_recurrent: float = Field(
        0.0,
        ge=0,
        description=(
            "Maximum norm of each recurrent layer's own gradient, summed over the batch; "
            "0: no clipping."
        ),
    )
    drop_last: bool = Field(
        False, description="Leave out the last batch of an epoch if it is short."
    )
    class_weights: bool = Field(False, description="Weight rare classes more in the loss.")
    balanced: bool = Field(False, description="Sample every class equally often.")
    standardise: bool = Field(
        True, description="Standardise each band with the mean and deviation of the training part."
    )
    initialisation: Literal["torch", "keras", "epynn"] = Field(
        "torch",
        description=(
            "Initial weights; keras: Glorot uniform, orthogonal, forget-gate bias 1; "
            "epynn: Glorot normal, orthogonal in GRUs, biases 0."
        ),
    )
    keep: Literal["best", "last"] = Field(
        "best",
        description=("Which weights to keep: those with the best validation loss, or the last."),
    )
    dropout_at_test: bool = Field(
        False, description="Keep dropout on during evaluation (a known mistake)."
    )
    judge_training: bool = Field(
        False,
        description=(
            "Evaluate the training part after each epoch, as EpyNN does; else its loss and "
            "accuracy are counted while learning."
        ),
    )
    stop: Stop = Field(default_factory=Stop)
    seed: int = Field(1, ge=0, description="Seed of all random numbers.")


class Deployment(_Strict):
    """How the classifier is used afterwards."""

    hop_samples: int = Field(
        0,
        ge=0,
        description="Distance between windows when listening, in samples; 0: half a window.",
    )
    task: Task = Field(
        "other", description="What is predicted, if the data does not say; regression: numbers."
    )
    calibrate: bool = Field(
        True,
        description="Calibrate the probabilities on the validation part (temperature scaling).",
    )
    gate: bool = Field(
        True,
        description=(
            "Train a rejection gate for sounds of no class (if a background folder is given)."
        ),
    )


class PublishedFigure(_Strict):
    """One reported result, and what it is a result of."""

    figure: Literal["accuracy", "recall", "precision", "loss", "seconds"] = Field(
        "accuracy", description="What was reported; recall and precision: of the positive class."
    )
    part: Literal["training", "validation", "test", "run"] = Field(
        "test", description="Part of the data it was measured on; run: of the whole training."
    )
    value: float = Field(description="The reported value, shares from 0 to 1.")
    label: str = Field("", description="Class it is of; empty: all of them.")
    epoch: int = Field(0, ge=0, description="Epoch it is of, from 1; 0: the last.")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="Fields that the original had set otherwise for it."
    )
    note: str = Field("", description="What else one should know of it.")
    comparable: bool = Field(True, description="Whether a run can reach it; a single batch can't.")


class Published(_Strict):
    """How the published original differs, and the results it reported."""

    source: str = Field("", description="Source of the published system.")
    changes: dict[str, Any] = Field(
        default_factory=dict, description="Changed fields in the variant as-published."
    )
    traps: list[str] = Field(default_factory=list, description="Known mistakes of the original.")
    figures: list[PublishedFigure] = Field(default_factory=list, description="Reported results.")
    settings: dict[str, Any] = Field(
        default_factory=dict, description="Settings of the runs that the figures are of."
    )
    originals: dict[str, str] = Field(
        default_factory=dict,
        description="Fields that the original writes in another way, and how, in words.",
    )
    parameters: int | None = Field(None, description="Number of parameters of its network.")

    @field_validator("figures", mode="before")
    @classmethod
    def _as_once(cls, value: Any) -> Any:
        """Recipes of older runs name figures only: accuracy, validation_accuracy and so on."""
        if not isinstance(value, dict):
            return value
        found = []
        for name, number in value.items():
            part, _, figure = str(name).rpartition("_")
            found.append({"figure": figure, "part": part or "test", "value": number})
        return found


class Recipe(_Strict):
    """Everything that determines the result of a training."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short name.")
    title: str = Field(description="Title shown to the user.")
    description: str = Field(description="Description in one or two sentences.")
    needs: str = Field(_NEEDS, description="What it learns from, in one sentence.")
    data: Data = Field(default_factory=Data)
    feature: Chosen
    network: Chosen
    training: Training = Field(default_factory=Training)
    augmentation: Augmentation = Field(default_factory=Augmentation)
    deployment: Deployment = Field(default_factory=Deployment)
    published: Published | None = None
    variant: Variant = Field("corrected", description="Variant of the recipe.")

    @model_validator(mode="after")
    def _traps_are_allowed(self) -> "Recipe":
        rule = self.data.split
        if (rule.test_is_validation or rule.train_on_test) and not self.data.allow_leak:
            raise ValueError("testing on training or validation data needs data.allow_leak = true")
        return self

    @model_validator(mode="after")
    def _regression_is_whole(self) -> "Recipe":
        if words := misfit(self):
            raise ValueError(words)
        return self

    @property
    def is_regression(self) -> bool:
        """Whether numbers are predicted instead of labels."""
        return self.deployment.task == "regression"

    def as_published(self) -> "Recipe":
        """The original, traps and all.

        Raises:
            RecipeError: no original is known.
        """
        if self.published is None:
            raise RecipeError(f"The recipe '{self.name}' has no published original.")
        return self.changed(self.published.changes | {"variant": "as-published"})

    def changed(self, changes: Mapping[str, Any]) -> "Recipe":
        """With some fields set, named by their path: ``{"training.epochs": 5}``.

        Raises:
            RecipeError: there is no such field, or the value does not fit.
        """
        fields = self.model_dump()
        for path, value in changes.items():
            _set(fields, path.split("."), value, path)
        return validated(fields, self.name)


def misfit(recipe: Recipe) -> str:
    """What is for classes only, or for a regression only, in a sentence; empty: nothing."""
    training, loss = recipe.training, recipe.training.loss
    if not recipe.is_regression:
        if recipe.data.dimensions:
            return "data.dimensions needs deployment.task = regression"
        return "the loss concordance needs deployment.task = regression" * (loss == "concordance")
    if loss not in ("mse", "concordance"):
        return "a regression needs training.loss = mse or concordance"
    if len(set(recipe.data.dimensions)) < len(recipe.data.dimensions):
        return "data.dimensions names a column twice"
    of_classes = {
        "training.class_weights": training.class_weights,
        "training.balanced": training.balanced,
        "training.label_smoothing": training.label_smoothing > 0,
        "training.temperature": training.temperature != 1,
        "training.stop.target_accuracy": training.stop.target_accuracy > 0,
        "data.most_per_class": recipe.data.most_per_class > 0,
        "data.positive": bool(recipe.data.positive),
    }
    wrong = ", ".join(name for name, is_set in of_classes.items() if is_set)
    return f"{wrong} applies to classes, not to a regression" if wrong else ""


def _set(fields: dict[str, Any], path: Sequence[str], value: Any, whole: str) -> None:
    here: Any = fields
    for index, name in enumerate(path[:-1]):
        inner = here.get(name) if isinstance(here, dict) else None
        free = "arguments" in path[:index]
        if isinstance(inner, dict):
            here = inner
        elif free and isinstance(here, dict):
            here = here.setdefault(name, {})
        else:
            raise RecipeError(f"A recipe has no field '{whole}'.")
    if "arguments" not in path[:-1] and path[-1] not in here:
        raise RecipeError(f"A recipe has no field '{whole}'.")
    here[path[-1]] = value


def validated(fields: Mapping[str, Any], source: str) -> Recipe:
    """A recipe from plain values.

    Raises:
        RecipeError: with the field and what is wrong with it.
    """
    try:
        recipe = Recipe.model_validate(fields)
        # Fields that take any value, as arguments do, take these too; no file could hold them.
        if place := _not_finite(fields):
            raise RecipeError(
                f"The recipe {source}: '{shortened(place)}': must be a finite number."
            )
        return recipe
    except RecursionError as error:
        raise RecipeError(f"The recipe {source} is nested too deeply.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "as a whole"
        words = first["msg"].removeprefix("Value error, ")
        raise RecipeError(f"The recipe {source}: '{shortened(place)}': {words}.") from error


def _not_finite(value: Any, place: str = "") -> str:
    """The place of a number that is infinite or none at all; empty without one."""
    if isinstance(value, float) and not math.isfinite(value):
        return place
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = enumerate(value)
    found = (_not_finite(part, f"{place}.{name}".lstrip(".")) for name, part in parts)
    return next(filter(None, found), "")


def read_recipe(path: Path) -> Recipe:
    """A recipe from a TOML file.

    Raises:
        RecipeError: it cannot be read or is wrong.
    """
    text = read_bytes(path, RecipeError, most_bytes=MOST_BYTES)
    # What is not finite is refused by its field.
    fields = parse_toml(text, f"The recipe {path.name}", RecipeError, finite=False)
    return validated(fields, path.name)


def presets() -> dict[str, Path]:
    """The recipes that come with Earmark, by name."""
    return {path.stem: path for path in sorted(resource("recipes").glob("*.toml"))}


def find_recipe(name: str) -> Recipe:
    """A preset by name, or the recipe in a file.

    Raises:
        RecipeError: there is neither.
    """
    known = presets()
    if name in known:
        return read_recipe(known[name])
    if Path(name).suffix == ".toml":
        return read_recipe(Path(name))
    raise RecipeError(
        f"There is no recipe '{name}'. Available: {', '.join(known)}; or give a .toml file."
    )
