"""Waveform to features, as torch modules; a new one is a file and a line in ``FEATURES``."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from engine.arguments import check_arguments
from engine.errors import ModelError
from engine.features.base import Feature
from engine.features.by_librosa import ByLibrosa
from engine.features.chroma import Chroma
from engine.features.delta import Delta
from engine.features.given import Given
from engine.features.log_mel import LogMel
from engine.features.mfcc import Mfcc
from engine.features.pitch import Pitch
from engine.features.spectral_shape import SpectralCentroid, SpectralContrast
from engine.features.spectrum import PowerSpectrogram, Stft
from engine.features.stack import Stack
from engine.features.streaming import FeatureStream
from engine.features.waveform import OneHot, Waveform

__all__ = ["FEATURES", "Feature", "FeatureStream", "build_feature", "describe_feature"]

FEATURES: dict[str, type[Feature]] = {
    "stft": Stft,
    "power": PowerSpectrogram,
    "log_mel": LogMel,
    "mfcc": Mfcc,
    "spectral_centroid": SpectralCentroid,
    "spectral_contrast": SpectralContrast,
    "chroma": Chroma,
    "pitch": Pitch,
    "waveform": Waveform,
    "one_hot": OneHot,
    "delta": Delta,
    "stack": Stack,
    "librosa": ByLibrosa,
    "given": Given,
}


def build_feature(name: str, arguments: Mapping[str, Any]) -> Feature:
    """Make a feature from its name and arguments, as stored in a card or recipe.

    A delta names what it is of as ``"inner": {"name": ..., "arguments": {...}}``, a stack its
    ``"parts"`` as a list of such.

    Raises:
        ModelError: no feature of that name, or arguments that do not fit.
    """
    check_arguments(arguments)
    if name not in FEATURES:
        raise ModelError(f"There is no feature '{name}'. Available: {', '.join(FEATURES)}.")
    arguments = dict(arguments)
    if name == "stack":
        arguments["parts"] = [_nested(part) for part in _list(arguments.get("parts"))]
    if name == "delta":
        arguments["inner"] = _nested(arguments.get("inner"))
    make: Callable[..., Feature] = FEATURES[name]
    try:
        inspect.signature(make).bind(**arguments)
        return make(**arguments)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ModelError(f"The feature '{name}' cannot be created: {error}.") from error
    except (MemoryError, RuntimeError) as error:
        raise ModelError(f"The feature '{name}' cannot be created: {error}.") from error


def describe_feature(feature: Feature) -> dict[str, Any]:
    """The name and arguments from which :func:`build_feature` makes an equal feature."""
    arguments = feature.arguments()
    if isinstance(feature, Stack):
        arguments["parts"] = [describe_feature(part) for part in feature.features]
    if isinstance(feature, Delta):
        arguments["inner"] = describe_feature(feature.inner)
    name = next(name for name, kind in FEATURES.items() if type(feature) is kind)
    return {"name": name, "arguments": arguments}


def _nested(spec: object) -> Feature:
    if not isinstance(spec, Mapping) or set(spec) - {"name", "arguments"} or "name" not in spec:
        raise ModelError("A feature inside another needs a name and arguments.")
    feature = build_feature(str(spec["name"]), spec.get("arguments", {}))
    if isinstance(feature, ByLibrosa):
        raise ModelError(
            "A librosa feature cannot be part of a stack. It combines several calls itself."
        )
    return feature


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ModelError("The parts of a stack must be a list.")
    return value
