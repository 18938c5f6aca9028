"""What is kept of corrections: written whole, read within bounds, by one at a time."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.personal import store as store_module
from engine.classifier.personal.applied import corrected, save_corrected
from engine.classifier.personal.card import Said
from engine.classifier.personal.learning import undo
from engine.errors import ModelError
from engine.locks import FolderLock
from tests.engine.classifier.personal.conftest import HIGH_HZ, LOW_HZ, ODD_HZ, tone
from tests.engine.classifier.personal.test_learning import chances, teach


@pytest.fixture
def taught(catalog: Catalog, tones: Classifier) -> Path:
    """The file with one correction."""
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    return catalog.corrections.path(tones.sha256 or "")


def changed(path: Path, **fields: object) -> None:
    """Write the file again with other words."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        card = json.loads(file.metadata()["personal"]) | fields
    save_file(load_file(path), path, metadata={"personal": json.dumps(card)})


def retensored(path: Path, name: str, tensor: torch.Tensor | None) -> None:
    """Write the file again with another tensor, or without it."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    tensors.pop(name, None)
    if tensor is not None:
        tensors[name] = tensor
    save_file(tensors, path, metadata=metadata)


def test_it_is_read_as_it_was_written(catalog: Catalog, tones: Classifier, taught: Path) -> None:
    kept = catalog.corrections.read(tones.sha256 or "")
    assert kept is not None
    assert kept.card.name == "tones"
    assert kept.card.base == tones.sha256
    (correction,) = kept.card.corrections
    assert correction.words == "kazoo, not low"
    assert correction.heard == "take.wav"
    assert kept.corrected[1].shape[1] == tones.network.embedding_size
    assert [card.name for card in catalog.corrections.cards()] == ["tones"]


def test_without_corrections_there_is_nothing(catalog: Catalog, tones: Classifier) -> None:
    assert catalog.corrections.card(tones.sha256 or "") is None
    assert catalog.corrections.read(tones.sha256 or "") is None
    assert catalog.corrections.cards() == []


@pytest.mark.parametrize(
    ("name", "tensor"),
    [
        ("head.points", None),
        ("head.shifts", torch.zeros(1, 2)),
        ("head.centre", torch.zeros(3)),
        ("correction.1", None),
        ("correction.1", torch.zeros(store_module.MOST_WINDOWS + 1, 7808)),
        ("correction.7", torch.zeros(1, 7808)),
        ("rehearsal", torch.zeros(4)),
        ("left", torch.zeros(1, 7808, dtype=torch.float64)),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_read(
    catalog: Catalog, tones: Classifier, taught: Path, name: str, tensor: torch.Tensor | None
) -> None:
    retensored(taught, name, tensor)
    with pytest.raises(ModelError, match="was modified"):
        catalog.corrections.card(tones.sha256 or "")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"format": 2}, "newer version"),
        ({"base": "0" * 64}, "another classifier"),
        ({"labels": ["kazoo"]}, "do not begin"),
        ({"known": ["a"], "labels": ["a", "kazoo"]}, "was modified"),
        ({"corrections": [{"number": 1, "kind": "is"}]}, "was modified"),
        ({"surprise": 1}, "was modified"),
    ],
)
def test_wrong_words_are_refused(
    catalog: Catalog, tones: Classifier, taught: Path, fields: dict[str, object], words: str
) -> None:
    changed(taught, **fields)
    with pytest.raises(ModelError, match=words):
        catalog.corrections.card(tones.sha256 or "")


@pytest.mark.parametrize(
    ("name", "value"), [("head.shifts", torch.nan), ("head.centre", 3e38), ("head.points", 1e6)]
)
def test_numbers_that_are_none_are_refused(
    catalog: Catalog, tones: Classifier, taught: Path, name: str, value: float
) -> None:
    tensor = load_file(taught)[name]
    tensor.view(-1)[0] = value
    retensored(taught, name, tensor)
    with pytest.raises(ModelError, match="invalid numbers"):
        catalog.corrections.read(tones.sha256 or "")


def test_a_damaged_file_costs_no_classifier(
    catalog: Catalog, tones: Classifier, taught: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = taught.read_bytes()
    taught.write_bytes(data[:200])
    assert chances(catalog.load("tones"), ODD_HZ) == chances(tones, ODD_HZ)
    assert "incomplete" in caplog.text
    taught.write_bytes(data)
    assert catalog.load("tones").corrections == ("kazoo, not low",)


def test_one_at_a_time(
    catalog: Catalog, tones: Classifier, taught: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_PATIENCE_SECONDS", 0.1)
    lock = FolderLock(catalog.corrections.folder)
    assert lock.acquire()
    with pytest.raises(ModelError, match="in use by"):
        undo(tones, catalog.corrections, [1])
    lock.release()
    assert undo(tones, catalog.corrections, [1]).count == 0


def test_an_open_classifier_follows(catalog: Catalog, tones: Classifier, taught: Path) -> None:
    """As the window does it: what has not changed is the same object, its trunks always."""
    entry = catalog.find("tones")
    first = catalog.load("tones")
    assert catalog.refreshed(first, entry) is first
    teach(catalog, tones, tone(HIGH_HZ), Said("is", "whistle", ("high",)))
    second = catalog.refreshed(first, entry)
    assert second.corrections == ("kazoo, not low", "whistle, not high")
    assert second.network.trunks[0] is first.network.trunks[0]
    assert second.card.labels[-2:] == ["kazoo", "whistle"]
    assert chances(second, HIGH_HZ)["whistle"] > 0.8
    undo(tones, catalog.corrections, [1, 2])
    third = catalog.refreshed(second, entry)
    assert third.corrections == ()
    assert third.card == tones.card
    assert chances(third, ODD_HZ) == chances(tones, ODD_HZ)


def test_thresholds_of_the_users_stay(catalog: Catalog, tones: Classifier, taught: Path) -> None:
    catalog.adjust("tones", {"high": 0.9, "kazoo": 0.8}, 2.0)
    calibration = catalog.load("tones").card.calibration
    assert calibration.thresholds == [0.5, 0.9, 0.5, 0.8]
    assert calibration.smoothing_seconds == 2.0


def test_by_its_path_a_classifier_is_as_it_is(
    catalog: Catalog, tones: Classifier, taught: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "copy.safetensors"
    elsewhere.write_bytes(catalog.find("tones").path.read_bytes())
    assert catalog.load(str(elsewhere)).corrections == ()


def test_saved_it_is_a_classifier_as_any_other(
    catalog: Catalog, tones: Classifier, taught: Path, tmp_path: Path
) -> None:
    path = tmp_path / "My tones.safetensors"
    save_corrected(tones, catalog.corrections, path)
    found = Classifier.load(path)
    assert found.card.name == "my-tones"
    assert found.card.title == "Planted, corrected"
    assert str(tones.sha256) in found.card.description
    assert "kazoo, not low" in found.card.description
    assert found.corrections == ()
    for hz in (LOW_HZ, ODD_HZ, HIGH_HZ):
        expected = chances(catalog.load("tones"), hz)
        assert chances(found, hz) == pytest.approx(expected, abs=1e-6)
    added = catalog.add(path)
    # It can be corrected in its turn.
    again = catalog.load(added.name)
    teach(catalog, again, tone(HIGH_HZ), Said("is", "whistle", ("high",)))
    assert chances(catalog.load(added.name), HIGH_HZ)["whistle"] > 0.8
    assert chances(catalog.load(added.name), ODD_HZ)["kazoo"] > 0.8


def test_corrections_of_another_network_are_refused(
    catalog: Catalog, tones: Classifier, taught: Path
) -> None:
    kept = catalog.corrections.read(tones.sha256 or "")
    assert kept is not None
    other = Catalog().load("genre")
    with pytest.raises(ModelError, match="do not fit"):
        corrected(other, kept)
