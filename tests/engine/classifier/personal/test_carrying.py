"""An update changes a classifier: its corrections are found by its name, and learned again."""

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.personal import carrying, learning
from engine.classifier.personal.card import Said
from engine.classifier.personal.carrying import Carried, carry_over
from engine.classifier.personal.learning import undo
from engine.classifier.personal.process import carry_over_in_process
from engine.errors import ModelError
from tests.engine.classifier.personal.conftest import HIGH_HZ, LOW_HZ, ODD_HZ, tone, two_tones
from tests.engine.classifier.personal.test_learning import chances, done, teach, teach_both
from tests.engine.classifier.personal.test_process import driven


@pytest.fixture(scope="module")
def known() -> dict[int, torch.Tensor]:
    return {}


@pytest.fixture(autouse=True)
def _remembered_by_size(monkeypatch: pytest.MonkeyPatch, known: dict[int, torch.Tensor]) -> None:
    """What is remembered is computed once for each size of embeddings."""
    compute = learning.remember

    def remember(classifier: Classifier) -> Generator[float, None, torch.Tensor]:
        size = classifier.network.embedding_size
        if size not in known:
            known[size] = yield from compute(classifier)
        return known[size]

    monkeypatch.setattr(learning, "remember", remember)


def update(catalog: Catalog, *, gate: bool = True, bands: int = 72) -> Classifier:
    """Another classifier of that name in its place: other bands, so that its embeddings differ.

    Even their size does: a head that was learned for the former could not be used.
    """
    made = two_tones(multi_label=False, gate=gate, bands=bands)
    made.save(catalog.folder / "tones.safetensors")
    return made


def carried(catalog: Catalog, base: Classifier) -> Carried:
    return done(carry_over(base, catalog.corrections))


def test_an_update_leaves_them_listed_as_earlier(catalog: Catalog, tones: Classifier) -> None:
    teach_both(catalog, tones)
    assert catalog.earlier(catalog.find("tones")) == []
    new = update(catalog)
    assert new.sha256 != tones.sha256
    assert catalog.load("tones").corrections == ()
    found = catalog.earlier(catalog.find("tones"))
    assert [one.correction.words for one in found] == ["kazoo, not low", "not high"]
    assert all(one.sound is not None and one.base == tones.sha256 for one in found)


def test_they_hold_on_the_new_one_once_carried_over(catalog: Catalog, tones: Classifier) -> None:
    teach_both(catalog, tones)
    new = update(catalog)
    before = chances(new, LOW_HZ)
    assert chances(catalog.load("tones"), ODD_HZ)["low"] > 0.5
    found = carried(catalog, new)
    assert (found.name, found.numbers, found.followed, found.left) == ("tones", (1, 2), 2, ())
    assert found.check.fine
    after = catalog.load("tones")
    assert after.sha256 == new.sha256
    assert after.corrections == ("kazoo, not low", "not high")
    assert chances(after, ODD_HZ)["kazoo"] > 0.8
    assert chances(after, HIGH_HZ)["high"] < 0.2
    assert chances(after, LOW_HZ)["low"] == pytest.approx(before["low"], abs=0.05)
    assert catalog.earlier(catalog.find("tones")) == []


def test_the_earlier_ones_stay_and_carrying_over_is_undone(
    catalog: Catalog, tones: Classifier
) -> None:
    teach_both(catalog, tones)
    store, old = catalog.corrections, tones.sha256 or ""
    data, sound = store.path(old).read_bytes(), store.sound(old, 1).read_bytes()
    new = update(catalog)
    found = carried(catalog, new)
    assert store.sound(new.sha256 or "", 1).read_bytes() == sound
    assert undo(new, store, found.numbers).count == 0
    assert not store.path(new.sha256 or "").exists()
    assert store.path(old).read_bytes() == data
    assert store.sound(old, 1).read_bytes() == sound
    assert len(catalog.earlier(catalog.find("tones"))) == 2
    tones.save(catalog.folder / "tones.safetensors")  # the earlier version comes back
    assert chances(catalog.load("tones"), ODD_HZ)["kazoo"] > 0.8


def test_what_was_corrected_since_is_kept_beside_them(catalog: Catalog, tones: Classifier) -> None:
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    new = update(catalog)
    teach(catalog, new, tone(HIGH_HZ), Said("is", "whistle", ("high",)))
    assert carried(catalog, new).numbers == (2,)
    after = catalog.load("tones")
    assert after.corrections == ("whistle, not high", "kazoo, not low")
    assert chances(after, ODD_HZ)["kazoo"] > 0.8
    assert chances(after, HIGH_HZ)["whistle"] > 0.8


def test_over_two_updates_each_is_carried_once(catalog: Catalog, tones: Classifier) -> None:
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    second = update(catalog)
    carried(catalog, second)
    teach(catalog, second, tone(HIGH_HZ), Said("not", said=("high",)))
    third = update(catalog, bands=56)
    assert len({tones.sha256, second.sha256, third.sha256}) == 3
    words = [one.correction.words for one in catalog.earlier(catalog.find("tones"))]
    assert words == ["kazoo, not low", "not high"]
    assert carried(catalog, third).numbers == (1, 2)
    assert catalog.earlier(catalog.find("tones")) == []
    origins = [c.origin for c in catalog.corrections.cards()[0].corrections]
    assert len(origins) == len(set(origins))


def test_what_cannot_be_carried_over_is_told(catalog: Catalog, tones: Classifier) -> None:
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    teach(catalog, tones, tone(HIGH_HZ), Said("nothing", said=("high",)))
    teach(catalog, tones, tone(LOW_HZ), Said("is", "hum", ("low",)))
    catalog.corrections.sound(tones.sha256 or "", 1).unlink()
    new = update(catalog, gate=False)
    assert catalog.earlier(catalog.find("tones"))[0].sound is None
    found = carried(catalog, new)
    assert (found.numbers, len(found.left)) == ((1,), 2)
    assert found.left[0] == ("kazoo, not low", "Its sound is not kept.")
    assert "always says one of its labels" in found.left[1][1]
    assert catalog.load("tones").corrections == ("hum, not low",)
    # Both are still there for a version that can learn them.
    assert len(catalog.earlier(catalog.find("tones"))) == 2
    assert carried(catalog, new).numbers == ()


def test_there_is_room_for_so_many(
    catalog: Catalog, tones: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach_both(catalog, tones)
    new = update(catalog)
    monkeypatch.setattr(carrying, "MOST_CORRECTIONS", 1)
    found = carried(catalog, new)
    assert found.numbers == (1,)
    assert "already" in found.left[0][1]


def test_damaged_sounds_and_strangers_are_left_alone(
    catalog: Catalog, tones: Classifier, tmp_path: Path
) -> None:
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    catalog.corrections.sound(tones.sha256 or "", 1).write_bytes(b"no sound")
    new = update(catalog)
    found = carried(catalog, new)
    assert found.numbers == ()
    assert len(found.left) == 1
    elsewhere = tmp_path / "tones.safetensors"
    new.save(elsewhere)
    assert catalog.earlier(catalog.find(str(elsewhere))) == []  # a file by its path is as it is
    with pytest.raises(ModelError, match="no corrections of an earlier version"):
        carried(Catalog(tmp_path / "other"), new)


def test_a_process_of_its_own_tells_how_far_it_is(catalog: Catalog, tones: Classifier) -> None:
    teach_both(catalog, tones)
    update(catalog)
    shares: list[float] = []

    def watched() -> Generator[None, None, Carried]:
        steps = carry_over_in_process(catalog.find("tones").path, catalog.folder)
        while True:
            try:
                shares.append(next(steps))
            except StopIteration as stop:
                found: Carried = stop.value
                return found
            yield

    found = driven(watched())
    assert found.numbers == (1, 2)
    assert len(set(shares)) > 2
    assert np.all(np.diff(shares) >= 0)
    assert chances(catalog.load("tones"), ODD_HZ)["kazoo"] > 0.8


def test_corrections_go_with_another_title(catalog: Catalog, tones: Classifier) -> None:
    teach_both(catalog, tones)
    path = catalog.find("tones").path
    catalog.retitle(path, "Deep and high")
    after = catalog.load("tones")
    assert after.card.title == "Deep and high, corrected"
    assert chances(after, ODD_HZ)["kazoo"] > 0.8
    assert catalog.corrections.sound(after.sha256 or "", 2).exists()
    assert catalog.earlier(catalog.find("tones")) == []
    assert [card.base for card in catalog.corrections.cards()] == [after.sha256]
    catalog.retitle(path, "Planted")  # as it is undone
    assert chances(catalog.load("tones"), ODD_HZ)["kazoo"] > 0.8
    assert len(catalog.corrections.cards()) == 1


def test_a_title_that_cannot_be_written_leaves_no_second_ones(
    catalog: Catalog, tones: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach_both(catalog, tones)

    def full(path: Path, data: bytes) -> None:
        raise ModelError(f"{path.name} cannot be written.")

    with monkeypatch.context() as patch:
        patch.setattr("engine.classifier.catalog.write_file", full)
        with pytest.raises(ModelError):
            catalog.retitle(catalog.find("tones").path, "Deep and high")
    assert catalog.earlier(catalog.find("tones")) == []
    assert chances(catalog.load("tones"), ODD_HZ)["kazoo"] > 0.8


def test_another_title_replaces_no_corrections_of_a_file_that_was_there(
    catalog: Catalog, tones: Classifier
) -> None:
    path = catalog.find("tones").path
    old = path.read_bytes()
    teach_both(catalog, tones)
    catalog.retitle(path, "Deep and high")
    path.write_bytes(old)  # as it was exported before, imported again and corrected
    teach(catalog, Classifier.load(path), tone(ODD_HZ), Said("is", "comb", ("low",)))
    entry = catalog.retitle(path, "Deep and high")
    card = catalog.corrections.card(entry.sha256())
    assert card is not None
    assert len(card.corrections) == 2
    assert [one.correction.label for one in catalog.earlier(entry)] == ["comb"]


def test_what_is_learned_while_the_title_changes_is_moved_too(
    catalog: Catalog, tones: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    teach_both(catalog, tones)
    changing = catalog.corrections.changing
    late = [lambda: teach(catalog, tones, tone(ODD_HZ), Said("is", "comb", ("low",)))]

    @contextlib.contextmanager
    def waits() -> Iterator[None]:  # for another process, which had the lock
        if late:
            late.pop()()
        with changing():
            yield

    monkeypatch.setattr(catalog.corrections, "changing", waits)
    catalog.retitle(catalog.find("tones").path, "Deep and high")
    assert len(catalog.load("tones").corrections) == 3


def test_a_kill_as_the_title_changes_doubles_nothing(catalog: Catalog, tones: Classifier) -> None:
    teach_both(catalog, tones)
    path, old = (
        catalog.corrections.path(tones.sha256 or ""),
        catalog.find("tones").path.read_bytes(),
    )
    kept = path.read_bytes()
    catalog.retitle(catalog.find("tones").path, "Deep and high")
    path.write_bytes(kept)  # killed before it was deleted
    assert catalog.earlier(catalog.find("tones")) == []
    catalog.find("tones").path.write_bytes(old)  # killed before the title was written
    assert catalog.earlier(catalog.find("tones")) == []


def test_what_another_program_carried_over_meanwhile_is_told(
    catalog: Catalog, tones: Classifier
) -> None:
    teach_both(catalog, tones)
    new = update(catalog)
    steps = carry_over(new, catalog.corrections)
    next(steps)
    carried(catalog, new)
    with pytest.raises(ModelError, match="There are no corrections of an earlier version"):
        done(steps)
