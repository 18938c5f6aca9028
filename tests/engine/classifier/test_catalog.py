"""The user's classifiers: adding, removing, bringing back, and deciding otherwise."""

import os
from pathlib import Path

import pytest
import torch

from engine.classifier.catalog import BUNDLED, Catalog
from engine.errors import ModelError
from tests.contracts.test_artefact import make


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    make().save(path)
    return path


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("other") / "tiny.safetensors"
    make(["a", "b"]).save(path)
    return path


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "models")


def names(catalog: Catalog) -> list[str]:
    return [entry.name for entry in catalog.entries() if not entry.bundled]


def test_a_name_that_is_taken_gets_a_number(catalog: Catalog, stored: Path, other: Path) -> None:
    assert catalog.add(stored).name == "tiny"
    assert catalog.add(stored).name == "tiny"  # the same file
    assert catalog.add(other).name == "tiny-2"
    assert sorted(names(catalog)) == ["tiny", "tiny-2"]
    assert catalog.add(other).name == "tiny-2"  # the same again, under the name it has here
    assert {e.card.title for e in catalog.entries() if not e.bundled} == {"Tiny", "Tiny (2)"}


def test_a_title_may_be_given_and_changed_on_the_way(catalog: Catalog, stored: Path) -> None:
    assert catalog.add(stored, "Strings, my first").card.title == "Strings, my first"
    again = catalog.add(stored, "Strings, the good one")
    assert (again.name, again.card.title) == ("tiny", "Strings, the good one")
    assert names(catalog) == ["tiny"]
    assert catalog.find("tiny").card.title == "Strings, the good one"


class TestRemoving:
    def test_it_comes_back_as_it_was(self, catalog: Catalog, stored: Path) -> None:
        entry = catalog.add(stored)
        kept = catalog.remove(entry.path)
        assert names(catalog) == []
        assert not catalog.broken()
        assert catalog.restore(kept) == entry.path
        assert names(catalog) == ["tiny"]
        assert entry.path.read_bytes() == stored.read_bytes()

    def test_twice_the_same_name(self, catalog: Catalog, stored: Path, other: Path) -> None:
        first = catalog.remove(catalog.add(stored).path)
        second = catalog.remove(catalog.add(other).path)
        assert first != second
        catalog.restore(first)
        with pytest.raises(ModelError, match="another tiny"):
            catalog.restore(second)
        assert catalog.find("tiny").card.labels == ["low", "high", "both"]

    def test_bundled_ones_stay(self, catalog: Catalog) -> None:
        with pytest.raises(ModelError, match="Only classifiers that you added"):
            catalog.remove(catalog.find("genre").path)
        assert [entry.name for entry in catalog.entries()] == list(BUNDLED)

    def test_a_broken_file_can_be_removed(self, catalog: Catalog) -> None:
        catalog.folder.mkdir()
        bad = catalog.folder / "bad.safetensors"
        bad.write_text("no model")
        catalog.remove(bad)
        assert not catalog.broken()

    def test_after_a_month_it_is_gone(
        self, catalog: Catalog, stored: Path, other: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = catalog.remove(catalog.add(stored).path)
        month = 31 * 24 * 3600 * 10**9
        later = int(first.parent.name) + month
        monkeypatch.setattr("engine.classifier.catalog.time.time_ns", lambda: later)
        second = catalog.remove(catalog.add(other).path)
        assert not first.exists()
        assert second.exists()

    @pytest.mark.skipif(os.name == "nt", reason="folders are not read-only there")
    def test_what_cannot_be_moved_is_said(self, catalog: Catalog, stored: Path) -> None:
        entry = catalog.add(stored)
        (catalog.folder / ".removed").write_text("in the way")
        with pytest.raises(ModelError, match="could not be deleted"):
            catalog.remove(entry.path)
        assert names(catalog) == ["tiny"]


class TestAdjusting:
    def test_only_what_was_adjusted_differs(self, catalog: Catalog, stored: Path) -> None:
        entry = catalog.add(stored)
        catalog.adjust("tiny", {"low": 0.2}, 3.0)
        card = Catalog(catalog.folder).adjusted(entry.card)
        assert card.calibration.thresholds == [0.2, 0.5, 0.5]
        assert card.rules().smoothing_seconds == 3.0
        assert card.labels == entry.card.labels
        assert entry.card.calibration.thresholds == [0.5, 0.5, 0.5]

    def test_loading_uses_it_and_probabilities_stay(self, catalog: Catalog, stored: Path) -> None:
        catalog.add(stored)
        before = catalog.load("tiny")
        catalog.adjust("tiny", {"high": 0.9})
        after = catalog.load("tiny")
        assert after.card.calibration.thresholds == [0.5, 0.9, 0.5]
        assert after.sha256 == before.sha256
        waves = torch.randn(2, before.card.window_samples) * 0.1
        with torch.inference_mode():
            assert torch.equal(after(waves), before(waves))
        by_path = catalog.load(str(stored))  # somebody else's file: as it is
        assert by_path.card == before.card

    def test_an_open_one_is_refreshed_without_its_tensors(
        self, catalog: Catalog, stored: Path
    ) -> None:
        entry = catalog.add(stored)
        opened = catalog.load("tiny")
        assert catalog.refreshed(opened, entry) is opened
        catalog.adjust("tiny", {"low": 0.1})
        other = catalog.refreshed(opened, entry)
        assert other is not opened
        assert other.network is opened.network
        assert opened.card.calibration.thresholds[0] == 0.5
        assert other.card.calibration.thresholds[0] == 0.1
        catalog.reset("tiny")
        assert catalog.refreshed(other, entry).card == entry.card

    def test_a_new_one_of_that_name_is_not_adjusted(
        self, catalog: Catalog, stored: Path, other: Path
    ) -> None:
        catalog.adjust("tiny", {"low": 0.2})
        assert catalog.adjusted(catalog.add(other).card).calibration.thresholds == [0.5, 0.5]

    def test_labels_that_are_gone_are_left_out(self, catalog: Catalog) -> None:
        card = catalog.find("mood").card
        catalog.adjust("mood", {card.labels[1]: 0.25, "gone": 0.1})
        thresholds = catalog.adjusted(card).calibration.thresholds
        assert thresholds[1] == 0.25
        assert thresholds[0] == card.calibration.thresholds[0]

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"mood": {"smoothing_seconds": -1}}'])
    def test_a_damaged_file_counts_as_none(self, catalog: Catalog, text: str) -> None:
        catalog.folder.mkdir()
        (catalog.folder / "adjustments.json").write_text(text)
        card = catalog.find("mood").card
        assert catalog.adjusted(card) == card

    @pytest.mark.parametrize(("threshold", "seconds"), [(1.5, None), (-0.1, None), (0.5, -1.0)])
    def test_nonsense_is_refused(
        self, catalog: Catalog, threshold: float, seconds: float | None
    ) -> None:
        with pytest.raises(ModelError):
            catalog.adjust("mood", {"happy": threshold}, seconds)
        assert catalog.adjustments() == {}
