"""Mixtures of two to six solos whose parts are known, heard as ``real/hear.py`` hears recordings.

    python packaging/models/run.py instrument.real.mixtures SHARED_DATA DOWNLOADS SYNTHETIC OUT

SYNTHETIC is what ``instrument.real.synthetic`` wrote; DOWNLOADS holds ``stems/`` too (Debian's
fretsonfire-songs-*: the guitar of a song alone, and the rest of it). Instruments are drawn at
random, or as they play together (a band, a quartet, a singer and a piano); each part's level,
place and notes, and half of the time its room, are drawn. Writes ``OUT/mixtures.npz``, windows to
learn from (worn, as solos are), and ``OUT/judged-mixtures.npz``, four seconds each, dry, by
players of one part of ``PARTS`` alone. Beside what ``hear`` writes, ``targets`` (windows, labels)
are 1 for what sounds in a window (no more than 20 dB under all of it), and -1 where it is unknown;
``parts`` says whose players are in it: 0, 1, or -1 for none of either.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from instrument.classes import LABELS
from instrument.real.hear import HOP, Ears, Kept, Samples, sound_of
from instrument.real.sources import Recording, gathered, part_of
from instrument.real.wear import Noises, worn
from instrument.sounds.play import RATE, load
from instrument.windows import MODEL_RATE, WINDOW, Collection, Wear

SEED = 13
TAUGHT, JUDGED = 2600, 150  # mixtures, the second number of each part
_SECONDS = 4
_ALWAYS = ("philharmonia",)
_TOGETHER = (
    ("drums", "electric bass", "electric guitar", "voice"),
    ("drums", "electric bass", "distorted guitar", "voice"),
    ("drums", "electric bass", "distorted guitar"),
    ("drums", "electric bass", "electric guitar", "organ"),
    ("drums", "electric bass", "acoustic guitar", "voice", "piano"),
    ("drums", "double bass", "piano"),
    ("drums", "double bass", "piano", "saxophone"),
    ("drums", "double bass", "piano", "trumpet", "saxophone", "trombone"),
    ("drums", "double bass", "electric guitar", "saxophone"),
    ("voice", "acoustic guitar"),
    ("voice", "piano"),
    ("voice", "acoustic guitar", "double bass"),
    ("voice", "accordion", "violin"),
    ("violin", "viola", "cello"),
    ("violin", "cello", "piano"),
    ("violin", "piano"),
    ("violin", "viola", "cello", "double bass", "French horn", "oboe"),
    ("violin", "cello", "harpsichord"),
    ("violin", "acoustic guitar", "double bass", "banjo", "mandolin"),
    ("flute", "piano"),
    ("flute", "harp"),
    ("flute", "acoustic guitar"),
    ("flute", "oboe", "clarinet", "bassoon", "French horn"),
    ("oboe", "bassoon", "harpsichord"),
    ("clarinet", "piano"),
    ("saxophone", "piano"),
    ("cello", "piano"),
    ("trumpet", "organ"),
    ("trumpet", "trombone", "tuba", "French horn"),
    ("trumpet", "trombone", "tuba", "drums"),
)


@dataclass(frozen=True)
class Player:
    """Who can play a part: recordings of one label in one source."""

    label: str
    part: int
    sounds: list[Samples]


def players_of(found: dict[str, list[Recording]]) -> Iterator[Player]:
    """All players, an ensemble of one label and source counting as one."""
    cells: dict[tuple[str, str, str], list[Recording]] = {}
    for source, recordings in found.items():
        for one in recordings:
            part = part_of(one.group)
            if one.label in LABELS and (part >= 0 or source in _ALWAYS):
                many = one.name if source == "players-fsdkaggle2018" else ""
                cells.setdefault((one.label, one.group, many), []).append(one)
    for (label, group, _), recordings in cells.items():
        thinned = recordings[:: max(1, len(recordings) // 60)]
        sounds = [sound_of(one, RATE, 6.0) for one in thinned]
        sounds = [s / max(1e-4, float(np.abs(s).max())) for s in sounds if len(s) > RATE // 20]
        yield Player(label, part_of(group), sounds)


def synthetic_players(collection: Collection) -> Iterator[Player]:
    """Each program of a soundfont."""
    cells: dict[tuple[str, str], list[int]] = {}
    for row, (_, _, label, group, kind) in enumerate(collection.rows):
        if label in LABELS and kind == "phrase":
            cells.setdefault((label, group), []).append(row)
    for (label, _), rows in cells.items():
        lengths = [collection.rows[row][1] - collection.rows[row][0] for row in rows]
        yield Player(
            label, -1, [collection.cut(r, 0, n) for r, n in zip(rows, lengths, strict=True)]
        )


class Band:
    """Draws mixtures.

    Args:
        players: who may play.
        rng: for everything.
    """

    def __init__(self, players: list[Player], rng: np.random.Generator) -> None:
        self.rng = rng
        self._by_label: dict[str, list[Player]] = {}
        for player in players:
            self._by_label.setdefault(player.label, []).append(player)

    def draw(self, seconds: int) -> tuple[list[str], list[Samples], int]:
        """Labels, what each plays (32 kHz, of one length, at its level), and whose they are."""
        rng = self.rng
        known = list(self._by_label)
        together = [t for t in _TOGETHER if all(label in known for label in t)]
        if together and rng.random() < 0.55:
            labels = list(together[rng.integers(len(together))])
            if len(labels) > 2 and rng.random() < 0.3:
                labels.pop(int(rng.integers(len(labels))))
        else:
            count = int(rng.choice([2, 3, 4, 5, 6], p=[0.5, 0.25, 0.13, 0.07, 0.05]))
            labels = [known[i] for i in rng.permutation(len(known))[:count]]
        sounds, part = [], -1
        for label in labels:
            mine = self._by_label[label]
            player = mine[rng.integers(len(mine))]
            part = max(part, player.part)
            sounds.append(self._play(player, seconds))
        return labels, sounds, part

    def _play(self, player: Player, seconds: int) -> Samples:
        """Recordings one after the other, short ones as if they were notes."""
        rng, length = self.rng, seconds * RATE
        out = np.zeros(length + 12 * RATE, np.float32)
        at = 0
        while at < length:
            sound = player.sounds[rng.integers(len(player.sounds))]
            if len(sound) > 3 * RATE:
                sound = sound[int(rng.uniform(0, len(sound) - 2.5 * RATE)) :]
            out[at : at + len(sound)] += sound[: len(out) - at]
            pause = rng.uniform(0.15, 1.0) if len(sound) < 3 * RATE else 1.0
            at += int(min(max(0.12 * RATE, pause * len(sound)), 3.0 * RATE))
            if rng.random() < 0.08:
                at += int(rng.uniform(0.2, 1.0) * RATE)
        out = out[:length]
        level = 10 ** (rng.uniform(-12, 0) / 20) / max(1e-4, float(np.sqrt(np.square(out).mean())))
        return np.asarray(out * level, np.float32)


def sounding(parts: list[Samples], start: int, length: int) -> NDArray[np.bool_]:
    """Which parts are heard in a stretch (32 kHz): no more than 20 dB under all of it."""
    powers = np.asarray([np.square(p[start : start + length]).mean() for p in parts])
    return np.asarray(powers > max(1e-9, 0.01 * powers.sum()))


def target(labels: list[str], heard: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Shape (labels,)."""
    row = np.zeros(len(LABELS), np.int8)
    for label, one in zip(labels, heard, strict=True):
        row[LABELS.index(label)] = max(row[LABELS.index(label)], int(one))
    return row


def halved(sound: Samples) -> Samples:
    """From 32 to 16 kHz."""
    return np.asarray(soxr.resample(sound, RATE, MODEL_RATE), np.float32)


def add_taught(
    labels: list[str], parts: list[Samples], part: int, ears: Ears, wear: Wear, kept: Kept
) -> None:
    """Two worn windows of a mixture and what the teacher says of the three seconds around each."""
    rng = wear.rng
    if rng.random() < 0.5:
        parts = [_in_a_room(p, rng) for p in parts]
    mixed = np.sum(parts, axis=0).astype(np.float32)
    sound = halved(mixed)
    starts = [int(rng.uniform(0.5, 1.4) * MODEL_RATE), int(rng.uniform(1.6, 2.9) * MODEL_RATE)]
    windows, rows, around = [], [], []
    for start in starts:
        heard = sounding(parts, 2 * start, RATE)
        if not heard.any():
            continue
        piece = sound[start - int(0.4 * MODEL_RATE) : start + WINDOW]
        windows.append(worn(piece, wear, WINDOW) if rng.random() < 0.7 else piece[-WINDOW:])
        rows.append(target(labels, heard))
        first = max(0, min(2 * start - RATE, len(mixed) - 3 * RATE))
        around.append(mixed[first : first + 3 * RATE])
    if not windows:
        return
    features, music = ears.hear(np.stack(windows))
    embeddings, logits = ears.ask(np.stack(around))
    kept.add(
        features=features,
        music=music,
        targets=np.stack(rows),
        parts=np.full(len(rows), part),
        embeddings=embeddings,
        logits=logits,
    )


def _in_a_room(sound: Samples, rng: np.random.Generator) -> Samples:
    length = RATE // 2
    time = np.arange(length) / RATE
    tail = rng.standard_normal(length) * 10 ** (-3 * time / rng.uniform(0.2, 1.0))
    tail *= 10 ** (rng.uniform(-14, 0) / 20) / np.sqrt(np.square(tail).sum())
    tail[0] = 1.0
    size = 1 << int(np.ceil(np.log2(len(sound) + length)))
    both = np.fft.rfft(sound, size) * np.fft.rfft(tail, size)
    return np.fft.irfft(both, size)[: len(sound)].astype(np.float32)


def add_judged(
    labels: list[str], parts: list[Samples], part: int, name: str, ears: Ears, kept: Kept
) -> None:
    """All windows of a mixture, dry."""
    sound = halved(np.sum(parts, axis=0).astype(np.float32))
    sound *= 0.1 / max(1e-4, float(np.sqrt(np.square(sound).mean())))
    starts = range(0, len(sound) - WINDOW + 1, HOP)
    windows = np.stack([sound[start : start + WINDOW] for start in starts])
    features, music = ears.hear(windows)
    rows = [target(labels, sounding(parts, 2 * start, RATE)) for start in starts]
    kept.add(
        names=name,
        rows=len(windows),
        features=features,
        music=music,
        levels=10 * np.log10(np.maximum(np.square(windows).mean(1), 1e-12)),
        targets=np.stack(rows),
        parts=np.full(len(windows), part),
    )


def add_songs(stems: Path, ears: Ears, wear: Wear, kept: Kept) -> None:
    """Frets on Fire: the guitar with the rest (drums and a bass), and the rest alone."""
    rng = wear.rng
    for path in sorted(stems.rglob("guitar.ogg")):
        guitar, rest = load(path, 400.0), load(path.with_name("song.ogg"), 400.0)
        length = min(len(guitar), len(rest))
        for start in rng.uniform(0, length - 5 * RATE, 30).astype(int):
            place = slice(start, start + 4 * RATE)
            several = [guitar[place], rest[place]]
            labels = ["distorted guitar", "drums"]
            if rng.random() < 0.3:
                several, labels = several[1:], labels[1:]
            before = len(kept.parts["targets"])
            add_taught(labels, several, -1, ears, wear, kept)
            # What else sounds in the rest of the song is not known, a bass apart.
            for rows in kept.parts["targets"][before:]:
                rows[rows == 0] = -1
                heard = rows[:, LABELS.index("drums")] == 1
                rows[heard, LABELS.index("electric bass")] = 1


def main() -> None:
    torch.set_num_threads(1)
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    shared, downloads, synthetic, out = (Path(word) for word in words)
    commercial = "--licences=commercial" in sys.argv
    found = gathered(shared, downloads, commercial=commercial)
    real = list(players_of(found))
    made = list(synthetic_players(Collection.read(synthetic.parent, synthetic.name)))
    ears = Ears(shared)
    kept = Kept()
    for part in (0, 1):
        rng = np.random.default_rng(SEED + part)
        band = Band([p for p in real if p.part == part], rng)
        for number in range(JUDGED):
            add_judged(*band.draw(_SECONDS), f"mixture {part} {number}", ears, kept)
    kept.write(out / "judged-mixtures.npz")
    wear = Wear(Noises(shared / "esc10"), np.random.default_rng(SEED), WINDOW)
    kept = Kept()
    for part in (0, 1, -1):
        others = [p for p in real if p.part == -1]
        mine = [p for p in real if p.part == part] if part >= 0 else []
        band = Band([*made, *others, *mine, *mine], np.random.default_rng(SEED + 2 + part))
        for _ in range(TAUGHT * 2 // 5 if part >= 0 else TAUGHT // 5):
            add_taught(*band.draw(_SECONDS), ears, wear, kept)
    add_songs(downloads / "stems", ears, wear, kept)
    kept.write(out / "mixtures.npz")


if __name__ == "__main__":
    main()
