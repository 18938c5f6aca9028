"""Learning from corrections: what is said is followed, nothing else changes, all can go back."""

from collections.abc import Callable, Generator
from typing import TypeVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.audio import Audio, probe
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.personal import learning
from engine.classifier.personal.card import Said
from engine.classifier.personal.learning import Learned, correct, prepare, undo
from engine.classifier.personal.stretch import Stretch
from engine.errors import AudioError, ModelError
from tests.engine.classifier.personal.conftest import (
    HIGH_HZ,
    LOW_HZ,
    ODD_HZ,
    stretch,
    tone,
    two_tones,
)
from tests.planted import RATE

Result = TypeVar("Result")
Teach = Callable[[Catalog, Classifier, NDArray[np.float32], Said], Learned]


def done(steps: Generator[float, None, Result]) -> Result:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result


def teach(catalog: Catalog, base: Classifier, sound: NDArray[np.float32], said: Said) -> Learned:
    prepared = done(prepare(base, catalog.corrections, stretch(sound)))
    return correct(base, catalog.corrections, prepared, said)


def teach_both(catalog: Catalog, tones: Classifier) -> None:
    """A tone of another class, and one that is not what was said."""
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    teach(catalog, tones, tone(HIGH_HZ), Said("not", said=("high",)))


def chances(classifier: Classifier, hz: float) -> dict[str, float]:
    with torch.inference_mode():
        row = classifier(torch.from_numpy(tone(hz, 1.0))[None])[0]
    return dict(zip(classifier.card.labels, row.tolist(), strict=True))


def test_what_it_is_is_learned_and_elsewhere_nothing_changes(
    catalog: Catalog, tones: Classifier
) -> None:
    before = {hz: chances(tones, hz) for hz in (LOW_HZ, HIGH_HZ)}
    assert chances(tones, ODD_HZ)["low"] > 0.5
    learned = teach(catalog, tones, tone(ODD_HZ), Said("is", "hiss", ("low",)))
    assert (learned.name, learned.number, learned.count) == ("tones", 1, 1)
    assert learned.followed
    after = catalog.load("tones")
    assert chances(after, ODD_HZ)["hiss"] > 0.8
    assert chances(after, ODD_HZ * 1.01)["hiss"] > 0.7  # it was not learned by heart
    for hz, old in before.items():
        assert chances(after, hz) == pytest.approx(old, abs=0.05)


def test_what_was_said_can_be_confirmed(catalog: Catalog, tones: Classifier) -> None:
    before = chances(tones, LOW_HZ)
    said = max(before, key=before.__getitem__)
    learned = teach(catalog, tones, tone(LOW_HZ), Said("is", said, (said,)))
    assert learned.followed
    assert learned.check.fine
    assert chances(catalog.load("tones"), LOW_HZ)[said] > before[said] - 1e-6


def test_a_new_class_is_a_label_more(catalog: Catalog, tones: Classifier) -> None:
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    after = catalog.load("tones")
    assert after.card.labels == ["low", "high", "hiss", "kazoo"]
    assert len(after.card.calibration.thresholds) == 4
    assert chances(after, ODD_HZ)["kazoo"] > 0.8
    assert chances(after, LOW_HZ)["kazoo"] < 0.05


@pytest.mark.parametrize("kind", ["tones", "several"])
def test_what_it_is_not_is_learned(
    catalog: Catalog, kind: str, request: pytest.FixtureRequest
) -> None:
    base = request.getfixturevalue(kind)
    low = chances(base, LOW_HZ)["low"]
    learned = teach(catalog, base, tone(ODD_HZ), Said("not", said=("low",)))
    assert learned.followed
    after = catalog.load("tones")
    assert chances(after, ODD_HZ)["low"] < 0.2
    assert chances(after, LOW_HZ)["low"] == pytest.approx(low, abs=0.05)


def test_several_labels_each_for_itself(catalog: Catalog, several: Classifier) -> None:
    both = tone(ODD_HZ) + tone(HIGH_HZ)
    with torch.inference_mode():
        before = several(torch.from_numpy(both[:RATE])[None])[0]
    assert before[0] > 0.5
    assert before[1] > 0.5
    teach(catalog, several, both, Said("is", "kazoo", ("low",)))
    with torch.inference_mode():
        after = catalog.load("tones")(torch.from_numpy(both[:RATE])[None])[0]
    assert after[0] < 0.2
    assert after[1] > 0.5  # nobody said that it is not high
    assert after[3] > 0.8


def test_what_the_gate_refused_is_let_in(catalog: Catalog) -> None:
    base = two_tones(multi_label=False)
    assert base.gate is not None
    with torch.no_grad():
        base.gate.bias.fill_(-3.0)
    base.save(catalog.folder / "tones.safetensors")
    assert max(chances(base, ODD_HZ).values()) < 0.1
    learned = teach(catalog, base, tone(ODD_HZ), Said("is", "hiss"))
    assert learned.followed
    assert chances(catalog.load("tones"), ODD_HZ)["hiss"] > 0.7


def test_nothing_of_that_kind(catalog: Catalog, tones: Classifier) -> None:
    learned = teach(catalog, tones, tone(ODD_HZ), Said("nothing", said=("low",)))
    assert learned.followed
    after = catalog.load("tones")
    assert max(chances(after, ODD_HZ).values()) < 0.3
    assert chances(after, LOW_HZ)["low"] > 0.8


def test_without_a_gate_there_is_always_a_label(catalog: Catalog) -> None:
    base = two_tones(multi_label=False, gate=False)
    base.save(catalog.folder / "tones.safetensors")
    with pytest.raises(ModelError, match="always says one of its labels"):
        teach(catalog, base, tone(ODD_HZ), Said("nothing", said=("low",)))
    assert teach(catalog, base, tone(ODD_HZ), Said("is", "hiss", ("low",))).followed
    assert chances(catalog.load("tones"), ODD_HZ)["hiss"] > 0.8


def test_one_by_one_they_are_taken_back(catalog: Catalog, tones: Classifier) -> None:
    old = chances(tones, ODD_HZ)
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    teach(catalog, tones, tone(HIGH_HZ), Said("is", "whistle", ("high",)))
    sounds = [catalog.corrections.sound(tones.sha256 or "", number) for number in (1, 2)]
    assert [probe(path).duration_seconds for path in sounds] == pytest.approx([2.0, 2.0], abs=0.1)
    assert undo(tones, catalog.corrections, [1]).count == 1
    after = catalog.load("tones")
    assert after.card.labels == ["low", "high", "hiss", "whistle"]
    assert after.corrections == ("whistle, not high",)
    assert chances(after, HIGH_HZ)["whistle"] > 0.8
    assert chances(after, ODD_HZ)["low"] == pytest.approx(old["low"], abs=0.02)
    assert not sounds[0].exists()
    with pytest.raises(ModelError, match="no such correction"):
        undo(tones, catalog.corrections, [1])
    assert undo(tones, catalog.corrections, [2]).count == 0
    assert chances(catalog.load("tones"), ODD_HZ) == old
    assert [path.name for path in catalog.corrections.folder.iterdir()] == []


def test_the_same_corrections_give_the_same_head(catalog: Catalog, tones: Classifier) -> None:
    teach(catalog, tones, tone(ODD_HZ), Said("is", "hiss", ("low",)))
    kept = catalog.corrections.read(tones.sha256 or "")
    assert kept is not None
    assert kept.rehearsal is not None
    again = learning.learn(tones, kept.card.corrections, kept.corrected, kept.rehearsal, kept.left)
    assert torch.equal(again.head.shifts, kept.head.shifts)
    assert torch.equal(again.head.points, kept.head.points)


def test_what_else_changes_is_said(
    catalog: Catalog,
    tones: Classifier,
    remembered: torch.Tensor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Among those that are held out is the corrected sound itself: to follow is to change it."""

    def same(base: Classifier) -> Generator[float, None, torch.Tensor]:
        yield 0.0
        with torch.inference_mode():
            odd = base.network.embed(base.feature(torch.from_numpy(tone(ODD_HZ, 1.0))[None]))
        rows = [*remembered[:, None]]
        for place in range(1, 21, 2):
            rows.insert(place, odd)
        return torch.cat(rows)

    monkeypatch.setattr(learning, "remember", same)
    learned = teach(catalog, tones, tone(ODD_HZ), Said("is", "high", ("low",)))
    assert learned.followed
    assert not learned.check.fine
    assert learned.check.changed.count("low to high") == 10


def test_what_was_left_beside_it_is_remembered(catalog: Catalog, tones: Classifier) -> None:
    sound = np.concatenate([tone(HIGH_HZ, 2.5), tone(ODD_HZ, 2.0), tone(LOW_HZ, 2.5)])
    wanted = Stretch(Audio(sound[None], RATE), 2.5, 4.5)
    prepared = done(prepare(tones, catalog.corrections, wanted))
    correct(tones, catalog.corrections, prepared, Said("is", "hiss", ("low",)))
    kept = catalog.corrections.read(tones.sha256 or "")
    assert kept is not None
    assert kept.left is not None
    with torch.inference_mode():
        # What is called low may be the same mistake; what is called high was left as it is.
        assert set(tones.logits(kept.left).argmax(1).tolist()) == {1}
    assert len(kept.left) == 2


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said("is", "  "), "Say what it is"),
        (Said("not"), "no label to take away"),
        (Said("not", said=("kazoo",)), "no label to take away"),
    ],
)
def test_what_says_nothing_is_refused(
    catalog: Catalog, tones: Classifier, said: Said, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        teach(catalog, tones, tone(ODD_HZ), said)
    assert catalog.corrections.card(tones.sha256 or "") is None


def test_silence_teaches_nothing(catalog: Catalog, tones: Classifier) -> None:
    with pytest.raises(AudioError, match="only silence"):
        teach(catalog, tones, np.zeros(RATE, dtype=np.float32), Said("is", "hiss"))


def test_a_family_that_was_heard_is_all_its_labels(catalog: Catalog) -> None:
    base = two_tones(multi_label=False)
    base.card = base.card.model_copy(update={"families": ["a", "b", "a"]})
    base.save(catalog.folder / "tones.safetensors")
    teach(catalog, base, tone(ODD_HZ), Said("is", "hiss", ("a",)))
    teach(catalog, base, tone(ODD_HZ), Said("is", "high", ("a",)))
    card = catalog.corrections.card(base.sha256 or "")
    assert card is not None
    # The first was of that family: that it was said was right.
    assert [correction.said for correction in card.corrections] == [[], ["low", "hiss"]]
    teach(catalog, base, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    assert catalog.load("tones").card.families == ["a", "b", "a", "kazoo"]


def test_a_class_taken_back_may_have_been_corrected_itself(
    catalog: Catalog, tones: Classifier
) -> None:
    """First it was a kazoo, then the kazoo a hiss; without the first nobody knows of kazoos."""
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    teach(catalog, tones, tone(ODD_HZ * 1.02), Said("is", "hiss", ("kazoo",)))
    assert catalog.load("tones").corrections == ("kazoo, not low", "hiss, not kazoo")
    assert undo(tones, catalog.corrections, [1]).count == 1
    after = catalog.load("tones")
    assert after.card.labels == ["low", "high", "hiss"]
    assert chances(after, ODD_HZ * 1.02)["hiss"] > 0.8


def test_a_class_of_the_user_can_be_denied(catalog: Catalog, tones: Classifier) -> None:
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    assert chances(catalog.load("tones"), ODD_HZ * 1.03)["kazoo"] > 0.5
    learned = teach(catalog, tones, tone(ODD_HZ * 1.03), Said("not", said=("kazoo",)))
    assert learned.followed
    assert chances(catalog.load("tones"), ODD_HZ * 1.03)["kazoo"] < 0.5
