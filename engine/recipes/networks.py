"""The arguments of the networks that recipes name, with their help and ranges, without torch."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.recipes.recipe import LayerKind, Recipe

Activation = Literal["relu", "sigmoid", "tanh", "elu", "leaky_relu", "gelu"]
_HIDDEN = "Units of each dense layer, from the first to the last."
_DROPOUT = "Share of the units that dropout leaves out."
_CHANNELS = "Channels of each convolution, from the first to the last."


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dense(_Arguments):
    """Arguments of `dense`: layers that see the whole window at once."""

    hidden: list[int] = Field([256], description=_HIDDEN)
    activation: Activation = Field("relu", description="Activation of the dense layers.")
    dropout: float = Field(0.0, ge=0, lt=1, description=_DROPOUT)


class Cnn(_Arguments):
    """Arguments of `cnn`: convolutions and pooling, then dense layers."""

    channels: list[int] = Field([32, 32, 32], description=_CHANNELS)
    kernels: list[int] = Field([3, 3, 2], description="Side of each convolution's square kernel.")
    pools: list[int] = Field([3, 3, 2], description="Side of the max pooling after each.")
    hidden: list[int] = Field([64], description=_HIDDEN)
    activation: Activation = Field("relu", description="Activation of the dense layers.")
    dropout: float = Field(0.3, ge=0, lt=1, description=_DROPOUT)


class Recurrent(_Arguments):
    """Arguments of `recurrent`: layers that read the window step by step."""

    kind: Literal["rnn", "gru", "lstm"] = Field("lstm", description="Kind of the layers.")
    units: list[int] = Field([64], description="Units of each recurrent layer.")
    states: Literal["last", "all"] = Field(
        "last", description="What goes on: the state after the last step, or all states."
    )
    hidden: list[int] = Field([], description=_HIDDEN)
    activation: Activation = Field("relu", description="Activation of the dense layers.")
    dropout: float = Field(0.0, ge=0, lt=1, description=f"{_DROPOUT[:-1]} after each dense layer.")
    dropout_between: float | list[float] = Field(
        0.0,
        description=(
            "Dropout between recurrent layers; several numbers: one for each gap between them."
        ),
    )
    first_frames: int = Field(0, ge=0, description="Read only so many frames; 0: all.")
    frames_per_step: int = Field(1, ge=1, description="Frames that are read as one step.")
    biases: Literal[1, 2] = Field(2, description="Biases of a layer: 1 as in Keras, 2 as in torch.")


class Crnn(_Arguments):
    """Arguments of `crnn`: convolutions, then a bidirectional GRU."""

    channels: list[int] = Field([16, 32, 32], description=_CHANNELS)
    units: int = Field(64, ge=1, description="Units of the GRU in each direction.")
    dropout: float = Field(0.3, ge=0, lt=1, description=_DROPOUT)


class ResidualCnn(_Arguments):
    """Arguments of `residual_cnn`: blocks of convolutions beside shortcuts."""

    channels: list[int] = Field([16, 32, 64, 128], description="Channels of each block.")
    dropout: float = Field(0.2, ge=0, lt=1, description=_DROPOUT)


class MobileCnn(_Arguments):
    """Arguments of `mobile_cnn`: MobileNetV3."""

    width: float = Field(0.4, gt=0, le=4, description="Share of MobileNetV3-Large's channels.")
    hidden: int = Field(256, ge=1, description="Units of the dense layer.")
    dropout: float = Field(0.2, ge=0, lt=1, description=_DROPOUT)
    relative: bool = Field(True, description="Take the mean level of each window out.")


class EmbeddingHead(_Arguments):
    """Arguments of `embedding_head`: a small head on frozen musicnn networks."""

    trunks: int = Field(2, ge=1, le=2, description="How many musicnn networks are joined.")
    levelled: bool = Field(False, description="Bring each window to one level first.")
    hidden: list[int] = Field([], description=_HIDDEN)
    dropout: float = Field(0.3, ge=0, lt=1, description=_DROPOUT)


class PitchCnn(_Arguments):
    """Arguments of `pitch_cnn`: convolutions over semitones."""

    channels: list[int] = Field([16, 32, 48], description=_CHANNELS)
    kernels: list[int] = Field([5, 5, 5], description="Height of each kernel in bands; odd.")
    pools: list[int] = Field([1, 2, 1], description="Bands that become one after each.")
    width: int = Field(96, ge=1, description="Channels of the last layer.")
    dropout: float = Field(0.3, ge=0, lt=1, description=_DROPOUT)
    overtones: list[int] = Field(
        [-12, 12, 19, 24, 28], description="Bands from a note to its partials."
    )


NETWORK_FIELDS: dict[str, type[BaseModel]] = {
    "dense": Dense,
    "cnn": Cnn,
    "recurrent": Recurrent,
    "crnn": Crnn,
    "residual_cnn": ResidualCnn,
    "mobile_cnn": MobileCnn,
    "embedding_head": EmbeddingHead,
    "pitch_cnn": PitchCnn,
}


def argument(recipe: Recipe, name: str) -> Any:
    """An argument of a recipe's network, its default where the recipe leaves it out."""
    if name in recipe.network.arguments:
        return recipe.network.arguments[name]
    kind = NETWORK_FIELDS.get(recipe.network.name)
    field = kind.model_fields.get(name) if kind else None
    return field.get_default(call_default_factory=True) if field else None


def trained_kinds(recipe: Recipe) -> set[LayerKind]:
    """The kinds of layers under the output that the recipe's network trains."""
    hidden: set[LayerKind] = {"dense"} if argument(recipe, "hidden") else set()
    known: dict[str, set[LayerKind]] = {
        "dense": hidden,
        "cnn": {"convolutional", *hidden},
        "recurrent": {"recurrent", *hidden},
        "crnn": {"convolutional", "recurrent"},
        "residual_cnn": {"convolutional"},
        "mobile_cnn": {"convolutional", "dense"},
        "embedding_head": {"dense"},
        "pitch_cnn": {"convolutional"},
    }
    return known.get(recipe.network.name, {"dense", "convolutional", "recurrent"})
