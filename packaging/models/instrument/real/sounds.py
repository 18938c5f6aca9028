"""All real sound that the mobile network is to hear: kept once, end to end, with whose it is.

    python packaging/models/run.py instrument.real.sounds SHARED_DATA DOWNLOADS OUT

SHARED_DATA holds players/, ravdess/, philharmonia/, weresax/, emotify/, esc10/, fsdd/; DOWNLOADS
``games/``, a folder a package, with the music of free games and of Frets on Fire as Debian has it.
``--licences=commercial`` leaves out what must not be used commercially. Nothing of ``HELD`` is
taken: these sources judge. Writes ``OUT.npy``, int16 at 32 kHz, and ``OUT.json``: of each sound
its first and last sample, ``kind`` (see ``KINDS``) and ``cell``: what may be joined to a phrase.
Three minutes.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from instrument.real.sources import NON_COMMERCIAL
from instrument.sounds.play import trimmed

RATE = 32000
# Groups that judge, relatives together; of RAVDESS the actors of odd numbers, of ESC-10 fold 5.
HELD = (
    "players-fsdkaggle2018",
    "players-mtg-solosax",
    "players-freesound-packs",
    "players-gtown-church",
    "players-berklee-olpc",
)
# How often each kind is drawn.
KINDS = {
    "solo": 0.42,
    "music": 0.22,
    "games": 0.15,
    "stems": 0.04,
    "song": 0.05,
    "speech": 0.05,
    "other": 0.07,
}
_SECONDS = {"games": 60.0, "stems": 60.0}
_PER_PACKAGE = 25
Samples = NDArray[np.float32]


def held(name: str) -> bool:
    """Whether a recording, by its place below the shared data, judges."""
    actor = re.search(r"actor(\d+)", name)
    if actor is not None:
        return int(actor[1]) % 2 == 1
    if name.startswith("esc10/"):
        return Path(name).name.startswith("5")
    return name.replace("/", "-").startswith(HELD)


def recordings(shared: Path) -> Iterator[tuple[Path, str, str]]:
    """Path, kind and cell of what is among the shared data."""
    for path in sorted(shared.rglob("*.*")):
        name = str(path.relative_to(shared))
        if path.suffix not in (".opus", ".mp3", ".flac", ".wav", ".ogg") or held(name):
            continue
        top, cell = name.split("/")[0], str(Path(name).parent)
        if top == "fsdd":
            yield path, "speech", path.stem.split("_")[1]
        elif top == "ravdess":
            cell += Path(name).name.split("_")[0]
            yield path, "song" if "/song/" in name else "speech", cell
        elif top == "emotify":
            yield path, "music", name
        elif top == "esc10" or "not-music" in name:
            yield path, "other", name
        elif top in ("players", "philharmonia", "weresax"):
            # Of many players in one folder, a pack is one player.
            yield path, "solo", cell


def games(folder: Path, rng: np.random.Generator) -> Iterator[tuple[Path, str, str]]:
    """Music of games, and tracks of songs; what is shorter than 20 s is an effect."""
    for package in sorted(path for path in folder.iterdir() if path.is_dir()):
        paths = sorted(p for e in ("ogg", "mp3", "wav") for p in package.rglob(f"*.{e}"))
        long = [path for path in paths if _duration(path) > 20]
        kind = "stems" if package.name.startswith("fretsonfire") else "games"
        for index in rng.permutation(len(long))[:_PER_PACKAGE]:
            yield long[index], kind, str(long[index])


def _duration(path: Path) -> float:
    try:
        return float(soundfile.info(path).duration)
    except soundfile.LibsndfileError:
        return 0.0


def load_part(path: Path, seconds: float | None, rng: np.random.Generator) -> Samples:
    """Mono at 32 kHz; a drawn part of so many seconds where there is more."""
    info = soundfile.info(path)
    start, frames = 0, -1
    if seconds is not None and info.duration > seconds:
        frames = int(seconds * info.samplerate)
        start = int(rng.uniform(0, info.frames - frames))
    samples, rate = soundfile.read(
        path, dtype="float32", always_2d=True, frames=frames, start=start
    )
    return np.asarray(soxr.resample(samples.mean(1), rate, RATE), np.float32)


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    shared, downloads, out = (Path(word) for word in words[:3])
    rng = np.random.default_rng(3)
    found = [*recordings(shared), *games(downloads / "games", rng)]
    if "--licences=commercial" in sys.argv:
        kept = [str(shared / name.replace("-", "/", 1)) for name in NON_COMMERCIAL]
        found = [one for one in found if not str(one[0]).startswith(tuple(kept))]
    sounds, place = [], 0
    rows: list[dict[str, Any]] = []
    for path, kind, cell in found:
        sound = trimmed(load_part(path, _SECONDS.get(kind), rng))
        peak = float(np.abs(sound).max(initial=0))
        if len(sound) < RATE // 8 or peak < 1e-4:
            continue
        sounds.append(np.round(sound / peak * 30000).astype(np.int16))
        rows.append({"first": place, "last": place + len(sound), "kind": kind, "cell": cell})
        place += len(sound)
    out.parent.mkdir(parents=True, exist_ok=True)
    np.save(out.with_suffix(".npy"), np.concatenate(sounds))
    out.with_suffix(".json").write_text(json.dumps(rows))
    for kind in KINDS:
        mine = [row["last"] - row["first"] for row in rows if row["kind"] == kind]
        sys.stdout.write(f"{kind}: {len(mine)} sounds, {sum(mine) / RATE / 60:.0f} minutes\n")


if __name__ == "__main__":
    main()
