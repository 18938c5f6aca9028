"""Key and tuning, from the peaks of the spectrum.

The key is the one of 24 whose profile of pitch classes is most like the music's: those that Carol
Krumhansl and Edward Kessler measured, "Tracing the dynamic changes in perceived tonal organization
in a spatial representation of musical keys", Psychological Review 89 (1982).
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.librosa_loading import load_librosa

Numbers = NDArray[np.float64]

N_FFT = 8192
HOP = 2048
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

_CLEAREST_SCORE, _CLEAREST_UNTUNED = 0.6, 0.7  # speech, which keeps to no tuning, reaches 0.65
_CLEAREST_LEAD = 0.02
_SHORTEST_SECONDS = 5.0  # a single note is like a key, too
_CLEAREST_TUNING = 0.25
_PITCHES_OF_BLOCK = 4000
_QUIET = 1e-4  # of the loudest frame's power: quieter ones say nothing of the key


@dataclass(frozen=True)
class Key:
    """In which key the music is.

    Attributes:
        tonic: a name such as "Eb".
        mode: major or minor.
        score: correlation of the music's pitch classes with the key's profile, at most 1.
        lead: by how much that is more than the next key's.
        second: the next key, in words.
        clear: whether it is worth telling; otherwise it is uncertain.
    """

    tonic: str
    mode: Literal["major", "minor"]
    score: float
    lead: float
    second: str
    clear: bool

    @property
    def name(self) -> str:
        """Such as "Eb major"."""
        return f"{self.tonic} {self.mode}"


@dataclass(frozen=True)
class Tuning:
    """How the instruments are tuned.

    Attributes:
        cents: from the nearest semitone of A4 = 440 Hz, -50 to 50. A whole semitone lower (415 Hz)
            can't be told from another key.
        a4_hz: the same, as the frequency of A4.
        clear: whether pitches agree on it.
    """

    cents: float
    a4_hz: float
    clear: bool


class Pitches:
    """Collects pitch classes and tuning, block by block.

    Args:
        rate_hz: of the samples.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._classes = np.zeros(12)
        self._frames = 0  # in which something was heard
        self._pitches: list[Numbers] = []

    def push(self, samples: NDArray[np.float32]) -> None:
        """Take a block of seconds, shape (n,)."""
        if len(samples) < N_FFT:
            return
        librosa = load_librosa()
        sizes = {"n_fft": N_FFT, "hop_length": HOP}
        magnitude = np.abs(librosa.stft(samples, center=False, **sizes))
        power = magnitude.sum(axis=0) ** 2
        heard = power > max(_QUIET * float(power.max()), 1e-9)
        if not heard.any():
            return
        magnitude = magnitude[:, heard]
        self._frames += magnitude.shape[1]
        pitches, strengths = librosa.piptrack(
            S=magnitude, sr=self._rate_hz, fmin=80.0, fmax=2000.0, threshold=0.1, **sizes
        )
        found = pitches[(pitches > 0) & (strengths >= np.median(strengths[pitches > 0]))]
        self._pitches.append(found[:: max(1, len(found) // _PITCHES_OF_BLOCK)])
        tuning = librosa.pitch_tuning(found) if len(found) else 0.0
        chroma = librosa.feature.chroma_stft(
            S=magnitude**2, sr=self._rate_hz, tuning=tuning, **sizes
        )
        self._classes += chroma.sum(axis=1)

    def key(self) -> Key | None:
        """None where nothing was heard."""
        if not self._classes.any():
            return None
        tuning, found = self.tuning(), key_of(self._classes)
        least = _CLEAREST_SCORE if tuning is not None and tuning.clear else _CLEAREST_UNTUNED
        long_enough = self._frames * HOP >= _SHORTEST_SECONDS * self._rate_hz
        clear = long_enough and found.score >= least and found.lead >= _CLEAREST_LEAD
        return replace(found, clear=clear)

    def tuning(self) -> Tuning | None:
        """None where nothing has a pitch."""
        pitches = np.concatenate(self._pitches) if self._pitches else np.zeros(0)
        if not len(pitches):
            return None
        librosa = load_librosa()
        cents = 100.0 * float(librosa.pitch_tuning(pitches, resolution=0.01))
        turns = np.exp(2j * np.pi * 12 * np.log2(pitches / 440.0))
        return Tuning(
            cents, 440.0 * 2 ** (cents / 1200), bool(abs(turns.mean()) >= _CLEAREST_TUNING)
        )


def key_of(classes: Numbers) -> Key:
    """The key whose profile is most like the strengths of twelve pitch classes, C first."""
    scores = [
        (_likeness(np.roll(profile, tonic), classes), NAMES[tonic], mode)
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    ]
    (score, tonic, mode), (next_score, next_tonic, next_mode) = sorted(scores, reverse=True)[:2]
    lead = score - next_score
    clear = score >= _CLEAREST_SCORE and lead >= _CLEAREST_LEAD
    second = f"{next_tonic} {next_mode}"
    return Key(tonic, "major" if mode == "major" else "minor", score, lead, second, clear)


def _likeness(one: Numbers, other: Numbers) -> float:
    """Correlation; 0 where one of them is flat."""
    flat = min(float(np.ptp(one)), float(np.ptp(other))) <= 0
    return 0.0 if flat else float(np.corrcoef(one, other)[0, 1])
