"""The classifier file: what is saved is what is loaded, and nothing else is let in."""

import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from engine.classifier.card import Calibration, Card, Part
from engine.classifier.catalog import BUNDLED, Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.file import read_header
from engine.errors import ModelError
from engine.features import build_feature, describe_feature
from engine.networks.musicnn.tags import MusicnnTags

MEL = {"rate_hz": 16000, "n_fft": 512, "hop_length": 256, "n_mels": 96, "center": False}


def make(labels: list[str] | None = None) -> Classifier:
    torch.manual_seed(4)
    labels = labels or ["low", "high", "both"]
    feature = build_feature("log_mel", MEL)
    network = MusicnnTags([4], len(labels))
    network.mix.copy_(torch.rand(len(labels), 4))
    card = Card(
        name="tiny",
        title="Tiny",
        description="for tests",
        task="other",
        multi_label=True,
        labels=labels,
        rate_hz=16000,
        window_samples=512 + 20 * 256,
        hop_samples=10 * 256,
        feature=Part(**describe_feature(feature)),
        network=Part(name="musicnn_tags", arguments=network.arguments()),
        calibration=Calibration(thresholds=[0.5] * len(labels), gate="music"),
        licence="Apache-2.0",
        date="2026-11-21",
    )
    return Classifier(card, feature, network, nn.Linear(network.embedding_size, 1))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    make().save(path)
    return path


def test_saved_and_loaded_says_the_same(stored: Path) -> None:
    classifier, again = make(), Classifier.load(stored)
    waves = torch.randn(3, classifier.card.window_samples) * 0.1
    with torch.inference_mode():
        torch.testing.assert_close(again(waves), classifier(waves))
    assert again.card == classifier.card
    assert again.sha256 is not None
    assert len(again.sha256) == 64


def test_silence_has_no_probability() -> None:
    classifier = make()
    with torch.inference_mode():
        assert classifier(torch.zeros(2, classifier.card.window_samples)).eq(0).all()


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_classifiers_open_and_pass_their_check(name: str) -> None:
    classifier = Catalog().load(name)
    assert classifier.card.name == name
    assert read_header(Catalog().find(name).path).card == classifier.card


def _split(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def _joined(header: dict[str, Any], body: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def _with_card(change: Callable[[dict[str, Any]], None]) -> Callable[[bytes], bytes]:
    def tamper(data: bytes) -> bytes:
        header, body = _split(data)
        card = json.loads(header["__metadata__"]["card"])
        change(card)
        header["__metadata__"]["card"] = json.dumps(card)
        return _joined(header, body)

    return tamper


def _without_tensor(data: bytes) -> bytes:
    header, body = _split(data)
    del header["gate.bias"]
    return _joined(header, body)


def _other_weights(data: bytes) -> bytes:
    header, body = _split(data)
    first, last = header["network.mix"]["data_offsets"]
    changed = bytearray(body)
    changed[first:last] = struct.pack("<12f", *([0.9] * 12))
    return _joined(header, bytes(changed))


def _not_finite(data: bytes) -> bytes:
    header, body = _split(data)
    first, _ = header["network.mix"]["data_offsets"]
    changed = bytearray(body)
    changed[first : first + 4] = struct.pack("<f", float("nan"))
    return _joined(header, bytes(changed))


class _Evil:
    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        return (pytest.fail, ("code from a model file was run",))


def _absurd(card: dict[str, Any]) -> None:
    card["network"]["arguments"]["tags"] = [10**9]


TAMPERED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "pickle": (lambda data: pickle.dumps(_Evil()), "pickled"),
    "zip": (lambda data: b"PK\x03\x04" + data, "pickled"),
    "text": (lambda data: b"hello, I am no model at all", "not a classifier"),
    "empty": (lambda data: b"", "not a classifier"),
    "huge header": (lambda data: struct.pack("<Q", 10**8) + b"{}" * 10**5, "larger than 10 MB"),
    "cut short": (lambda data: data[: len(data) // 2], "damaged|incomplete"),
    "cut in the header": (lambda data: data[:300], "incomplete"),
    "no card": (
        lambda data: _joined({**_split(data)[0], "__metadata__": {}}, _split(data)[1]),
        "card",
    ),
    "newer format": (_with_card(lambda card: card.update(format=7)), "newer version of Earmark"),
    "unknown key": (_with_card(lambda card: card.update(run="rm -rf")), "run"),
    "other labels": (_with_card(lambda card: card.update(labels=["a", "b"])), "labels|calibration"),
    "twice a label": (_with_card(lambda card: card.update(labels=["a", "a", "b"])), "different"),
    "other feature": (
        _with_card(lambda card: card["feature"].update(name="os.system")),
        "no feature",
    ),
    "other window": (_with_card(lambda card: card.update(window_samples=9000)), "does not fit"),
    "absurd network": (_with_card(_absurd), "must be between"),
    "missing tensor": (_without_tensor, "does not fit"),
    "other weights": (_other_weights, "does not reproduce the probabilities"),
    "not finite": (_not_finite, "invalid weights"),
}


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampered_files_are_refused(kind: str, stored: Path, tmp_path: Path) -> None:
    tamper, words = TAMPERED[kind]
    path = tmp_path / "bad.safetensors"
    path.write_bytes(tamper(stored.read_bytes()))
    with pytest.raises(ModelError, match=words):
        Classifier.load(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Classifier.load(tmp_path / "none.safetensors")
    with pytest.raises(ModelError, match="folder"):
        Classifier.load(tmp_path)


def test_the_catalog_keeps_broken_classifiers_apart(stored: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.safetensors").write_bytes(stored.read_bytes())
    (tmp_path / "bad.safetensors").write_text("no model")
    catalog = Catalog(tmp_path)
    assert [entry.name for entry in catalog.entries()] == [*BUNDLED, "tiny"]
    assert list(catalog.broken()) == [tmp_path / "bad.safetensors"]
    assert catalog.load("tiny").card.title == "Tiny"
    with pytest.raises(ModelError, match="Available: instrument"):
        catalog.find("nonsense")
