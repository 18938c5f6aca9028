"""Has the scores of composer.scores played, so that only the notes tell who wrote them.

    python packaging/models/run.py composer.sounds FOLDER

Needs fluidsynth and soundfonts (Debian: fluidsynth fluid-soundfont-gm musescore-general-soundfont
csound-soundfont timgm6mb-soundfont). Instrument, soundfont, tempo, tuning, room, level and noise
are drawn in the same way for every composer. FOLDER/sounds gets excerpts and manifest.csv, which
`earmark train composer FOLDER/sounds` learns from; FOLDER/unseen the test pieces again, from
another soundfont, on instruments (of an ensemble, the upper ones) that no training excerpt has.
"""

import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from composer.scores import ELSE, Piece
from midi import DRUMS, Score

RATE = 16000
SEED = 7
_FONTS = Path("/usr/share/sounds")
FONTS = [
    _FONTS / "sf2/FluidR3_GM.sf2",
    _FONTS / "sf3/MuseScore_General_Full.sf3",
    _FONTS / "sf2/sf_GMbank.sf2",
]
UNSEEN_FONT = _FONTS / "sf2/TimGM6mb.sf2"
# General MIDI programs, counted from 0: one for all parts, or one a part from top to bottom.
ALONE = [0, 1, 4, 6, 7, 8, 11, 12, 16, 19, 20, 24, 25, 48, 49, 52, 53, 61, 88, 89, 91]
GROUPS = [
    [40, 40, 41, 42],
    [40, 41, 42, 43],
    [73, 71, 69, 70],
    [65, 66, 66, 67],
    [56, 60, 57, 58],
    [52, 52, 53, 53],
    [75, 74, 73, 70],
    [44, 44, 45, 45],
]
MIXED = [0, 6, 11, 19, 24, 40, 41, 42, 52, 57, 60, 65, 66, 70, 71, 73, 74]
UNSEEN = [[5], [21], [23], [46], [10], [68, 68, 69, 70], [59, 59, 60, 57], [64, 65, 66, 67], [72]]
# Three windows of the recipe, or five.
LENGTH = {"training": 25.2, "validation": 25.2, "test": 37.8}
EACH = {"training": 900, "validation": 40}
MOST_JUDGED = 32  # test pieces of a composer
_GAP = 2.0
_TAPE = 40
Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Playing:
    """How an excerpt is played; all but piece and part are drawn alike for all composers."""

    piece: Piece
    seconds: float
    start: float
    onsets_per_second: float
    transpose: int
    programs: list[int]
    channels: list[tuple[int, int]] = field(default_factory=list)
    cents: float = 0.0
    legato: float = 1.0
    worn: bool = False


def draw(
    piece: Piece, seconds: float, rng: np.random.Generator, *, vary: bool, unseen: bool
) -> Playing:
    """Training varies tempo and key; what judges is played as written, at a drawn pace."""
    pace = float(np.exp(rng.uniform(np.log(2.0), np.log(6.0))))
    if unseen:
        programs = UNSEEN[rng.integers(len(UNSEEN))]
    else:
        kind = rng.random()
        if kind < 0.5:
            programs = [ALONE[rng.integers(len(ALONE))]]
        elif kind < 0.8:
            programs = GROUPS[rng.integers(len(GROUPS))]
        else:
            programs = [int(p) for p in rng.choice(MIXED, 4)]
    return Playing(
        piece=piece,
        seconds=seconds,
        start=float(rng.random()),
        onsets_per_second=pace * (rng.uniform(0.8, 1.25) if vary else 1.0),
        transpose=int(rng.integers(-5, 7)) if vary else 0,
        programs=programs,
        cents=float(rng.uniform(-40, 40)),
        legato=float(rng.uniform(0.8, 1.0)),
        worn=bool(rng.random() < 0.5),
    )


def notes_of(playing: Playing, scores: Path) -> NDArray[np.float64]:
    """Start and length in seconds, pitch, part, top first: shape (n, 4)."""
    notes = np.load(scores / f"{playing.piece.name}.npy").astype(np.float64)
    whole = float((notes[:, 0] + notes[:, 1]).max())
    # Some encodings are out by a hair where voices begin together.
    onsets = len(np.unique(np.round(notes[:, 0] * 24)))
    rate = onsets / whole / playing.onsets_per_second
    notes[:, :2] *= rate
    # A short piece is played again, so that its length does not tell whose it is.
    times = int(np.ceil(playing.seconds / (whole * rate)))
    again = [notes + np.asarray([turn * whole * rate, 0, 0, 0]) for turn in range(times)]
    notes = np.concatenate(again)
    first = playing.start * max(0.0, times * whole * rate - playing.seconds)
    inside = notes[(notes[:, 0] >= first - 1e-6) & (notes[:, 0] < first + playing.seconds - 0.2)]
    inside[:, 0] -= first
    return inside


def perform(
    score: Score, playing: Playing, notes: NDArray[np.float64], at: float, rng: np.random.Generator
) -> None:
    """Put an excerpt on the tape, from second ``at`` on; a beat of the score is a second."""
    parts = sorted(set(notes[:, 3].tolist()))
    bend = round(8192 + playing.cents / 200 * 8192)
    for index, part in enumerate(parts):
        channel = index % 15 + (index % 15 >= DRUMS)
        tick = round((at - 1.0) * 480)
        place = round(index * len(playing.programs) / len(parts)) % len(playing.programs)
        for message in (
            [0xC0 | channel, playing.programs[place]],
            [0xE0 | channel, bend & 127, bend >> 7],
            [0xB0 | channel, 91, 40],
        ):
            score.events.append((tick, 0, bytes(message)))
        loudness = rng.normal(82, 6)
        for start, length, pitch, _ in notes[notes[:, 3] == part]:
            begin = max(0.0, start + rng.normal(0, 0.008))
            end = min(start + length * playing.legato, playing.seconds)
            number = int(np.clip(round(pitch) + playing.transpose, 21, 108))
            velocity = int(np.clip(rng.normal(loudness, 5), 40, 120))
            score.note(channel, at + begin, max(0.05, end - begin), number, velocity)


def play(score: Score, font: Path, room: float, seconds: float) -> Samples:
    """The tape as float32 at 16 kHz, shape (n,)."""
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder, "score.mid"), Path(folder, "sound.wav")
        score.write(midi)
        options = ["-o", f"synth.reverb.room-size={room:.2f}", "-C", "0", "-g", "0.4"]
        command = ["fluidsynth", "-ni", "-r", "22050", *options, "-F", str(wave)]
        subprocess.run([*command, str(font), str(midi)], check=True, capture_output=True)
        sound, rate = soundfile.read(wave, dtype="float32", always_2d=True)
    sound = soxr.resample(sound.mean(axis=1), rate, RATE, quality="MQ")
    return np.pad(sound, (0, max(0, round(seconds * RATE) - len(sound)))).astype(np.float32)


def finished(sound: Samples, worn: bool, rng: np.random.Generator) -> Samples:
    """At one level for all, half of them through an uneven, noisy microphone."""
    level = 10 ** (rng.uniform(-30, -16) / 20)
    sound = sound * (level / max(1e-5, float(np.sqrt(np.mean(sound**2)))))
    if worn:
        size = len(sound)
        bins = np.fft.rfftfreq(size, 1 / RATE)
        edges = np.geomspace(60, 8000, 7)
        tilt = np.interp(np.log(bins + 1), np.log(edges), rng.normal(0, 4, 7))
        noise = np.fft.rfft(rng.standard_normal(size))
        noise /= np.maximum(bins, 50.0) ** rng.uniform(0, 1)
        rumble = np.fft.irfft(noise, size)
        rumble *= level * 10 ** (-rng.uniform(15, 40) / 20) / np.sqrt(np.mean(rumble**2))
        heard = np.fft.irfft(np.fft.rfft(sound) * 10 ** (tilt / 20), size) + rumble
        return np.clip(heard, -1, 1).astype(np.float32)
    return np.clip(sound, -1, 1).astype(np.float32)


def record(
    playings: list[Playing], fonts: list[Path], scores: Path, rng: np.random.Generator
) -> Iterator[tuple[Playing, Path, Samples]]:
    """Play excerpts, many on a tape, so that a soundfont is opened once for many."""
    for first in range(0, len(playings), _TAPE):
        some = playings[first : first + _TAPE]
        font = fonts[(first // _TAPE) % len(fonts)]
        score, at, places = Score(60.0), 1.5, []
        for playing in some:
            perform(score, playing, notes_of(playing, scores), at, rng)
            places.append(at)
            at += playing.seconds + _GAP
        tape = play(score, font, float(rng.uniform(0.1, 0.9)), at)
        for playing, place in zip(some, places, strict=True):
            begin = round(place * RATE)
            cut = tape[begin : begin + round(playing.seconds * RATE)]
            yield playing, font, finished(cut, playing.worn, rng)


def planned(pieces: list[Piece], rng: np.random.Generator) -> list[Playing]:
    """As many excerpts of each composer to train and choose; each test piece once."""
    found = []
    for part, count in EACH.items():
        for composer in sorted({p.composer for p in pieces} - {ELSE}):
            mine = [p for p in pieces if p.composer == composer and p.part == part]
            # Each piece as often as any other, then the rest by chance.
            order = np.concatenate([rng.permutation(len(mine)) for _ in range(count)])[:count]
            vary = part == "training"
            for index in order:
                found.append(draw(mine[index], LENGTH[part], rng, vary=vary, unseen=False))
    found += [draw(p, LENGTH["test"], rng, vary=False, unseen=False) for p in judged(pieces)]
    return [found[i] for i in rng.permutation(len(found))]


def judged(pieces: list[Piece]) -> list[Piece]:
    """Test pieces, of each composer at most so many."""
    rng = np.random.default_rng([SEED, 11])
    found = []
    for composer in sorted({p.composer for p in pieces} - {ELSE}):
        mine = [p for p in pieces if p.composer == composer and p.part == "test"]
        found += [mine[i] for i in sorted(rng.permutation(len(mine))[:MOST_JUDGED])]
    return found


def write(playings: list[Playing], fonts: list[Path], scores: Path, out: Path, seed: int) -> None:
    """Sounds and their table."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([SEED, seed])
    with (out / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        played = ("soundfont", "program", "start", "pace")
        table.writerow(["path", "label", "group", "fold", "piece", *played])
        for index, (playing, font, sound) in enumerate(record(playings, fonts, scores, rng)):
            piece = playing.piece
            path = f"{index:05}.flac"
            soundfile.write(out / path, sound, RATE)
            what = [path, piece.composer, piece.work, piece.part, piece.name]
            how = [font.stem, playing.programs[0], playing.start, playing.onsets_per_second]
            table.writerow([*what, *how])


def main() -> None:
    folder = Path(sys.argv[1])
    pieces = [Piece(**fields) for fields in json.loads((folder / "pieces.json").read_text())]
    scores = folder / "scores"
    rng = np.random.default_rng(SEED)
    write(planned(pieces, rng), FONTS, scores, folder / "sounds", 1)
    again = [draw(p, LENGTH["test"], rng, vary=False, unseen=True) for p in judged(pieces)]
    write(again, [UNSEEN_FONT], scores, folder / "unseen", 2)


if __name__ == "__main__":
    main()
