"""What a card asks for is bounded before anything is built, whatever the card says."""

import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

from engine.classifier import limits
from engine.classifier.card import Calibration, Card, Part
from engine.classifier.catalog import BUNDLED, Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.file import read_header
from engine.errors import ModelError
from engine.features import build_feature, describe_feature
from engine.networks import build_network
from engine.recognition.analysis import Analysis

MEL = {"rate_hz": 8000, "n_fft": 256, "hop_length": 128, "n_mels": 16, "center": False}
FRAMES = 20
NETWORK = {"bands": 16, "frames": FRAMES, "classes": 2, "hidden": [8]}
MOST_SECONDS = 5.0
MOST_BYTES = 300_000_000


def tiny(network: str = "dense", **arguments: Any) -> Classifier:
    torch.manual_seed(1)
    feature = build_feature("log_mel", MEL)
    made = build_network(network, NETWORK | arguments if network == "dense" else arguments)
    card = Card(
        name="tiny", title="Tiny", description="", task="other", multi_label=False,
        labels=["a", "b"], rate_hz=8000, window_samples=256 + (FRAMES - 1) * 128, hop_samples=1280,
        feature=Part(**describe_feature(feature)),
        network=Part(name=network, arguments=made.arguments()),
        calibration=Calibration(thresholds=[0.5, 0.5]), licence="", date="",
    )  # fmt: skip
    return Classifier(card, feature, made)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    tiny().save(path)
    return path


def forged(stored: Path, place: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A file whose card was changed, its window fitting the card."""
    data = stored.read_bytes()
    card = json.loads(
        json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["card"]
    )
    change(card)
    tensors = load_file(stored)
    samples = card["window_samples"]
    if isinstance(samples, int) and samples <= 3_000_000:
        tensors["check.waveform"] = torch.zeros(1, samples)
    place.write_bytes(save(tensors, metadata={"card": json.dumps(card)}))
    return place


def put(*path: str | int) -> Callable[[Any], Callable[[dict[str, Any]], None]]:
    def to(value: Any) -> Callable[[dict[str, Any]], None]:
        def change(card: dict[str, Any]) -> None:
            here: Any = card
            for step in path[:-1]:
                here = here[step]
            here[path[-1]] = value

        return change

    return to


FEATURE, NET = ("feature", "arguments"), ("network", "arguments")
STACK = {"name": "stack", "arguments": {"parts": [{"name": "log_mel", "arguments": MEL}] * 60}}
NESTED: dict[str, Any] = {"name": "log_mel", "arguments": MEL}
for _ in range(20):
    NESTED = {"name": "delta", "arguments": {"inner": NESTED}}
BOMBS = {
    "n_fft": put(*FEATURE, "n_fft")(1 << 24),
    "bands": put(*FEATURE, "n_mels")(10**6),
    "bank": put("feature")(
        {"name": "log_mel", "arguments": MEL | {"n_mels": 1024, "n_fft": 1 << 17}}
    ),
    "pitches": put("feature")(
        {
            "name": "pitch",
            "arguments": {
                "rate_hz": 384_000,
                "n_fft": 1 << 17,
                "lowest": 0,
                "highest": 140,
                "per_semitone": 100,
            },
        }
    ),
    "coefficients": put("feature")({"name": "mfcc", "arguments": {"rate_hz": 8000, "n_mfcc": 1e9}}),
    "slopes": put("feature")(
        {"name": "delta", "arguments": {"inner": STACK["arguments"]["parts"][0], "width": 99_999}}
    ),
    "parts": put("feature")(STACK),
    "nested": put("feature")(NESTED),
    "no table": put("feature", "arguments")(5),
    "list of layers": put(*NET, "hidden")([8] * 100_000),
    "wide layer": put(*NET, "hidden")([1 << 20, 1 << 20]),
    "huge layer": put(*NET, "hidden")([10**18]),
    "text": put(*NET, "activation")("x" * 10**6),
    "frames": put(*NET, "frames")(10**15),
    "negative": put(*NET, "frames")(-3),
    "rate": put("rate_hz")(10**18),
    "feature's rate": put(*FEATURE, "rate_hz")(2**63),
    "hop of one": put("hop_samples")(1),
    "long window": put("window_samples")(2_000_000),
    "endless window": put("window_samples")(59_000_000),
    "name": put("name")("x" * 10**6),
    "labels": put("labels")([str(n) for n in range(100_000)]),
    "temperature": put("calibration", "temperature")(1e-300),
    "threshold": put("calibration", "thresholds")([1e300, 0.5]),
    "deep": put("recipe")(json.loads("[" * 60 + "]" * 60)),
    "another hop": put(*FEATURE, "hop_length")(1),
    "another padding": put(*FEATURE, "center")(True),
    "other frames": put(*NET, "frames")(FRAMES + 1),
    "other bands": put(*FEATURE, "n_mels")(15),
    "no frames": put("window_samples")(100),
    "number as text": put(*FEATURE, "n_fft")("256"),
    "number that is none": put(*FEATURE, "low_hz")(float("nan")),
}


@pytest.mark.parametrize("change", BOMBS.values(), ids=BOMBS)
def test_a_card_cannot_take_the_machine(
    stored: Path, tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    path = forged(stored, tmp_path / "bomb.safetensors", change)
    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelError) as raised:
        Classifier.load(path)
    assert time.process_time() - start < MOST_SECONDS
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert grown < MOST_BYTES
    assert len(str(raised.value)) < 1000


HEADERS = {
    "infinite shape": b'{"a": {"dtype": "F32", "shape": [1e999], "data_offsets": [0, 4]}}',
    "negative shape": b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}',
    "shape in words": b'{"a": {"dtype": "F32", "shape": ["1"], "data_offsets": [0, 4]}}',
    "huge shape": b'{"a": {"dtype": "F32", "shape": [' + b"9" * 400 + b"]}}",
    "no shape": b'{"a": 1}',
    "list": b"[]",
    "brackets": b"[" * 100_000,
    "digits": b"1" * 5000,
    "metadata": b'{"__metadata__": [1]}',
    "card": b'{"__metadata__": {"card": 5}}',
    "card of a list": b'{"__metadata__": {"card": "[]"}}',
    "deep card": b'{"__metadata__": {"card": "' + b"[" * 100_000 + b'"}}',
    "rate": b'{"__metadata__": {"card": "{\\"rate_hz\\": 1' + b"0" * 400 + b'}"}}',
    "surrogate": b'{"__metadata__": {"card": "\\ud800"}}',
    "no text": b"\xff" * 50,
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_broken_file_does_not_end_the_list(tmp_path: Path, header: bytes, stored: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    data = len(header).to_bytes(8, "little") + header + bytes(64)
    (folder / "broken.safetensors").write_bytes(data)
    (folder / "good.safetensors").write_bytes(stored.read_bytes())
    with pytest.raises(ModelError):
        read_header(folder / "broken.safetensors")
    catalog = Catalog(folder)
    assert [entry.name for entry in catalog.entries()] == [*BUNDLED, "tiny"]
    assert list(catalog.broken()) == [folder / "broken.safetensors"]


def test_a_pipe_among_the_classifiers_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    assert "not a file" in Catalog(tmp_path).broken()[tmp_path / "pipe.safetensors"]


def test_a_large_file_is_refused_before_it_is_read(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.classifier.classifier.read_all", lambda path: pytest.fail("read"))
    path = forged(stored, tmp_path / "bomb.safetensors", put(*NET, "hidden")([9]))
    with path.open("r+b") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(ModelError, match="does not fit its card"):
        Classifier.load(path)


def test_a_short_hop_takes_no_more_memory_than_a_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows that one block completes are computed a few at a time."""
    most: list[int] = []
    classifier = tiny()
    embed = classifier.network.embed

    def noticed(features: torch.Tensor) -> torch.Tensor:
        most.append(len(features))
        return embed(features)

    monkeypatch.setattr(classifier.network, "embed", noticed)
    sound = np.random.default_rng(1).normal(0, 0.1, 8000).astype(np.float32)
    rows = []
    for hop in (160, 128):  # shares no frames; does
        object.__setattr__(classifier.card, "hop_samples", hop)
        analysis = Analysis({"a": classifier}, 8000)
        rows.append(analysis.push(sound)["a"].probabilities)
    assert len(rows[0]) == 1 + (8000 - classifier.card.window_samples) // 160
    assert most
    assert max(most) <= limits.WINDOWS_AT_ONCE
    window = classifier.card.window_samples
    alone = [
        classifier(torch.from_numpy(sound[None, n * 160 : n * 160 + window])) for n in range(30)
    ]
    assert np.abs(torch.cat(alone).detach().numpy() - rows[0][:30]).max() < 1e-6


def test_what_is_bundled_is_far_within_the_limits() -> None:
    for name in BUNDLED:
        card = Catalog().find(name).card
        feature = build_feature(card.feature.name, card.feature.arguments)
        with torch.device("meta"):
            sketch = build_network(card.network.name, card.network.arguments)
        cost = limits._network_cost(sketch, feature, card)
        rows = card.rate_hz / card.hop_samples
        assert 1e6 < cost.operations * max(1, rows) < limits.MOST_OPERATIONS / 10
        assert 1e4 < cost.bytes < limits.MOST_BYTES / 10


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_recurrent_networks_are_counted_without_being_computed(kind: str) -> None:
    arguments = {"bands": 16, "frames": FRAMES, "classes": 2, "kind": kind, "units": [8, 4]}
    classifier = tiny("recurrent", **arguments)
    with torch.device("meta"):
        sketch = build_network("recurrent", arguments)
    cost = limits._network_cost(sketch, classifier.feature, classifier.card)
    assert cost.operations > 2 * FRAMES * limits._OF_A_STEP
    with torch.device("meta"):
        longer = {"frames": FRAMES + 1, "states": "all", "hidden": [4]}
        other = build_network("recurrent", arguments | longer)
    with pytest.raises(ModelError):
        limits._network_cost(other, classifier.feature, classifier.card)
