"""Small stand-ins for published data sets, laid out as those are, synthesised and seeded.

Classes differ in pitch, timbre and noise, so that a network can learn them; recordings of a class
differ in key, rhythm and level. Every function takes the folder to write into and returns what
``open_dataset`` takes.
"""

import csv
import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from uuid import UUID

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.datasets.corpora.gtzan import GENRES

Samples = NDArray[np.float32]
MEDLEY_SUBSETS = ("training", "validation", "test")
MEDLEY_INSTRUMENTS = (
    "clarinet",
    "distorted electric guitar",
    "female singer",
    "flute",
    "piano",
    "tenor saxophone",
    "trumpet",
    "violin",
)
ESC50 = ("dog", "rooster", "rain", "sea_waves", "crackling_fire", "clock_tick")
ESC10 = ("101 - Dog", "102 - Rain", "103 - Sea waves", "104 - Baby cry")
SPEAKERS = ("george", "jackson", "lucas")
_TRUE = (1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 17, 18, 19, 20)


def sound(
    kind: int, take: int, seconds: float = 1.0, rate_hz: int = 22050, kinds: int = 10
) -> Samples:
    """Notes in the timbre of a class.

    Args:
        kind: number of the class: decides register, overtones, noise and pace.
        take: number of the recording: decides key, melody, level and the noise's course.
        seconds: length.
        rate_hz: sample rate.
        kinds: how many classes there are to tell apart.

    Returns:
        float32, shape (n,), between -1 and 1.
    """
    rng = np.random.default_rng([kind, take, 77])
    count = round(seconds * rate_hz)
    place = kind / max(1, kinds - 1)
    tonic = 110.0 * 2 ** (3.0 * place) * 2 ** rng.uniform(-0.15, 0.15)
    pace = 0.15 + 0.1 * (kind % 3)
    note = max(1, round(pace * rate_hz))
    notes = rng.choice([0, 2, 4, 7, 9], size=count // note + 1)
    frequency = tonic * 2 ** (np.repeat(notes, note)[:count] / 12)
    phase = 2 * np.pi * np.cumsum(frequency) / rate_hz
    overtones = np.arange(1, 2 + kind % 5)
    audible = frequency[None] * overtones[:, None] < 0.45 * rate_hz
    tone = (np.sin(phase[None] * overtones[:, None]) / overtones[:, None] * audible).sum(axis=0)
    fade = np.exp(-(np.arange(count) % note) / (note * (0.3 + 0.4 * (kind % 2))))
    noise = rng.standard_normal(count) * (0.005 + 0.1 * (kind % 4) / 3)
    mixed = tone * fade + noise
    return np.asarray(rng.uniform(0.2, 0.7) * mixed / np.abs(mixed).max(), dtype=np.float32)


def write(path: Path, samples: Samples, rate_hz: int = 22050) -> Path:
    """A sound file of the kind its ending says, 16 bit where there is a choice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix[1:].upper()
    soundfile.write(
        path, samples, rate_hz, format=kind, subtype=None if kind in ("OGG", "MP3") else "PCM_16"
    )
    return path


def gtzan(
    root: Path,
    tracks: int = 3,
    seconds: float = 1.0,
    suffix: str = ".wav",
    genres: Sequence[str] = GENRES,
    home: str = "genres_original",
) -> Path:
    """GTZAN: ``genres_original/blues/blues.00000.wav`` and so on, 22.05 kHz."""
    for genre in genres:
        for track in range(tracks):
            path = root / home / genre / f"{genre}.{track:05d}{suffix}"
            write(path, sound(GENRES.index(genre), track, seconds))
    return root


def medley_solos(
    root: Path,
    songs: int = 1,
    clips: int = 2,
    seconds: float = 0.5,
    suffix: str = ".wav",
    home: str = "",
) -> Path:
    """Medley-solos-DB: its table and ``Medley-solos-DB_test-0_<uuid>.wav``, 44.1 kHz.

    Args:
        root: where to write.
        songs: songs of each instrument in each subset.
        clips: clips of each song.
        seconds: length of a clip; 3 in the real one.
        suffix: ``.wav``, or ``.wav.wav`` as some copies have it.
        home: folder of the sounds: empty or ``audio``.
    """
    rng = np.random.default_rng(5)
    rows = []
    plan = product(enumerate(MEDLEY_SUBSETS), enumerate(MEDLEY_INSTRUMENTS), range(songs))
    for song, ((part, subset), (number, name), _) in enumerate(plan):
        for clip in range(clips):
            uuid = UUID(bytes=rng.bytes(16))
            rows.append([subset, name, number, f"{song:03d}", uuid])
            path = root / home / f"Medley-solos-DB_{subset}-{number}_{uuid}{suffix}"
            write(path, sound(number, 1000 * part + 10 * song + clip, seconds, 44100, 8), 44100)
    with (root / "Medley-solos-DB_metadata.csv").open("w", newline="", encoding="utf-8") as file:
        header = ["subset", "instrument", "instrument_id", "song_id", "uuid4"]
        csv.writer(file).writerows([header, *rows])
    return root


def iowa(root: Path, training: int = 200, test: int = 60, classes: int = 10) -> Path:
    """The Iowa quadruple: 120 features of each note, ordered by class as the real ones are."""
    root.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(3)
    centres = rng.normal(0, 2, (classes, 120))
    for part, rows in (("train", training), ("test", test)):
        labels = np.sort(np.arange(rows) % classes)
        data = centres[labels] + rng.normal(0, 1.5, (rows, 120))
        np.save(root / f"uiowa_{part}_data.npy", data * np.geomspace(50, 0.5, 120))
        np.save(root / f"uiowa_{part}_labels.npy", labels)
    return root


def features(root: Path, rows: int = 12) -> Path:
    """Finished features as Velardo's course saves them: ``data.json`` of MFCCs with labels."""
    root.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(4)
    content = {
        "mapping": ["blues", "rock"],
        "labels": [row % 2 for row in range(rows)],
        "mfcc": rng.normal(0, 1, (rows, 5, 13)).round(3).tolist(),
    }
    (root / "data.json").write_text(json.dumps(content), encoding="utf-8")
    return root


def author_music(
    root: Path, files: int = 4, seconds: float = 4.0, real_layout: bool = False
) -> Path:
    """EpyNN's two guitar authors: ``data/true/STE-001.wav``, ``data/false/...``, 44.1 kHz.

    Args:
        root: where to write.
        files: recordings of each author.
        seconds: length of each.
        real_layout: 14 true recordings and a single false one, as published.
    """
    for number in _TRUE if real_layout else _TRUE[:files]:
        path = root / "data" / "true" / f"STE-{number:03d}.wav"
        write(path, sound(1, number, seconds, 44100, 4), 44100)
    for number in range(1 if real_layout else files):
        end = "" if number == 0 else f"_{number + 1}"
        path = root / "data" / "false" / f"top_30_songs_acoustic_guitar{end}.wav"
        length = seconds * (4 if real_layout else 1)
        write(path, sound(2, 100 + number, length, 44100, 4), 44100)
    return root


def fsdd(root: Path, takes: int = 7, digits: int = 3, speakers: Sequence[str] = SPEAKERS) -> Path:
    """Free Spoken Digit Dataset: ``recordings/7_jackson_32.wav``, 8 kHz, about half a second."""
    for voice, speaker in enumerate(speakers):
        for digit in range(digits):
            for take in range(takes):
                seconds = 0.3 + 0.02 * take + 0.05 * digit
                samples = sound(voice, 100 * digit + take, seconds, 8000, len(speakers))
                write(root / "recordings" / f"{digit}_{speaker}_{take}.wav", samples, 8000)
    return root


def emotify(root: Path, tracks: int = 4, seconds: float = 0.3) -> Path:
    """Emotify: ``tracks.tsv`` and ``classical/001__Artist-0__Album__Title.wav``."""
    emotions = (
        "amazement", "solemnity", "tenderness", "nostalgia", "calmness", "power",
        "joyful_activation", "tension", "sadness",
    )  # fmt: skip
    root.mkdir(parents=True, exist_ok=True)
    with (root / "tracks.tsv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, delimiter="\t")
        table.writerow(["file_prefix", "genre", "artist", "album", "raters", *emotions])
        for kind, genre in enumerate(("classical", "pop")):
            for track in range(tracks):
                prefix, artist = f"{track + 1:03}", f"Artist {track // 2}"
                ratings = [0.05 * (place + kind + track + 1) for place in range(len(emotions))]
                table.writerow([prefix, genre, artist, "Album", 20, *ratings])
                path = root / genre / f"{prefix}__{artist.replace(' ', '-')}__Album__Title.wav"
                write(path, sound(kind, track, seconds, 16000, 2), 16000)
    return root


def esc50(root: Path, clips: int = 1, seconds: float = 0.5) -> Path:
    """ESC-50: ``meta/esc50.csv`` and ``audio/1-100032-A-0.wav``; two takes of each clip a fold."""
    (root / "meta").mkdir(parents=True, exist_ok=True)
    with (root / "meta" / "esc50.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["filename", "fold", "target", "category", "esc10", "src_file", "take"])
        for target, name in enumerate(ESC50):
            for fold in range(1, 6):
                for clip in range(clips):
                    source = 100000 + 1000 * target + 10 * fold + clip
                    for number, take in enumerate("AB"):
                        path = f"{fold}-{source}-{take}-{target}.wav"
                        table.writerow([path, fold, target, name, target < 4, source, take])
                        samples = sound(target, 2 * source + number, seconds, 44100, len(ESC50))
                        write(root / "audio" / path, samples, 44100)
    return root


def esc10(
    root: Path, classes: Sequence[str] = ESC10, seconds: float = 0.5, suffix: str = ".ogg"
) -> Path:
    """The first ESC-10: a folder for each class with ``1-100032-A.ogg``, two takes a clip."""
    for kind, name in enumerate(classes):
        for fold in range(1, 6):
            source = 20000 + 100 * kind + fold
            for number, take in enumerate("AB"):
                samples = sound(kind, 2 * source + number, seconds, 44100, len(classes))
                write(root / name / f"{fold}-{source}-{take}{suffix}", samples, 44100)
    return root


def philharmonia(root: Path, pitches: Sequence[str] = ("A3", "Cs4"), seconds: float = 0.5) -> Path:
    """Philharmonia samples: ``flute/flute_A3_1_forte_normal.mp3``, two dynamics of each pitch."""
    for kind, name in enumerate(("banjo", "bass-clarinet", "flute")):
        for note, pitch in enumerate(pitches):
            for number, dynamic in enumerate(("forte", "pianissimo")):
                path = root / name / f"{name}_{pitch}_1_{dynamic}_normal.mp3"
                path.parent.mkdir(parents=True, exist_ok=True)
                samples = sound(kind, 10 * note + number, seconds, 44100, 3)
                soundfile.write(path, samples, 44100, format="MP3")
    return root


def folders(
    root: Path,
    classes: Sequence[str] = ("bell", "drum", "flute"),
    files: int = 4,
    seconds: float = 1.0,
    groups: int = 0,
) -> Path:
    """A folder for each class; with groups: ``class/group 1/take 0.wav``."""
    for kind, name in enumerate(classes):
        for take in range(files):
            between = f"group {take % groups + 1}" if groups else ""
            samples = sound(kind, take, seconds, kinds=len(classes))
            write(root / name / between / f"take {take}.wav", samples)
    return root


def audacity(
    root: Path,
    classes: Sequence[str] = ("bell", "drum"),
    files: int = 2,
    seconds: float = 1.0,
) -> Path:
    """``song 0.wav`` with every class one after the other, and ``song 0.txt`` that says where."""
    root.mkdir(parents=True, exist_ok=True)
    for file in range(files):
        parts = [sound(kind, file, seconds, kinds=len(classes)) for kind in range(len(classes))]
        write(root / f"song {file}.wav", np.concatenate(parts))
        lines = [
            f"{kind * seconds:.6f}\t{(kind + 1) * seconds:.6f}\t{name}\n\\\t100.0\t2000.0\n"
            for kind, name in enumerate(classes)
        ]
        point = f"{seconds / 2:.6f}\t{seconds / 2:.6f}\tcough\n"
        (root / f"song {file}.txt").write_text("".join(lines) + point, encoding="utf-8")
    return root


def near_duplicate(
    samples: Samples, gain_db: float = -6.0, noise_db: float = -50.0, seed: int = 0
) -> Samples:
    """The same sound at another level, with noise so much below it."""
    louder = samples * 10 ** (gain_db / 20)
    level = float(np.sqrt(np.mean(np.square(louder)))) * 10 ** (noise_db / 20)
    noise = np.random.default_rng(seed).standard_normal(len(samples)) * level
    return np.asarray(louder + noise, dtype=np.float32)
