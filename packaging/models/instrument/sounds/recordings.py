"""Sounds of instruments: soundfonts played by us, recorded notes and what is made of them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from instrument.classes import BORROWED, FAMILIES, INSTRUMENTS, SISTERS, Instrument
from instrument.sounds.play import (
    HAND_PERCUSSION,
    KIT,
    RATE,
    Event,
    Melodies,
    Sampler,
    Samples,
    drum_pattern,
    load,
    midi_pitch,
    scale_notes,
    synthesise,
    trimmed,
)

Spans = list[tuple[float, float, str]]  # start and length in seconds, and the kind


@dataclass(frozen=True)
class Stretch:
    """Mono sound at 32 kHz; its label, what stays together; ``note``, ``phrase`` or ``other``."""

    samples: Samples
    label: str
    group: str
    kind: str


def played(
    command: list[str],
    name: str,
    melodies: Melodies,
    rng: np.random.Generator,
    has: Collection[tuple[int, int]] | None = None,
) -> Iterator[Stretch]:
    """All instruments of a soundfont: single notes and phrases, a synthesis each program.

    Args:
        command: what plays, see ``synthesise``.
        name: of the font, for groups and for what it borrowed.
        melodies: lines to play.
        rng: for what is played and how.
        has: the font's own (bank, program); None: TiMidity, which leaves a missing program silent
            and plays one of another bank, or another kit, by that of the first.
    """
    programs = [
        (label, instrument, program if isinstance(program, tuple) else (0, program))
        for label, instrument in INSTRUMENTS.items()
        for program in instrument.programs
    ]
    programs += [
        (label, Instrument(FAMILIES[label], (program,), low, high), (0, program))
        for label, program, low, high in SISTERS
    ]
    borrowed = BORROWED.get(name, ())
    own = [p for p in programs if p[2] not in borrowed and (has is None or p[2] in has)]
    yield from played_programs(command, name, own, melodies, rng)
    for kit in (0, 8, 16, 32, 40):
        if kit == 0 or has is None or (128, kit) in has:
            events, spans = _rhythms(rng)
            sound = synthesise(command, events, (128, kit))
            yield from _cut(sound, spans, "drums", f"{name} kit {kit}")


def played_programs(
    command: list[str],
    name: str,
    programs: list[tuple[str, Instrument, tuple[int, int]]],
    melodies: Melodies,
    rng: np.random.Generator,
) -> Iterator[Stretch]:
    """Notes and lines of programs, each with its label and range."""
    for label, instrument, program in programs:
        single = label in INSTRUMENTS and len(INSTRUMENTS[label].programs) == 1
        events, spans = _notes_and_lines(instrument, 1 if single else 2, melodies, rng)
        group = f"{name} {program[0]}-{program[1]}"
        yield from _cut(synthesise(command, events, program), spans, label, group)


def _notes_and_lines(
    instrument: Instrument, share: int, melodies: Melodies, rng: np.random.Generator
) -> tuple[list[Event], Spans]:
    events = scale_notes(instrument, 24 // share, rng)
    spans = [(e.start, 3.0, "note") for e in events]
    clock = 3.0 * len(events) + 1.0
    for _ in range(12 // share):
        line = melodies.draw(instrument, 6.0)
        events += [Event(e.start + clock, *_rest(e)) for e in line]
        spans.append((clock, 6.2, "phrase"))
        clock += 8.0
    return events, spans


def _rhythms(rng: np.random.Generator) -> tuple[list[Event], Spans]:
    """On a kit: patterns on its drums and cymbals, on hand percussion, and single strokes."""
    events, spans, clock = [], [], 0.0
    for keys in (KIT, KIT, KIT, None, None, None):
        if keys is None:
            keys = tuple(int(k) for k in rng.permutation(HAND_PERCUSSION)[:3])
        events += drum_pattern(clock, 6.0, rng, keys)
        spans.append((clock, 6.0, "phrase"))
        clock += 8.0
    for pitch in rng.permutation(np.arange(35, 82))[:10]:
        events.append(Event(clock, 0.3, int(pitch), int(rng.integers(50, 127))))
        spans.append((clock, 2.0, "note"))
        clock += 3.0
    return events, spans


def _rest(event: Event) -> tuple[float, int, int]:
    return event.length, event.pitch, event.velocity


def _cut(sound: Samples, spans: Spans, label: str, group: str) -> Iterator[Stretch]:
    for start, seconds, kind in spans:
        piece = trimmed(sound[int(start * RATE) : int((start + seconds) * RATE)])
        if len(piece) > RATE // 10 and np.abs(piece).max() > 1e-3:
            yield Stretch(piece, label, group, kind)


def sampled_phrases(
    notes: dict[int, list[Samples]],
    label: str,
    group: str,
    melodies: Melodies,
    rng: np.random.Generator,
) -> Iterator[Stretch]:
    """Lines put together from a player's recorded notes."""
    instrument = INSTRUMENTS[label]
    low, high = max(instrument.lowest, min(notes) - 2), min(instrument.highest, max(notes) + 2)
    if high - low < 7:
        return
    narrowed = Instrument(instrument.family, (), low, high, instrument.chords)
    sampler = Sampler(notes)
    for _ in range(14):
        sound = trimmed(sampler.play(melodies.draw(narrowed, 6.0), rng))
        if len(sound) > RATE // 2:
            yield Stretch(sound, label, group, "phrase")


def philharmonia(folder: Path, melodies: Melodies, rng: np.random.Generator) -> Iterator[Stretch]:
    """Recorded notes and phrases, and phrases put together from the notes."""
    for label, instrument in INSTRUMENTS.items():
        for source in instrument.recorded:
            notes: dict[int, list[Samples]] = {}
            for path in sorted((folder / source).glob("*.mp3")):
                parts = path.stem.split("_")
                sound = trimmed(load(path))
                if len(sound) < RATE // 20:
                    continue
                kind = "phrase" if "phrase" in parts[2] or label == "drums" else "note"
                yield Stretch(sound, label, f"{source} {parts[1]}", kind)
                pitch = midi_pitch(parts[1])
                if pitch is not None and kind == "note" and len(sound) > RATE // 3:
                    notes.setdefault(pitch, []).append(sound)
            if notes:
                yield from sampled_phrases(notes, label, f"{source} joined", melodies, rng)


def players(
    npm: Path, weresax: Path, melodies: Melodies, rng: np.random.Generator
) -> Iterator[Stretch]:
    """ToneJS instruments (edited recordings of several free collections) and Weresax."""
    for label, instrument in INSTRUMENTS.items():
        for source in instrument.recorded:
            notes: dict[int, list[Samples]] = {}
            for path in sorted(npm.glob(f"tonejs-instrument-{source}-mp3-*/package/*.mp3")):
                pitch = midi_pitch(path.stem)
                sound = trimmed(load(path, 6.0))
                if pitch is not None and len(sound) > RATE // 10:
                    notes.setdefault(pitch, []).append(sound)
                    yield Stretch(sound, label, f"tonejs {source} {path.stem}", "note")
            if label == "saxophone":
                for path in sorted(weresax.glob("*.flac")):
                    sound = trimmed(load(path))
                    pitch = midi_pitch(path.stem.split("_")[0].capitalize())
                    yield Stretch(sound, label, f"weresax {path.stem}", "note")
                    if pitch is not None:
                        notes.setdefault(pitch + 12, []).append(sound)
            if notes:
                yield from sampled_phrases(notes, label, f"tonejs {source}", melodies, rng)


def stems(folder: Path, rng: np.random.Generator) -> Iterator[Stretch]:
    """The guitar tracks of Frets on Fire's songs: real players, distorted throughout."""
    for path in sorted(folder.rglob("guitar.ogg")):
        sound = load(path, 400.0)
        for start in rng.uniform(0, max(1, len(sound) - 5 * RATE), 24).astype(int):
            piece = sound[start : start + 5 * RATE]
            if np.sqrt(np.square(piece).mean()) > 0.02:
                yield Stretch(piece, "distorted guitar", f"stem {path.parent.name}", "phrase")


def drum_machines(folder: Path, rng: np.random.Generator) -> Iterator[Stretch]:
    """Recorded drum kits: patterns on single hits, and loops as they are."""
    hits: dict[str, list[Path]] = {}
    for path in sorted([*folder.rglob("*.flac"), *folder.rglob("*.wav")]):
        if re.search(r"(?i)loop_(amen|breakbeat|tabla|compus)", path.stem):
            yield Stretch(trimmed(load(path, 8.0)), "drums", path.stem, "phrase")
        elif re.search(r"(?i)kick|snare|tom|hat|hh|crash|ride|cymb|drum_|tabla_", path.stem):
            hits.setdefault(path.parent.name, []).append(path)
    for kit, paths in hits.items():
        chosen = [paths[i] for i in rng.permutation(len(paths))[:7]]
        sounds = [trimmed(load(path, 2.0)) for path in chosen]
        sounds = [s / max(1e-4, np.abs(s).max()) for s in sounds if len(s)]
        for sound in sounds[:2]:
            yield Stretch(sound, "drums", kit, "note")
        for _ in range(3 if sounds else 0):
            out = np.zeros(7 * RATE, np.float32)
            for event in drum_pattern(0.0, 5.5, rng, KIT):
                hit = sounds[KIT.index(event.pitch) % len(sounds)]
                at = int(event.start * RATE)
                hit = hit[: len(out) - at] * (event.velocity / 127)
                out[at : at + len(hit)] += hit
            yield Stretch(trimmed(out), "drums", kit, "phrase")
