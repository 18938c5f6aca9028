"""Renders the demo sounds.

    python packaging/models/run.py make_sounds [SOUNDFONT]

Needs fluidsynth and a General MIDI soundfont (Debian: fluidsynth, fluid-soundfont-gm). The music is
written here, by us, for this purpose.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from midi import DRUMS, Score
from project import ROOT

RATE = 44100
OUT = ROOT / "resources" / "sounds"
SOUNDFONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
KICK, SNARE, CLOSED, OPEN, CRASH = 36, 38, 42, 46, 49
Samples = NDArray[np.float32]


def piano() -> Score:
    """Broken chords under a slow tune."""
    score = Score(92)
    score.program(0, 0)
    chords = [(48, 55, 64), (45, 52, 60), (41, 48, 57), (43, 50, 59), (48, 55, 64), (41, 53, 57)]
    tune = [(76, 2), (79, 1), (77, 1), (76, 2), (72, 2), (69, 1), (72, 1), (74, 2), (76, 4)]
    for bar, chord in enumerate(chords):
        for step, tone in enumerate([0, 1, 2, 1] * 2):
            score.note(0, bar * 4 + step / 2, 1.2, chord[tone], 52 + 6 * (step == 0))
    beat = 0.0
    for pitch, length in tune:
        score.note(0, beat, length, pitch, 78)
        beat += length
    return score


def cello() -> Score:
    """A cello alone."""
    score = Score(72)
    score.program(0, 42, 105, 60)
    tune = [(54, 1.5), (52, 0.5), (50, 1), (49, 1), (50, 1), (52, 1), (54, 1.5), (55, 0.5), (57, 2)]
    beat = 0.0
    for pitch, length in tune:
        score.note(0, beat, length * 0.98, pitch, 88)
        beat += length
    return score


def rock() -> Score:
    """Power chords on distorted guitars, bass and drums."""
    score = Score(138)
    score.program(0, 30, 92, 30)
    score.program(1, 29, 92, 98)
    score.program(2, 34, 100)
    score.program(DRUMS, 0, 118)
    roots = [40, 40, 43, 45, 40, 40, 38, 43]
    for half, root in enumerate(roots):
        for eighth in range(4):
            start, loud = half * 2 + eighth / 2, 118 - 12 * (eighth % 2)
            for channel in (0, 1):
                for pitch in (root, root + 7, root + 12):
                    score.note(channel, start, 0.42, pitch, loud)
            score.note(2, start, 0.45, root - 12, 115)
            score.note(DRUMS, start, 0.2, OPEN if eighth == 0 else CLOSED, 95)
        score.note(DRUMS, half * 2, 0.2, KICK, 125)
        score.note(DRUMS, half * 2 + 0.5 * (half % 2), 0.2, KICK, 115)
        score.note(DRUMS, half * 2 + 1, 0.2, SNARE, 125)
    score.note(DRUMS, 0, 1, CRASH, 120)
    return score


def techno() -> Score:
    """Four on the floor, a saw bass and a square arpeggio."""
    score = Score(132)
    score.program(0, 38, 105)
    score.program(1, 80, 62, 44)
    score.program(2, 90, 60, 84)
    score.program(DRUMS, 25, 125)  # the 808 kit
    for beat in range(16):
        score.note(DRUMS, beat, 0.3, KICK, 127)
        score.note(DRUMS, beat + 0.5, 0.2, OPEN, 92)
        if beat % 2:
            score.note(DRUMS, beat, 0.2, 39, 105)
        root = [33, 33, 36, 31][beat // 4]
        for step, up in enumerate((0, 12, 0, 12)):
            score.note(0, beat + step / 4, 0.2, root + up, 110)
            score.note(1, beat + step / 4, 0.15, root + 36 + (0, 7, 10, 15)[step], 90)
        if beat % 4 == 0:
            for up in (24, 27, 31):
                score.note(2, beat, 3.8, root + up, 70)
    return score


def duet() -> Score:
    """A flute, a harp that answers it, and both together."""
    score = Score(80)
    score.program(0, 73, 112, 40)
    score.program(1, 46, 100, 88)
    alone = [(74, 1), (76, 0.5), (78, 0.5), (81, 1), (79, 0.5), (78, 0.5)]
    together = [(78, 1), (76, 0.5), (74, 0.5), (73, 1), (74, 1)]
    for beat, tune in ((0.0, alone), (8.0, together)):
        for pitch, length in tune:
            score.note(0, beat, length * 0.95, pitch, 95)
            beat += length
    for step, pitch in enumerate((62, 66, 69, 74, 73, 69, 66, 64)):
        score.note(1, 4 + step / 2, 0.65, pitch, 100)
    for step, pitch in enumerate((50, 57, 62, 66, 57, 61, 64, 66)):
        score.note(1, 8 + step / 2, 0.7, pitch, 92)
    return score


def voices() -> Score:
    """Three voices that sing without words."""
    score = Score(66)
    parts = {
        64: [(69, 1.5), (71, 0.5), (72, 1), (71, 1), (69, 1), (67, 1), (69, 2.5)],
        40: [(60, 3), (62, 1), (60, 2), (57, 2.5)],
        88: [(53, 3), (55, 1), (52, 2), (53, 2.5)],
    }
    for channel, (place, tune) in enumerate(parts.items()):
        score.program(channel, 52, 95 + 15 * (channel == 0), place)
        beat = 0.0
        for pitch, length in tune:
            score.note(channel, beat, length * 0.98, pitch, 80 + 15 * (channel == 0))
            beat += length
    return score


def flute() -> Score:
    """A flute alone."""
    score = Score(84)
    score.program(0, 73, 110)
    tune = [(74, 1), (76, 0.5), (78, 0.5), (81, 1.5), (79, 0.5), (78, 1), (76, 1), (74, 2), (81, 2)]
    beat = 0.0
    for pitch, length in tune:
        score.note(0, beat, length * 0.95, pitch, 92)
        beat += length
    return score


def harpsichord() -> Score:
    """A harpsichord in two voices."""
    score = Score(104)
    score.program(0, 6, 115)
    right = [72, 74, 75, 77, 79, 75, 79, 84, 83, 79, 80, 77, 79, 75, 77, 74] * 2
    left = [48, 51, 55, 51, 50, 53, 55, 43] * 2
    for step, pitch in enumerate(right):
        score.note(0, step / 2, 0.45, pitch, 96)
    for step, pitch in enumerate(left):
        score.note(0, float(step), 0.9, pitch, 90)
    return score


def render(score: Score, soundfont: str, seconds: float) -> Samples:
    """Play a score: float32, shape (2, n), faded out at the end."""
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder, "score.mid"), Path(folder, "sound.wav")
        score.write(midi)
        command = ["fluidsynth", "-ni", "-r", str(RATE), "-g", "0.5", "-F", str(wave)]
        subprocess.run([*command, soundfont, str(midi)], check=True, capture_output=True)
        samples, _ = soundfile.read(wave, dtype="float32", always_2d=True)
    sound = samples.T[:, : round(seconds * RATE)].copy()
    fade = round(0.4 * RATE)
    sound[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.asarray(sound * (0.7 / np.abs(sound).max()), dtype=np.float32)


def write(name: str, sound: Samples, title: str) -> None:
    with soundfile.SoundFile(
        OUT / f"{name}.ogg", "w", RATE, sound.shape[0], format="OGG", subtype="VORBIS"
    ) as file:
        file.title, file.artist = title, "Earmark"
        # In pieces: libsndfile's Vorbis encoder overflows its stack on long writes.
        for start in range(0, sound.shape[1], RATE):
            file.write(sound.T[start : start + RATE])


def main() -> None:
    soundfont = sys.argv[1] if len(sys.argv) > 1 else SOUNDFONT
    parts = (piano, cello, rock, techno, duet, voices)
    sections = [render(make(), soundfont, 8.0) for make in parts]
    title = "Demo: piano, cello, rock, techno, duet, voices"
    write("demo", np.concatenate(sections, axis=1), title)
    write("flute", render(flute(), soundfont, 7.0), "Flute")
    write("harpsichord", render(harpsichord(), soundfont, 9.0), "Harpsichord")


if __name__ == "__main__":
    main()
