"""Classifier files: their card, the shapes of their tensors and their bytes, broken."""

import io
import json
import os
import pickle
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from engine.classifier.card import Calibration
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.file import read_header
from engine.recognition.analysis import Analysis
from engine.recognition.decisions import decide
from tests import planted
from tests.robustness.damage import broken_bytes, broken_value, deep, places
from tests.robustness.victim import Case

RATE = 4000
_SHAPE = {"rate_hz": RATE, "n_fft": 256, "hop_length": 128, "center": False}
_MFCC = {"name": "mfcc", "arguments": _SHAPE | {"n_mels": 12, "n_fft": 256, "n_mfcc": 6}}
_FEATURES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("log_mel", _SHAPE | {"n_mels": 8}),
    ("mfcc", _SHAPE | {"n_mels": 12, "n_mfcc": 6}),
    ("chroma", _SHAPE),
    ("stack", {"parts": [_MFCC, {"name": "spectral_centroid", "arguments": _SHAPE}]}),
    ("delta", {"inner": _MFCC, "order": 2}),
)
_NETWORKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("dense", {"hidden": [4]}),
    ("pitch_cnn", {"channels": [4], "kernels": [3], "pools": [2], "width": 4, "overtones": [0]}),
    ("recurrent", {"kind": "gru", "units": [5], "hidden": [4]}),
    ("residual_cnn", {"channels": [4, 8]}),
    ("crnn", {"channels": [4, 4], "units": 5}),
)


@dataclass(frozen=True)
class Base:
    """A classifier file taken apart."""

    name: str
    tensors: dict[str, Any]
    card: dict[str, Any]
    rest: bytes

    def joined(self) -> bytes:
        """The file again."""
        return self.with_header(self.tensors | {"__metadata__": {"card": json.dumps(self.card)}})

    def with_header(self, header: Any) -> bytes:
        """The file with another header: values, or JSON as text."""
        text = (header if isinstance(header, str) else json.dumps(header)).encode()
        return len(text).to_bytes(8, "little") + text + self.rest


def bases(folder: Path) -> list[Base]:
    """Small classifiers of several features and networks, with and without a gate."""
    made = []
    for feature, network in zip(_FEATURES, _NETWORKS, strict=True):
        classifier = planted.build(feature, network, multi_label=len(made) != 1)
        if len(made) > 2:
            classifier.gate = nn.Linear(classifier.network.embedding_size, 1)
            calibration = Calibration(
                thresholds=[0.5] * 3, gate="music", scale=[1.0] * 3, bias=[0.0] * 3
            )
            classifier.card = classifier.card.model_copy(update={"calibration": calibration})
        path = folder / "made.safetensors"
        classifier.save(path)
        data = path.read_bytes()
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        card = json.loads(header.pop("__metadata__")["card"])
        made.append(Base(f"{feature[0]} and {network[0]}", header, card, data[8 + length :]))
    return made


def prepare(folder: Path) -> Callable[[random.Random, Path], Case]:
    """What makes the input of a seed."""
    known = bases(folder)
    for path in folder.iterdir():
        path.unlink()

    def make(rng: random.Random, place: Path) -> Case:
        base = rng.choice(known)
        base = replace(base, tensors=_copy(base.tensors), card=_copy(base.card))
        what, data = rng.choice(_WAYS)(rng, base)
        path = place / "broken.safetensors"
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            data(path)
        known_good = what == "as it is"
        case = Case(f"{base.name}, {what}", lambda: use(path), refusable=not known_good)
        return case if path.is_dir() or not path.is_file() else replace(case, untouched=(path,))

    return make


def _copy(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(value))
    return found


def use(path: Path) -> None:
    """List it, open it, hear with it.

    Raises:
        ModelError: it cannot be used.
    """
    catalog = Catalog(path.parent)
    listed = {entry.path for entry in catalog.entries()}
    broken = catalog.broken()
    assert (path in listed) != (path in broken) or path.is_symlink(), "it is not listed once"
    assert len(listed) >= 5, "the bundled ones are not listed"
    card = read_header(path).card
    classifier = Classifier.load(path)
    noise = torch.randn(2, card.window_samples, generator=torch.Generator().manual_seed(1)) / 10
    with torch.inference_mode():
        found = classifier(noise)
    assert found.shape == (2, len(card.labels))
    assert bool(((found >= 0) & (found <= 1)).all()), "what it says are no probabilities"
    if not card.files_only:
        _hear(classifier)
    other = Catalog(path.parent / "others")
    name = other.add(path).name
    assert other.load(name).card.labels == card.labels


def _hear(classifier: Classifier) -> None:
    card = classifier.card
    seconds = (card.window_samples + 4 * card.hop_samples) / card.rate_hz
    sound = np.random.default_rng(1).standard_normal(round(min(seconds, 30) * 8000)) / 10
    analysis = Analysis({"it": classifier}, 8000)
    for rows in (analysis.push(sound.astype(np.float32)), analysis.finish()):
        timeline = rows["it"]
        assert np.isfinite(timeline.probabilities).all()
        assert len(decide(timeline, card.rules())) == len(timeline)


# Ways to break one: bytes, or what puts something else in its place.

Way = Callable[[random.Random, Base], tuple[str, bytes | Callable[[Path], object]]]


def _as_it_is(rng: random.Random, base: Base) -> tuple[str, bytes]:
    del rng
    return "as it is", base.joined()


def _card(rng: random.Random, base: Base) -> tuple[str, bytes]:
    return f"card {broken_value(rng, base.card)}", base.joined()


def _arguments(rng: random.Random, base: Base) -> tuple[str, bytes]:
    """Numbers that make a feature or a network that is huge, tiny or impossible."""
    part = rng.choice(("feature", "network"))
    arguments = base.card[part]["arguments"]
    numbers = [path for path in places(arguments) if isinstance(_at(arguments, path), int | float)]
    said = []
    for path in rng.sample(numbers, min(len(numbers), rng.choice((1, 1, 2, 3)))):
        value = rng.choice((0, 1, 2, -1, 3, 2**12, 2**20, 2**24, 10**6, 10**9, 2**31, 2**63, 0.5))
        value = rng.choice((value, 10**400, float("inf"), float("nan"), "12", None, [7] * 3000))
        _at(arguments, path[:-1])[path[-1]] = value
        said.append(f"{path[-1]} = {str(value)[:20]}")
    if rng.random() < 0.3:
        base.card["window_samples"] = rng.choice((1, 2, 100, 10**6, 60_000_000))
        said.append(f"window {base.card['window_samples']}")
    return f"{part} {', '.join(said)}", base.joined()


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _sizes(rng: random.Random, base: Base) -> tuple[str, bytes]:
    """Labels, window, hop and rate that do not belong together, or are extreme."""
    said = []
    for name, values in (
        ("rate_hz", (1000, 8000, 384_000, 3999, 0)),
        ("window_samples", (1, 100, 127, 128, 129, 60_000_000)),
        ("hop_samples", (1, 2, 60_000_000, 0)),
        ("labels", ([], ["a"], ["a"] * 3, [f"l{n}" for n in range(100_000)], ["\n", "", "=1"])),
        ("families", (["a", "a", "b"], [""] * 3, ["a"])),
    ):
        if rng.random() < 0.4:
            base.card[name] = rng.choice(values)
            said.append(f"{name} {str(base.card[name])[:20]}")
    return f"card with {', '.join(said)}", base.joined()


def _tensors(rng: random.Random, base: Base) -> tuple[str, bytes]:
    return f"header {broken_value(rng, base.tensors)}", base.joined()


def _weights(rng: random.Random, base: Base) -> tuple[str, bytes]:
    """Weights that are no numbers, or other numbers than the check was made with."""
    data, value = bytearray(base.rest), rng.choice((np.nan, np.inf, -np.inf, 1e38, 0.0))
    at = 4 * rng.randrange(len(data) // 4 - 1)
    data[at : at + 4] = np.float32(value).tobytes()
    return f"a weight {value}", replace(base, rest=bytes(data)).joined()


def _bytes(rng: random.Random, base: Base) -> tuple[str, bytes]:
    return broken_bytes(rng, base.joined())


def _length(rng: random.Random, base: Base) -> tuple[str, bytes]:
    size = rng.choice((0, 1, 2, 7, 2**31, 2**63, 2**64 - 1, 10_000_000, 10_000_001, 100))
    return f"a header of {size} bytes", size.to_bytes(8, "little") + base.joined()[8:]


def _json(rng: random.Random, base: Base) -> tuple[str, bytes]:
    text = deep(rng)
    if rng.random() < 0.5:
        card = json.dumps(base.card)
        card = rng.choice(
            (text, f'{card[:-1]},"recipe":{text}}}', f'{card[:-1]},"limits":{text}}}')
        )
        header = base.tensors | {"__metadata__": {"card": card}}
        return f"a card of {text[:20]!r}", base.with_header(header)
    shape = f'{{"__metadata__":{{"card":"{{}}"}},"a":{{"dtype":"F32","shape":{text}}}}}'
    return f"a header of {text[:20]!r}", base.with_header(rng.choice((text, shape)))


class _Runs:
    """What a pickle does when it is read."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch ran-code",)


def _pickled(rng: random.Random, base: Base) -> tuple[str, bytes]:
    out = io.BytesIO()
    kind = rng.choice(("torch", "old torch", "pickle", "npy", "npz", "card"))
    if kind.endswith("torch"):
        torch.save({"a": _Runs()}, out, _use_new_zipfile_serialization=kind == "torch")
    elif kind == "pickle":
        pickle.dump(_Runs(), out, rng.randrange(6))
    elif kind == "npy":
        np.save(out, np.array([_Runs()], dtype=object))
    elif kind == "npz":
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("data.pkl", pickle.dumps(_Runs()))
    else:
        base.card["limits"] = "!!python/object/apply:os.system ['touch ran-code']"
        return "a card that would run", base.joined()
    return f"a pickle ({kind}) in its place", out.getvalue()


def _no_file(rng: random.Random, base: Base) -> tuple[str, Callable[[Path], object]]:
    del base
    what = rng.choice(("folder", "device", "pipe", "loop", "empty"))
    ways: dict[str, Callable[[Path], object]] = {
        "folder": Path.mkdir,
        "device": lambda path: path.symlink_to("/dev/zero"),
        "pipe": os.mkfifo,
        "loop": lambda path: path.symlink_to(path.name),
        "empty": Path.touch,
    }
    return f"a {what} in its place", ways[what]


_WAYS: tuple[Way, ...] = (
    *(_as_it_is, _card, _card, _card, _card, _arguments, _arguments, _arguments, _sizes, _tensors),
    *(_tensors, _weights, _bytes, _bytes, _length, _json, _pickled, _no_file),
)
