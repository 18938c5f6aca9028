"""A corrected classifier hears alike live and in a file, and is exchanged while one listens."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from engine.audio import Audio, Ring, write
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.personal.card import Said
from engine.classifier.personal.learning import undo
from engine.recognition.analysis import Analysis
from engine.recognition.files import analyse
from engine.recognition.live import listen
from engine.recognition.timeline import Timeline, concatenate
from tests.engine.classifier.personal.conftest import HIGH_HZ, LOW_HZ, ODD_HZ, tone, two_tones
from tests.engine.classifier.personal.test_learning import teach
from tests.planted import RATE


class Clip:
    """A microphone that hears a clip, a tenth of a second at a time."""

    rate_hz = RATE
    dropped = 0

    def __init__(self, samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
        self.ring = Ring(RATE * 4)
        self._samples = samples

    @property
    def left(self) -> int:
        return len(self._samples) - self.ring.end

    def check(self) -> None:
        first = self.ring.end
        self.ring.write(self._samples[None, first : first + RATE // 10])

    def capture_time(self, index: int) -> float:
        return 0.0


@pytest.fixture
def corrected(catalog: Catalog, tones: Classifier) -> Classifier:
    teach(catalog, tones, tone(ODD_HZ), Said("is", "kazoo", ("low",)))
    return catalog.load("tones")


@pytest.fixture
def clip() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.concatenate([tone(LOW_HZ, 2.0), tone(ODD_HZ, 2.0), tone(HIGH_HZ, 2.0)])


def heard(
    microphone: Clip, classifiers: Mapping[str, Classifier]
) -> Iterator[tuple[Timeline, float]]:
    for update in listen(microphone, classifiers):
        if len(update.rows["tones"]):
            yield update.rows["tones"], update.stats.seconds
        if not microphone.left:
            return


def test_live_equals_file(
    corrected: Classifier, clip: np.ndarray[tuple[int], np.dtype[np.float32]], tmp_path: Path
) -> None:
    path = tmp_path / "clip.wav"
    write(path, Audio(clip[None], RATE), subtype="FLOAT")
    steps = analyse(path, {"tones": corrected})
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            file = stop.value.timelines["tones"]
            break
    live = concatenate([rows for rows, _ in heard(Clip(clip), {"tones": corrected})])
    assert live.labels == file.labels == ("low", "high", "hiss", "kazoo")
    assert len(live) > 15
    np.testing.assert_allclose(live.probabilities, file.probabilities[: len(live)], atol=5e-6)
    assert set(file.probabilities.argmax(1)) == {0, 1, 3}


def test_a_correction_has_its_say_while_one_listens(
    catalog: Catalog, tones: Classifier, corrected: Classifier
) -> None:
    base = catalog.refreshed(corrected, catalog.find("tones"))
    undo(tones, catalog.corrections, [1])
    plain = catalog.refreshed(base, catalog.find("tones"))
    now: list[dict[str, Classifier]] = [{"tones": plain}]
    microphone = Clip(tone(ODD_HZ, 6.0))
    rows = []
    for update in listen(microphone, lambda: now[-1]):
        rows.append(update.rows["tones"])
        if len(now) == 1 and update.stats.seconds > 3:
            now.append({"tones": corrected})
        if not microphone.left:
            break
    found = [timeline for timeline in rows if len(timeline)]
    said = [timeline.labels[row.argmax()] for timeline in found for row in timeline.probabilities]
    change = said.index("kazoo")
    assert set(said[:change]) == {"low"}
    assert set(said[change:]) == {"kazoo"}
    times = np.concatenate([timeline.times for timeline in found])
    np.testing.assert_allclose(np.diff(times), 0.25)  # no row is lost, nothing begins anew


def test_listening_ends_where_other_trunks_are_wanted(tones: Classifier) -> None:
    now = {"tones": tones}
    updates = listen(Clip(tone(LOW_HZ, 3.0)), lambda: now)
    next(updates)
    now = {"tones": two_tones(multi_label=False)}
    assert list(updates) == []


def test_only_the_same_trunks_are_exchanged(corrected: Classifier, tones: Classifier) -> None:
    analysis = Analysis({"tones": corrected}, RATE)
    assert not analysis.exchange({"tones": tones})
    assert not analysis.exchange({"others": corrected})
    assert not analysis.exchange({})
    assert analysis.exchange({"tones": corrected})
