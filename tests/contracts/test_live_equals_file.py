"""The test that holds the design: live, file and single windows say the same."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.audio import Audio, Ring, write
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.recognition.analysis import Analysis
from engine.recognition.files import analyse
from engine.recognition.live import listen
from engine.recognition.timeline import Timeline, concatenate
from resources import resource

RATE = 44100


class Clip:
    """A microphone that hears a clip, in blocks of random size, as fast as one listens."""

    def __init__(self, samples: NDArray[np.float32], rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.ring = Ring(rate_hz * 4)
        self.dropped = 0
        self._samples = samples
        self._rng = np.random.default_rng(5)
        self.left = len(samples)

    def check(self) -> None:
        step = int(self._rng.integers(1, self.rate_hz))
        first = len(self._samples) - self.left
        self.ring.write(self._samples[None, first : first + step])
        self.left = max(0, self.left - step)

    def capture_time(self, index: int) -> float:
        return 0.0


@pytest.fixture(scope="module")
def classifiers() -> Iterator[dict[str, Classifier]]:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield Catalog().load_all(("instrument", "genre", "instruments-in-music"))
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from engine.audio import read

    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    demo = read(resource("sounds", "demo.ogg"), mono=True, start_seconds=5.0, duration_seconds=8.3)
    write(path, Audio(demo.samples, RATE), subtype="FLOAT")
    return path


def whole(path: Path, classifiers: dict[str, Classifier]) -> dict[str, Timeline]:
    steps = analyse(path, classifiers)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return dict(stop.value.timelines)


def test_live_equals_file(clip: Path, classifiers: dict[str, Classifier]) -> None:
    from engine.audio import read

    file = whole(clip, classifiers)
    microphone = Clip(read(clip).samples[0], RATE)
    rows: dict[str, list[Timeline]] = {name: [] for name in classifiers}
    updates = listen(microphone, classifiers)
    for update in updates:
        for name, timeline in update.rows.items():
            rows[name].append(timeline)
        assert update.stats.skipped_windows == 0
        if not microphone.left:
            break
    updates.close()
    for name, parts in rows.items():
        live, theirs = concatenate(parts), file[name]
        # The file's last windows wait for its end, which live never comes.
        assert len(theirs) - 2 <= len(live) <= len(theirs)
        assert len(live) >= 10
        np.testing.assert_allclose(live.times, theirs.times[: len(live)])
        expected = theirs.probabilities[: len(live)]
        np.testing.assert_allclose(live.probabilities, expected, atol=1e-6)
        np.testing.assert_allclose(live.presence, theirs.presence[: len(live)], atol=1e-6)


def test_rows_are_the_classifiers_own_windows(
    clip: Path, classifiers: dict[str, Classifier]
) -> None:
    from engine.audio import read

    file = whole(clip, classifiers)
    for name, classifier in classifiers.items():
        card = classifier.card
        sound = torch.from_numpy(read(clip, rate_hz=card.rate_hz, mono=True).samples[0])
        for row in (0, 3, len(file[name]) - 1):
            window = sound[row * card.hop_samples :][: card.window_samples]
            window = torch.nn.functional.pad(window, (0, card.window_samples - len(window)))
            with torch.inference_mode():
                alone = classifier(window[None])[0].numpy()
            np.testing.assert_allclose(file[name].probabilities[row], alone, atol=2e-5)


def test_shared_trunks_change_nothing(clip: Path, classifiers: dict[str, Classifier]) -> None:
    together = whole(clip, classifiers)
    for name, classifier in classifiers.items():
        alone = whole(clip, {name: classifier})[name]
        np.testing.assert_allclose(together[name].probabilities, alone.probabilities, atol=1e-6)


def test_a_trunk_is_computed_once_for_all_who_use_it(
    classifiers: dict[str, Classifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.networks.musicnn.trunk import MusicnnTrunk

    calls: list[int] = []
    original = MusicnnTrunk.finish

    def counted(self: MusicnnTrunk, front: list[torch.Tensor]) -> torch.Tensor:
        if type(self) is MusicnnTrunk:  # that of instruments levels each window and shares nothing
            calls.append(len(front[0]))
        return original(self, front)

    monkeypatch.setattr(MusicnnTrunk, "finish", counted)
    Analysis(classifiers, 16000).push(np.zeros(16000 * 4, np.float32) + 0.01)
    # Three windows of each of two trunks (MagnaTagATune's and the Million Song Dataset's), though
    # three classifiers ask five times.
    assert sum(calls) == 2 * 3
