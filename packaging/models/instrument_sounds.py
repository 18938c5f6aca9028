"""Gathers what the solo-instrument classifier learns from: one folder of numbers a collection.

    python packaging/models/instrument_sounds.py SHARED_DATA DOWNLOADS OUT

SHARED_DATA holds philharmonia/, weresax/, esc10/, fsdd/. DOWNLOADS holds unpacked packages:
``sf/`` the soundfonts named below, ``freepats/freepats.cfg`` (Debian's freepats, for timidity),
``npm/tonejs-instrument-*`` (samples CC BY 3.0), ``drums/`` (Debian's hydrogen-drumkits and
sonic-pi-samples), ``stems/`` (Debian's fretsonfire-songs-*), ``games/`` (music and effects of Debian's
games) and ``lines.json`` (lines of music21's corpus, see ``melodies.py``). Writes
``OUT/<collection>.npy``, int16 at 32 kHz end to end, and ``OUT/<collection>.json``: a list of
[start, end, label, group, kind].
"""

import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from instrument_classes import INSTRUMENTS, Instrument
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sounds"))
from midi import Score

RATE = 32000
SEED = 5
NOTHING, UNLABELLED = "", "?"
Samples = NDArray[np.float32]
FONTS = {
    "fluid": ("FluidR3_GM.sf2", "MuseScore_General_Full.sf3"),
    "small-banks": ("TimGM6mb.sf2", "sonivox.sf2", "sf_GMbank.sf2"),
}
_NOTES = "C Cs D Ds E F Fs G Gs A As B".split()  # noqa: SIM905


@dataclass(frozen=True)
class Stretch:
    """Mono sound at 32 kHz, its label, what must stay together; ``note``, ``phrase`` or ``other``."""

    samples: Samples
    label: str
    group: str
    kind: str


@dataclass(frozen=True)
class Event:
    """A note of a line, in seconds."""

    start: float
    length: float
    pitch: int
    velocity: int


def load(path: Path, seconds: float = 60.0) -> Samples:
    rate = soundfile.info(path).samplerate
    samples, _ = soundfile.read(path, dtype="float32", always_2d=True, frames=int(seconds * rate))
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, RATE), dtype=np.float32)


def trimmed(samples: Samples) -> Samples:
    """Without silence before and after (60 dB under the loudest 10 ms)."""
    step = RATE // 100
    count = len(samples) // step
    if count == 0:
        return samples
    level = np.square(samples[: count * step].reshape(count, step)).mean(axis=1)
    loud = np.flatnonzero(level > max(1e-12, level.max() * 1e-6))
    if len(loud) == 0:
        return samples[:0]
    return samples[max(0, loud[0] - 1) * step : (loud[-1] + 2) * step]


class Melodies:
    """Lines of real music, fitted to an instrument's range and played at some speed."""

    def __init__(self, path: Path, rng: np.random.Generator) -> None:
        self._pieces = json.loads(path.read_text())
        self._rng = rng

    def draw(self, instrument: Instrument, seconds: float) -> list[Event]:
        """One line, or two and more together where the instrument plays chords."""
        rng = self._rng
        piece = self._pieces[rng.integers(len(self._pieces))]
        parts = piece["parts"]
        voices = int(rng.integers(1, 5)) if instrument.chords and rng.random() < 0.6 else 1
        chosen = rng.permutation(len(parts))[:voices]
        beat = float(rng.uniform(0.28, 0.8))
        last = max(onset for onset, _, _ in parts[chosen[0]])
        begin = float(rng.uniform(0, max(0.01, last - seconds / beat)))
        touch = float(rng.choice([0.35, 0.7, 0.95, 1.03]))
        events = []
        for index in chosen:
            line = [n for n in parts[index] if begin <= n[0] < begin + seconds / beat]
            for onset, length, pitches in line:
                for pitch in pitches if instrument.chords else pitches[-1:]:
                    start = (onset - begin) * beat + float(rng.normal(0, 0.008))
                    held = max(0.08, length * beat * touch)
                    events.append(Event(max(0.0, start), held, pitch, 0))
        return self._fitted(events, instrument)

    def _fitted(self, events: list[Event], instrument: Instrument) -> list[Event]:
        if not events:
            return []
        rng = self._rng
        lowest, highest = (f(e.pitch for e in events) for f in (min, max))
        room = range(instrument.lowest - lowest, instrument.highest - highest + 1)
        shift = int(rng.choice(room)) if len(room) else instrument.lowest - lowest
        loudness = int(rng.integers(45, 115))
        out = []
        for event in events:
            pitch = event.pitch + shift
            while pitch > instrument.highest:
                pitch -= 12
            velocity = int(np.clip(loudness + rng.normal(0, 8), 25, 127))
            out.append(Event(event.start, event.length, pitch, velocity))
        return out


def scale_notes(instrument: Instrument, count: int, rng: np.random.Generator) -> list[Event]:
    """Single notes over the range, one each three seconds, short and long, soft and loud."""
    pitches = np.linspace(instrument.lowest, instrument.highest, count) + rng.uniform(-1, 1, count)
    return [
        Event(
            3.0 * index,
            float(rng.uniform(0.3, 2.4)),
            int(np.clip(round(pitch), instrument.lowest, instrument.highest)),
            int(rng.integers(35, 125)),
        )
        for index, pitch in enumerate(pitches)
    ]


def drum_pattern(start: float, seconds: float, rng: np.random.Generator) -> list[Event]:
    """A rhythm on a drum kit: a random pattern of sixteenths, repeated with small changes."""
    step = float(rng.uniform(0.09, 0.2))
    voices = [(36, 0.3), (38, 0.2), (42, 0.6), (46, 0.1), (45, 0.12), (49, 0.04), (51, 0.2)]
    pattern = [[rng.random() < chance for _ in range(16)] for _, chance in voices]
    events = []
    for index in range(int(seconds / step)):
        for (pitch, _), row in zip(voices, pattern, strict=True):
            if row[index % 16] != (rng.random() < 0.05):
                velocity = int(rng.integers(50, 127))
                events.append(Event(start + index * step, 0.1, pitch, velocity))
    return events


def synthesise(command: list[str], events: list[Event], program: tuple[int, int]) -> Samples:
    """Play events (program of a bank; bank 128: the drum channel) by ``command`` + MIDI + WAV."""
    bank, number = program
    channel = 9 if bank == 128 else 0
    score = Score(60.0)  # beats are seconds
    if bank and bank != 128:
        score.events.append((0, -1, bytes([0xB0, 0, bank])))
    score.program(channel, number)
    for event in events:
        score.note(channel, event.start, event.length, event.pitch, event.velocity)
    with tempfile.TemporaryDirectory() as folder:
        midi, wave = Path(folder, "score.mid"), Path(folder, "sound.wav")
        score.write(midi)
        filled = [part.format(midi=midi, wave=wave) for part in command]
        subprocess.run(filled, check=True, capture_output=True)
        return load(wave, 1000.0)


def fluidsynth(font: Path) -> list[str]:
    quiet = ["fluidsynth", "-ni", "-R", "0", "-C", "0", "-g", "0.4", "-r", str(RATE)]
    return [*quiet, "-o", "synth.midi-bank-select=gs", "-F", "{wave}", str(font), "{midi}"]


def timidity(config: Path) -> list[str]:
    # Interpolation and 32 kHz; reverb and chorus off.
    plain = ["timidity", "-c", str(config), "-EFreverb=0", "-EFchorus=0", "-s", str(RATE)]
    return [*plain, "-Ow", "-o", "{wave}", "{midi}"]


def played(
    command: list[str], name: str, melodies: Melodies, rng: np.random.Generator
) -> Iterator[Stretch]:
    """All instruments of a soundfont: single notes and phrases, a synthesis each."""
    for label, instrument in INSTRUMENTS.items():
        share = 2 if len(instrument.programs) > 1 else 1
        for program in instrument.programs:
            bank, number = program if isinstance(program, tuple) else (0, program)
            group = f"{name} {bank}-{number}"
            events = scale_notes(instrument, 24 // share, rng)
            spans = [(e.start, 3.0, "note") for e in events]
            clock = 3.0 * len(events) + 1.0
            for _ in range(12 // share):
                line = melodies.draw(instrument, 6.0)
                events += [Event(e.start + clock, *_rest(e)) for e in line]
                spans.append((clock, 6.2, "phrase"))
                clock += 8.0
            yield from _cut(synthesise(command, events, (bank, number)), spans, label, group)
    for kit in (0, 8, 16, 32, 40):
        events, spans, clock = [], [], 0.0
        for _ in range(5):
            events += drum_pattern(clock, 6.0, rng)
            spans.append((clock, 6.0, "phrase"))
            clock += 8.0
        for pitch in rng.permutation(np.arange(35, 60))[:8]:
            events.append(Event(clock, 0.3, int(pitch), int(rng.integers(50, 127))))
            spans.append((clock, 2.0, "note"))
            clock += 3.0
        sound = synthesise(command, events, (128, kit))
        yield from _cut(sound, spans, "drums", f"{name} kit {kit}")


def _rest(event: Event) -> tuple[float, int, int]:
    return event.length, event.pitch, event.velocity


def _cut(
    sound: Samples, spans: list[tuple[float, float, str]], label: str, group: str
) -> Iterator[Stretch]:
    for start, seconds, kind in spans:
        piece = trimmed(sound[int(start * RATE) : int((start + seconds) * RATE)])
        if len(piece) > RATE // 10 and np.abs(piece).max() > 1e-3:
            yield Stretch(piece, label, group, kind)


class Sampler:
    """Plays lines on recorded single notes, moved by two semitones at most."""

    def __init__(self, notes: dict[int, list[Samples]]) -> None:
        self._notes = notes

    def play(self, events: list[Event], rng: np.random.Generator) -> Samples:
        """Silence where no recorded note is near."""
        end = max((e.start + e.length for e in events), default=0.0) + 0.6
        out = np.zeros(int(end * RATE), np.float32)
        for event in events:
            near = min(self._notes, key=lambda pitch: abs(pitch - event.pitch))
            if abs(near - event.pitch) > 2:
                continue
            choice = self._notes[near]
            note = choice[rng.integers(len(choice))]
            ratio = 2 ** ((near - event.pitch) / 12)
            if ratio != 1:
                note = soxr.resample(note, RATE, RATE * ratio)
            release = int(rng.uniform(0.04, 0.25) * RATE)
            held = min(len(note), int(event.length * RATE) + release)
            piece = note[:held].copy()
            fade = min(release, held)
            piece[held - fade :] *= np.linspace(1, 0, fade, dtype=np.float32) ** 2
            at = int(event.start * RATE)
            piece = piece[: len(out) - at] * (event.velocity / 100)
            out[at : at + len(piece)] += piece
        return out


def midi_pitch(name: str) -> int | None:
    """``A4``, ``As4``, ``C#3`` to a MIDI note."""
    match = re.fullmatch(r"([A-G])([s#b]?)(-?\d)", name)
    if match is None:
        return None
    step = _NOTES.index(match[1]) + {"": 0, "s": 1, "#": 1, "b": -1}[match[2]]
    return step + 12 * (int(match[3]) + 1)


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
            keys = (36, 38, 42, 46, 45, 49, 51)
            for event in drum_pattern(0.0, 5.5, rng):
                hit = sounds[keys.index(event.pitch) % len(sounds)]
                at = int(event.start * RATE)
                hit = hit[: len(out) - at] * (event.velocity / 127)
                out[at : at + len(hit)] += hit
            yield Stretch(trimmed(out), "drums", kit, "phrase")


def not_music(shared: Path, games: list[Path], rng: np.random.Generator) -> Iterator[Stretch]:
    """Environment, speech and what games sound like besides music; as groups: folds, speakers."""
    for path in sorted((shared / "esc10").glob("*/*.ogg")):
        yield Stretch(load(path), NOTHING, f"esc fold {path.name[0]}", "other")
    by_speaker: dict[str, list[Path]] = {}
    for path in sorted((shared / "fsdd" / "recordings").glob("*.wav")):
        by_speaker.setdefault(path.stem.split("_")[1], []).append(path)
    for speaker, paths in by_speaker.items():
        for _ in range(25):
            words = [load(paths[rng.integers(len(paths))]) for _ in range(6)]
            gap = np.zeros(int(RATE * rng.uniform(0.02, 0.4)), np.float32)
            joined = list(itertools.chain.from_iterable((word, gap) for word in words))
            yield Stretch(np.concatenate(joined), NOTHING, f"speech {speaker}", "other")
    yield from synthetic_speech(rng)
    yield from computed_noise(rng)
    musical = re.compile(
        "music|zik|tada|fanfare|theme|jingle|bell|organ|piano|sing|hymn|welldone|title|song|guitar",
        re.I,
    )
    for package in sorted(p for folder in games for p in folder.iterdir() if p.is_dir()):
        paths = sorted(p for e in ("ogg", "wav") for p in package.rglob(f"*.{e}"))
        effects = [p for p in paths if not musical.search(str(p.relative_to(package)))]
        for path in [effects[i] for i in rng.permutation(len(effects))[:50]]:
            sound = trimmed(load(path, 5.0))
            if len(sound) > RATE // 3:
                yield Stretch(sound, NOTHING, f"effects {package.name}", "other")


def synthetic_speech(rng: np.random.Generator) -> Iterator[Stretch]:
    words = "the quick brown fox jumps over the lazy dog while seven wizards watch the rain"
    languages = "en-us en-gb de fr es it pl ru tr hi sv pt nl cs".split()  # noqa: SIM905
    for voice, variant in itertools.product(languages, ("+m3", "+f2", "+m7", "+f4")):
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            tone = ["-s", str(rng.integers(110, 220)), "-p", str(rng.integers(20, 80))]
            command = ["espeak-ng", "-v", voice + variant, *tone, "-w", file.name, words]
            subprocess.run(command, check=True, capture_output=True)
            yield Stretch(load(Path(file.name), 8.0), NOTHING, f"espeak {voice}", "other")


def computed_noise(rng: np.random.Generator) -> Iterator[Stretch]:
    """Coloured noise, mains hum, clicks, sweeps."""
    length = 4 * RATE
    time = np.arange(length) / RATE
    for index in range(200):
        spectrum = np.fft.rfft(rng.standard_normal(length))
        spectrum /= np.maximum(np.arange(len(spectrum)), 40.0) ** (rng.uniform(-0.2, 2.2) / 2)
        sound = np.fft.irfft(spectrum, length)
        sound /= np.abs(sound).max()
        if index % 4 == 1:
            base = float(rng.choice([50.0, 60.0, 100.0, 120.0]))
            parts = [rng.random() / k * np.sin(2 * np.pi * base * k * time) for k in range(1, 12)]
            sound = 0.1 * sound + np.sum(parts, axis=0)
        elif index % 4 == 2:
            gate = rng.random(length) < rng.uniform(1, 60) / RATE
            sound = np.convolve(gate * rng.uniform(0.1, 1, length), sound[:600], "same")
        elif index % 4 == 3:
            slow = 1 + 0.9 * np.sin(2 * np.pi * rng.uniform(0.1, 6) * time)
            sound = sound * slow
        yield Stretch(sound.astype(np.float32), NOTHING, f"noise {index % 10}", "other")


def mixtures(games: list[Path], rng: np.random.Generator) -> Iterator[Stretch]:
    """Excerpts of whole music, without a label: the teacher says what is in them."""
    for folder in games:
        for package in sorted(p for p in folder.iterdir() if p.is_dir()):
            paths = [p for p in sorted(package.rglob("*.ogg")) if soundfile.info(p).duration > 30]
            for path in [paths[i] for i in rng.permutation(len(paths))[:12]]:
                sound = load(path, 240.0)
                for start in rng.uniform(0, len(sound) - 4 * RATE, 12).astype(int):
                    piece = sound[start : start + 4 * RATE]
                    if np.square(piece).mean() > 1e-6:
                        yield Stretch(piece, UNLABELLED, f"music {package.name}", "other")


def store(stretches: Iterator[Stretch], out: Path, collection: str) -> None:
    sounds, rows, position = [], [], 0
    for stretch in stretches:
        peak = max(1e-6, float(np.abs(stretch.samples).max()))
        samples = np.round(stretch.samples / peak * 30000).astype(np.int16)
        rows.append((position, position + len(samples), stretch.label, stretch.group, stretch.kind))
        position += len(samples)
        sounds.append(samples)
    np.save(out / f"{collection}.npy", np.concatenate(sounds))
    (out / f"{collection}.json").write_text(json.dumps(rows))
    sys.stdout.write(f"{collection}: {len(rows)} stretches, {position / RATE / 60:.0f} min\n")
    sys.stdout.flush()


def main() -> None:
    shared, downloads, out = (Path(name) for name in sys.argv[1:4])
    out.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[4:]

    def fresh() -> tuple[Melodies, np.random.Generator]:
        rng = np.random.default_rng(SEED)
        return Melodies(downloads / "lines.json", rng), rng

    games = [downloads / "games"]

    def fonts(names: tuple[str, ...]) -> Iterator[Stretch]:
        melodies, rng = fresh()
        for name in names:
            yield from played(fluidsynth(downloads / "sf" / name), name, melodies, rng)

    config = downloads / "freepats" / "freepats.cfg"
    jobs = {
        "philharmonia": lambda: philharmonia(shared / "philharmonia", *fresh()),
        "players": lambda: itertools.chain(
            players(downloads / "npm", shared / "weresax", *fresh()),
            stems(downloads / "stems", fresh()[1]),
        ),
        "fluid": lambda: fonts(FONTS["fluid"]),
        "small-banks": lambda: fonts(FONTS["small-banks"]),
        "freepats": lambda: played(timidity(config), "freepats", *fresh()),
        "kits": lambda: drum_machines(downloads / "drums", fresh()[1]),
        "not-music": lambda: not_music(shared, games, fresh()[1]),
        "mixtures": lambda: mixtures(games, fresh()[1]),
    }
    for collection, job in jobs.items():
        if not wanted or collection in wanted:
            store(job(), out, collection)


if __name__ == "__main__":
    main()
