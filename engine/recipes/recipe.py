"""What to learn and how: a validated TOML file from which a training can be repeated."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.datasets.splits import SplitRule
from engine.errors import RecipeError
from resources import resource

Variant = Literal["corrected", "as-published"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Data(_Strict):
    """How sounds become windows."""

    rate_hz: int = Field(22050, ge=1000, le=384_000, description="Sample rate in Hz.")
    window_samples: int = Field(66150, ge=1, description="Length of a window in samples.")
    hop_samples: int = Field(66150, ge=1, description="From window to window, in samples.")
    at: Literal["hop", "onsets", "start"] = Field(
        "hop", description="Windows one after another, where notes begin, or one at the start."
    )
    short: Literal["silence", "repeat", "drop"] = Field(
        "silence", description="What fills a window that the sound does not."
    )
    quietest_dbfs: float | None = Field(
        None, description="Windows with a lower RMS level in dBFS are left out; none: all are kept."
    )
    most_windows: int = Field(0, ge=0, description="Windows of one excerpt at most; 0: all.")
    most_per_class: int = Field(0, ge=0, description="Windows of a class at most; 0: all.")
    scale: Literal["none", "peak", "range"] = Field(
        "none",
        description="Scale each file: not, to a peak of 1, or its lowest to -1 and highest to 1.",
    )
    resample: Literal["soxr", "decimate"] = Field(
        "soxr", description="Change the rate well, or by taking every n-th sample (a trap)."
    )
    label: str = Field("label", description="Column that is learned.")
    classes: list[str] = Field(default_factory=list, description="Only these; empty: all.")
    split: SplitRule = Field(default_factory=SplitRule)
    allow_leak: bool = Field(
        False, description="Train although the test knows the training; the report says so."
    )


class Chosen(_Strict):
    """A feature or network: its name and its arguments."""

    name: str = Field(description="Name in the table of features or networks.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="What it is made with.")


class Augmentation(_Strict):
    """Changes of the training windows, drawn anew each epoch; each 0 or empty: none."""

    probability: float = Field(0.5, ge=0, le=1, description="Chance of each change for a window.")
    gain_db: float = Field(0.0, ge=0, description="Gain drawn from minus to plus so many dB.")
    pitch_semitones: float = Field(0.0, ge=0, le=12, description="Pitch shift up or down at most.")
    stretch: float = Field(0.0, ge=0, lt=0.5, description="Speed change at most, 0.1: 10 %.")
    noise_snr_db: list[float] = Field(
        default_factory=list, max_length=2, description="Lowest and highest SNR of added noise."
    )
    noise_folder: str = Field("", description="Recordings to add; empty: coloured noise.")
    reverb_seconds: list[float] = Field(
        default_factory=list, max_length=2, description="Shortest and longest decay of a room."
    )
    shift: float = Field(0.0, ge=0, le=1, description="Roll in time by at most this share.")
    frequency_masks: int = Field(0, ge=0, description="SpecAugment: masked stripes of bands.")
    frequency_width: float = Field(0.15, gt=0, le=1, description="Share of the bands at most.")
    time_masks: int = Field(0, ge=0, description="SpecAugment: masked stripes of frames.")
    time_width: float = Field(0.15, gt=0, le=1, description="Share of the frames at most.")
    mixup: float = Field(0.0, ge=0, description="Mixup's alpha.")

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
    """When training ends before its last epoch."""

    patience: int = Field(0, ge=0, description="Epochs without a better validation; 0: go on.")
    target_accuracy: float = Field(
        0.0, ge=0, le=1, description="Validation accuracy to stay above; 0: none."
    )
    target_epochs: int = Field(3, ge=1, description="Epochs in a row above it.")


class Training(_Strict):
    """How the network learns."""

    epochs: int = Field(30, ge=1, description="Most epochs.")
    batch_size: int = Field(32, ge=1, description="Windows of a step.")
    learning_rate: float = Field(1e-3, gt=0, description="Step size of the optimiser.")
    optimiser: Literal["adam", "adamw", "sgd", "adadelta"] = Field("adam")
    momentum: float = Field(0.0, ge=0, lt=1, description="Of SGD.")
    beta_1: float = Field(0.9, ge=0, lt=1, description="Of Adam and AdamW.")
    beta_2: float = Field(0.999, ge=0, lt=1, description="Of Adam and AdamW.")
    epsilon: float = Field(1e-8, gt=0, description="Of Adam, AdamW and Adadelta.")
    rho: float = Field(0.9, ge=0, lt=1, description="Of Adadelta.")
    weight_decay: float = Field(0.0, ge=0, description="Decay of the weights by the optimiser.")
    schedule: Literal["constant", "step", "exponential", "cosine", "one-cycle", "plateau"] = Field(
        "constant", description="How the learning rate changes."
    )
    schedule_factor: float = Field(0.1, gt=0, lt=1, description="Of step, exponential, plateau.")
    schedule_epochs: int = Field(10, ge=1, description="Epochs of a step, or plateau patience.")
    loss: Literal["cross-entropy", "mse", "binary-cross-entropy"] = Field(
        "cross-entropy", description="mse: between softmax and one-hot labels."
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="Of cross-entropy.")
    temperature: float = Field(1.0, gt=0, description="Divides the logits while training.")
    l1: float = Field(0.0, ge=0, description="Penalty on the hidden layers' absolute weights.")
    l2: float = Field(0.0, ge=0, description="Penalty on the hidden layers' squared weights.")
    clip_norm: float = Field(0.0, ge=0, description="Longest gradient; 0: any.")
    class_weights: bool = Field(False, description="Rare classes weigh more in the loss.")
    balanced: bool = Field(False, description="Draw every class equally often.")
    standardise: bool = Field(True, description="Each band by the training's mean and deviation.")
    initialisation: Literal["torch", "keras"] = Field(
        "torch", description="keras: Glorot uniform, orthogonal, forget gates at 1."
    )
    keep: Literal["best", "last"] = Field(
        "best", description="Which epoch's weights: best validation loss, or the last one's."
    )
    dropout_at_test: bool = Field(False, description="Leave dropout on when judging (a trap).")
    stop: Stop = Field(default_factory=Stop)
    seed: int = Field(1, ge=0, description="Of everything random.")


class Deployment(_Strict):
    """How the classifier is used afterwards."""

    hop_samples: int = Field(0, ge=0, description="Between windows when listening; 0: half one.")
    task: Literal["instrument", "genre", "mood", "author", "other"] = "other"
    calibrate: bool = Field(True, description="Fit a temperature on the validation part.")
    gate: bool = Field(
        True, description="Learn from background recordings, where given, what is none of these."
    )


class Published(_Strict):
    """What the original did otherwise, and what it reported."""

    source: str = Field("", description="Where the system comes from.")
    changes: dict[str, Any] = Field(
        default_factory=dict, description="Fields set for the variant as-published."
    )
    traps: list[str] = Field(default_factory=list, description="What the original got wrong.")
    figures: dict[str, float] = Field(default_factory=dict, description="What it reported.")
    parameters: int | None = Field(None, description="Numbers in its network.")


class Recipe(_Strict):
    """Everything that decides what a training gives."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Short name.")
    title: str = Field(description="What it is called.")
    description: str = Field(description="What it does, in a sentence or two.")
    data: Data = Field(default_factory=Data)
    feature: Chosen
    network: Chosen
    training: Training = Field(default_factory=Training)
    augmentation: Augmentation = Field(default_factory=Augmentation)
    deployment: Deployment = Field(default_factory=Deployment)
    published: Published | None = None
    variant: Variant = Field("corrected", description="corrected or as-published.")

    @model_validator(mode="after")
    def _traps_are_allowed(self) -> "Recipe":
        rule = self.data.split
        if (rule.test_is_validation or rule.train_on_test) and not self.data.allow_leak:
            raise ValueError("judging on what was trained or chosen on needs data.allow_leak")
        return self

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
        return Recipe.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "as a whole"
        words = first["msg"].removeprefix("Value error, ")
        raise RecipeError(f"The recipe {source}: '{place}': {words}.") from error


def read_recipe(path: Path) -> Recipe:
    """A recipe from a TOML file.

    Raises:
        RecipeError: it cannot be read or is wrong.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"The recipe {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"The recipe {path.name} is no TOML file: {error}.") from error
    return validated(fields, path.name)


def presets() -> dict[str, Path]:
    """The recipes Earmark brings along, by name."""
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
        f"There is no recipe '{name}'. Known are: {', '.join(known)}; or give a .toml file."
    )
