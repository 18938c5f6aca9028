"""Plays rhythms of genres for which the taggers have no tag: reggae and disco, and what is neither.

    python packaging/models/run.py tags.styles OUT SOUNDFONT...

Writes ``OUT/STYLE/FONT-NUMBER.flac`` (16 kHz, 13 s): accompaniments drawn from patterns that are
typical of each style, with tempo, key, chords and instruments at random. All of it is written here,
for this purpose; fluidsynth and General MIDI soundfonts play it. It is no recording, so what is
learned from it says little about recordings: the card says so.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from gate_sounds import RATE, play
from midi import DRUMS, Score

SECONDS, EACH = 13.0, 12
KICK, STICK, SNARE, CLAP, CLOSED, OPEN, TAMBOURINE, RIDE = 36, 37, 38, 39, 42, 46, 54, 51
MAJOR = ((0, 5, 7, 5), (0, 9, 5, 7), (0, 7, 9, 5), (0, 0, 5, 7), (0, 5, 0, 7))
MINOR = ((0, 10, 8, 10), (0, 5, 0, 7), (0, 8, 10, 0), (0, 3, 10, 5), (0, 0, 5, 5))
TWELVE = ((0, 0, 0, 0, 5, 5, 0, 0, 7, 5, 0, 7),)
EIGHTHS, SIXTEENTHS, BEATS = range(0, 16, 2), range(16), range(0, 16, 4)
OFFBEATS = range(2, 16, 4)


@dataclass(frozen=True)
class Style:
    """Patterns on the sixteenths of a bar, and what plays them (General MIDI, from 0).

    Attributes:
        tempo: lowest and highest, beats a minute.
        drums: where each drum is struck; one of the kits is drawn.
        bass: where the bass plays; one is drawn.
        bass_programs: of the bass.
        chords: where the chords are struck, and for how many sixteenths.
        chord_programs: of the chords; two play where there are ``layers``.
        progressions: roots of the bars, in semitones over the key.
        swing: share of a sixteenth by which every second one is late.
        octaves: whether the bass leaps an octave on the offbeats.
        held: programs that hold the chords over the bar, none: nothing does.
        fifths: chords without a third, low.
    """

    tempo: tuple[int, int]
    drums: Sequence[dict[int, Sequence[int]]]
    bass: Sequence[Sequence[int]]
    bass_programs: Sequence[int]
    chords: Sequence[tuple[Sequence[int], float]]
    chord_programs: Sequence[int]
    progressions: Sequence[Sequence[int]] = MAJOR + MINOR
    swing: float = 0.0
    octaves: bool = False
    held: Sequence[int] = field(default_factory=tuple)
    fifths: bool = False


STYLES = {
    "reggae": Style(
        (66, 88),
        [
            {KICK: [8], STICK: [8], CLOSED: EIGHTHS},
            {KICK: [8], SNARE: [8], CLOSED: OFFBEATS, OPEN: [14]},
            {KICK: BEATS, STICK: [4, 12], CLOSED: EIGHTHS},
            {KICK: [0, 8], STICK: [8], CLOSED: SIXTEENTHS},
        ],
        [[0, 3, 6, 8, 11], [2, 4, 6, 10, 12], [0, 6, 8, 14], [0, 2, 3, 8, 10, 11], [4, 6, 8, 12]],
        [33, 32, 38],
        [([2, 6, 10, 14], 0.8), ([4, 12], 1.0), ([2, 3, 6, 7, 10, 11, 14, 15], 0.5)],
        [27, 28, 16, 17, 0, 26],
        swing=0.15,
    ),
    "disco": Style(
        (108, 130),
        [
            {KICK: BEATS, SNARE: [4, 12], OPEN: OFFBEATS, CLOSED: [0, 4, 8, 12]},
            {KICK: BEATS, CLAP: [4, 12], SNARE: [4, 12], OPEN: OFFBEATS, TAMBOURINE: SIXTEENTHS},
            {KICK: BEATS, SNARE: [4, 12], OPEN: OFFBEATS, CLOSED: SIXTEENTHS},
        ],
        [EIGHTHS, [0, 2, 4, 6, 7, 8, 10, 12, 14, 15], [0, 2, 3, 4, 6, 8, 10, 11, 12, 14]],
        [33, 36, 34, 39],
        [([0, 3, 6, 8, 11, 14], 0.6), (SIXTEENTHS, 0.5), ([2, 6, 10, 14], 0.8), ([0, 7, 10], 1.0)],
        [27, 28, 4, 5, 61, 62],
        octaves=True,
        held=[48, 49, 50, 44],
    ),
    "rock": Style(
        (96, 160),
        [
            {KICK: [0, 8, 10], SNARE: [4, 12], CLOSED: EIGHTHS},
            {KICK: [0, 6, 8], SNARE: [4, 12], RIDE: EIGHTHS},
        ],
        [EIGHTHS, BEATS],
        [33, 34],
        [(EIGHTHS, 1.8), ([0, 6, 8], 3.0)],
        [29, 30, 27],
        fifths=True,
    ),
    "metal": Style(
        (120, 200),
        [
            {KICK: SIXTEENTHS, SNARE: [4, 12], RIDE: BEATS},
            {KICK: EIGHTHS, SNARE: [4, 12], OPEN: BEATS},
        ],
        [SIXTEENTHS, EIGHTHS],
        [34],
        [(SIXTEENTHS, 0.8), ([0, 1, 2, 4, 5, 6, 8, 10, 12], 0.9)],
        [30],
        progressions=MINOR,
        fifths=True,
    ),
    "pop": Style(
        (84, 126),
        [
            {KICK: [0, 8, 11], SNARE: [4, 12], CLOSED: EIGHTHS},
            {KICK: [0, 7, 8], CLAP: [4, 12], CLOSED: SIXTEENTHS},
        ],
        [EIGHTHS, [0, 6, 8, 14]],
        [33, 38],
        [(EIGHTHS, 1.5), ([0, 3, 6, 8, 11, 14], 1.5), (BEATS, 3.5)],
        [0, 1, 25, 4, 88],
        held=[48, 89, 52],
    ),
    "blues": Style(
        (60, 120),
        [
            {KICK: [0, 8], SNARE: [4, 12], RIDE: EIGHTHS},
            {KICK: BEATS, SNARE: [4, 12], CLOSED: EIGHTHS},
        ],
        [BEATS, EIGHTHS],
        [32, 33],
        [(EIGHTHS, 1.2), ([2, 10], 1.0)],
        [26, 27, 0, 22],
        progressions=TWELVE,
        swing=0.6,
    ),
    "country": Style(
        (90, 140),
        [
            {KICK: [0, 8], SNARE: [4, 12], CLOSED: EIGHTHS},
            {STICK: [4, 12], CLOSED: SIXTEENTHS, KICK: [0, 8]},
        ],
        [[0, 8], BEATS],
        [32, 33],
        [([4, 12], 1.5), ([4, 6, 12, 14], 1.0), (EIGHTHS, 0.8)],
        [25, 24, 105, 110],
        progressions=MAJOR,
    ),
    "jazz": Style(
        (100, 200),
        [{RIDE: [0, 4, 7, 8, 12, 15], CLOSED: [4, 12]}],
        [BEATS],
        [32],
        [([0, 7], 2.0), ([3, 10], 1.5), ([6, 14], 1.0)],
        [0, 26, 11],
        swing=0.6,
    ),
    "hip-hop": Style(
        (80, 104),
        [
            {KICK: [0, 7, 10], SNARE: [4, 12], CLOSED: EIGHTHS},
            {KICK: [0, 3, 10], CLAP: [4, 12], CLOSED: SIXTEENTHS},
        ],
        [[0, 7, 10], [0, 3, 10]],
        [38, 39, 33],
        [([0, 8], 5.0), ([0, 3, 6], 1.0)],
        [4, 0, 89, 11],
        progressions=MINOR,
        swing=0.3,
    ),
    "funk": Style(
        (92, 116),
        [{KICK: [0, 2, 10], SNARE: [4, 7, 12, 15], CLOSED: SIXTEENTHS}],
        [[0, 3, 6, 10, 11, 14], [0, 2, 7, 10, 13]],
        [36, 37, 33],
        [([2, 3, 6, 10, 11, 14], 0.5), ([7, 8, 14], 0.7)],
        [27, 28, 7, 61],
        progressions=MINOR,
    ),
    "house": Style(
        (118, 130),
        [{KICK: BEATS, CLAP: [4, 12], OPEN: OFFBEATS}, {KICK: BEATS, CLOSED: OFFBEATS}],
        [[2, 6, 10, 14], [0, 3, 6, 10, 14], SIXTEENTHS],
        [38, 39, 81],
        [([0, 3, 6, 10, 13], 1.0), ([2, 6, 10, 14], 1.0), (SIXTEENTHS, 0.5)],
        [81, 80, 90, 5],
        progressions=MINOR,
    ),
    "ska": Style(
        (130, 170),
        [{KICK: [0, 8], SNARE: [4, 12], CLOSED: EIGHTHS}],
        [BEATS, EIGHTHS],
        [33, 32],
        [([2, 6, 10, 14], 0.7)],
        [27, 61, 16],
        progressions=MAJOR,
    ),
}


class Band:
    """Plays a style at a tempo, in a key and with instruments drawn at random.

    Attributes:
        score: what is played, at least ``SECONDS`` long.
    """

    def __init__(self, style: Style, rng: np.random.Generator) -> None:
        self._style, self._rng = style, rng
        tempo = float(rng.uniform(*style.tempo))
        self.score = Score(tempo)
        progression = style.progressions[rng.integers(len(style.progressions))]
        minor = progression not in MAJOR and rng.random() < 0.5
        self._tones = (0, 7, 12) if style.fifths else (0, 3 if minor else 4, 7)
        self._chords = [style.chords[i] for i in rng.permutation(len(style.chords))[:2]]
        self._kit = style.drums[rng.integers(len(style.drums))]
        self._line = style.bass[rng.integers(len(style.bass))]
        self._choose_instruments()
        key = int(rng.integers(0, 12))
        for bar in range(int(np.ceil(SECONDS * tempo / 60 / 4)) + 1):
            root = (key + progression[bar % len(progression)]) % 12
            self._drums(bar)
            self._bass(bar, root)
            self._harmony(bar, root)

    def _choose_instruments(self) -> None:
        rng, style = self._rng, self._style
        self.score.program(DRUMS, 0, int(rng.integers(85, 125)))
        self.score.program(0, int(rng.choice(style.bass_programs)), int(rng.integers(90, 120)))
        for channel in range(1, 1 + len(self._chords)):
            volume, pan = int(rng.integers(65, 105)), int(rng.integers(20, 108))
            self.score.program(channel, int(rng.choice(style.chord_programs)), volume, pan)
        if style.held:
            self.score.program(4, int(rng.choice(style.held)), int(rng.integers(40, 90)))

    def _drums(self, bar: int) -> None:
        for drum, steps in self._kit.items():
            for step in steps:
                if self._rng.random() < 0.95:
                    self._note(DRUMS, bar * 16 + step, 0.8, drum)
        if bar % 4 == 3 and self._rng.random() < 0.5:
            for step in range(12, 16):
                self._note(DRUMS, bar * 16 + step, 0.8, int(self._rng.choice([38, 45, 47, 50])))

    def _bass(self, bar: int, root: int) -> None:
        for step in self._line:
            high = self._style.octaves and step % 4 == 2
            leap = 12 if high else int(self._rng.choice([0, 0, 0, 7, 5]))
            self._note(0, bar * 16 + step, 1.6, 28 + root + leap)

    def _harmony(self, bar: int, root: int) -> None:
        low = 40 if self._style.fifths else 55
        for channel, (steps, length) in enumerate(self._chords, start=1):
            for step in steps:
                for tone in self._tones:
                    self._note(channel, bar * 16 + step, length, low + root + tone)
        for tone in self._tones if self._style.held else ():
            self._note(4, bar * 16, 15.5, 67 + (root + tone) % 12)

    def _note(self, channel: int, step: int, length: float, pitch: int) -> None:
        """A note of ``length`` sixteenths on a sixteenth of the piece."""
        late = self._style.swing / 4 if step % 4 == 2 else 0.0
        start = step / 4 + late + float(self._rng.uniform(0, 0.015))
        self.score.note(channel, start, length / 4, pitch, int(self._rng.integers(72, 118)))


def main() -> None:
    out, fonts = Path(sys.argv[1]), [Path(word) for word in sys.argv[2:]]
    for style_number, (name, style) in enumerate(STYLES.items()):
        (out / name).mkdir(parents=True, exist_ok=True)
        for index in range(EACH):
            font = fonts[index % len(fonts)]
            rng = np.random.default_rng([21, style_number, index])
            sound = play(Band(style, rng).score, font)[: int(SECONDS * RATE)]
            sound = sound / max(1e-6, float(np.abs(sound).max())) * 0.7
            soundfile.write(out / name / f"{font.stem}-{index:02}.flac", sound, RATE)
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
