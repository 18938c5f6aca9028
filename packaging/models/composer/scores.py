"""Reads music21's scores into lists of notes, with the work each belongs to and a split by work.

    pip install music21
    python packaging/models/run.py composer.scores FOLDER

music21 is a tool of this script alone; its corpus is where the scores come from. Releases before
2014 carried hundreds of quartets more, which their encoders had withdrawn: they are not used.
FOLDER/scores gets a file of notes for each piece, FOLDER/pieces.json the list. Files that are there
already are taken as they are.
"""

import json
import re
import sys
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

COMPOSERS = {
    "bach": "Bach",
    "beethoven": "Beethoven",
    "monteverdi": "Monteverdi",
    "mozart": "Mozart",
    "palestrina": "Palestrina",
}
ELSE = "somebody else"
# Two quartets by Haydn and a rag by Joplin are too few to split by work.
OTHERS = (
    "haydn", "joplin", "schumann_robert", "schumann_clara", "chopin", "beach", "schoenberg",
    "handel", "corelli", "josquin", "lusitano", "luca", "weber", "verdi", "cpebach", "trecento",
    "ryansMammoth", "oneills1850", "liliuokalani", "johnson_j_r", "leadSheet",
)  # fmt: skip
SUFFIXES = (".mxl", ".xml", ".krn", ".abc")
MOST = {"bach": 260, "palestrina": 200, "ryansMammoth": 30, "trecento": 40, "oneills1850": 2}
SEED = 5
SHARES = {"test": 0.25, "validation": 0.15}
LEAST_NOTES = 60
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Piece:
    """One movement: who wrote it, which work it is of, and which part it is in."""

    name: str
    composer: str
    work: str
    part: str = ""


def find_scores(corpus: Path, folders: tuple[str, ...]) -> dict[str, list[Path]]:
    """Score files of each folder, at most so many, drawn by the seed; one of each piece."""
    found = {}
    for folder in folders:
        by_piece: dict[str, Path] = {}
        for path in sorted((corpus / folder).rglob("*")):
            extra = "_old" in path.stem or path.stem.endswith(("-a", "-sc", "_bak"))
            if path.suffix in SUFFIXES and not extra:
                by_piece.setdefault(path.with_suffix("").as_posix(), path)
                if path.suffix == ".mxl":
                    by_piece[path.with_suffix("").as_posix()] = path
        paths = sorted(by_piece.values())
        rng = np.random.default_rng([SEED, zlib.crc32(folder.encode())])
        most = MOST.get(folder, len(paths))
        found[folder] = [paths[i] for i in sorted(rng.permutation(len(paths))[:most])]
    return found


def work_of(folder: str, path: Path) -> str:
    """The work a score is of, by its place, or for a mass by its title."""
    if folder == "palestrina":
        title = re.search(r"^!!!OPR:\s*(.+?)\s*$", path.read_text("latin-1"), re.M)
        return re.sub(r"[^a-z]", "", title[1].lower().removeprefix("missa")) if title else path.stem
    if path.parent.name in (folder, "choraleAnalyses"):
        # A chorale's cantata; elsewhere the file itself: a madrigal, a quartet in one file.
        return path.stem.split(".")[0] if folder == "bach" else path.stem
    return path.parent.name


def read_notes(path: Path) -> tuple[Array, list[float]]:
    """Notes of a score, and where in it a movement ends before the end of the file.

    Returns:
        Rows of start and length in quarter notes, MIDI pitch, and part, top first, shape (n, 4).
    """
    from music21 import converter

    score = converter.parse(path, forceSource=True)
    if hasattr(score, "scores"):  # several tunes in one file
        score = score.scores[0]
    rows, ends = [], []
    for part, stream in enumerate(score.parts or [score]):
        if part == 0:
            ends = [
                float(measure.offset + measure.barDuration.quarterLength)
                for measure in stream.getElementsByClass("Measure")
                if measure.rightBarline is not None and measure.rightBarline.type == "final"
            ]
        for note in stream.stripTies().flatten().notes:
            if note.duration.quarterLength > 0 and "ChordSymbol" not in note.classes:
                start, length = float(note.offset), float(note.duration.quarterLength)
                rows += [(start, length, float(p.midi), float(part)) for p in note.pitches]
    return np.asarray(sorted(rows), dtype=np.float64).reshape(-1, 4), ends


def movements(notes: Array, ends: list[float]) -> Iterator[Array]:
    """A file that holds several movements is cut where they end."""
    edges = [0.0, *sorted(ends), np.inf]
    start = 0.0
    for end in edges[1:]:
        inside = notes[(notes[:, 0] >= start) & (notes[:, 0] < end)]
        if len(inside) >= LEAST_NOTES and (end == np.inf or end - start > 60):
            start = end
            yield inside - np.asarray([inside[:, 0].min(), 0.0, 0.0, 0.0])


def pieces_of(corpus: Path, folders: tuple[str, ...], out: Path) -> Iterator[Piece]:
    """Every movement, its notes written to ``out``."""
    for folder, paths in find_scores(corpus, folders).items():
        for path in paths:
            inside = path.relative_to(corpus).with_suffix("").as_posix().replace("/", "_")
            stem = re.sub(r"[^A-Za-z0-9_.-]", "", inside)
            composer, work = COMPOSERS.get(folder, ELSE), f"{folder} {work_of(folder, path)}"
            done = sorted(out.glob(f"{stem}_[0-9].npy"))
            for name in [file.stem for file in done] or written(path, folder, out, stem):
                yield Piece(name, composer, work)


def written(path: Path, folder: str, out: Path, stem: str) -> list[str]:
    """Names of the movements of a score, whose notes are written to ``out``."""
    try:
        notes, ends = read_notes(path)
    except Exception as error:  # noqa: BLE001  # whatever music21 makes of a damaged file
        sys.stderr.write(f"left out: {path.name}: {error!r}\n")
        return []
    # Some quartets are one file.
    long = folder == "beethoven" and path.parent.name == folder
    names: list[str] = []
    for rows in movements(notes, ends if long else []):
        names.append(f"{stem}_{len(names)}")
        np.save(out / f"{names[-1]}.npy", rows.astype(np.float32))
    return names


def tune_of(notes: Array) -> NDArray[np.int64]:
    """The top part at each of the first 32 quarters, as steps: the same in every key."""
    top = notes[notes[:, 3] == 0]
    now = [top[top[:, 0] <= beat][-1, 2] if (top[:, 0] <= beat).any() else 0 for beat in range(32)]
    return np.diff(np.asarray(now)).astype(np.int64)


def joined(pieces: list[Piece], scores: Path) -> list[Piece]:
    """Chorales on one tune become one work, and with them their cantatas."""
    mine = [p for p in pieces if p.composer == "Bach"]
    tunes = [tune_of(np.load(scores / f"{p.name}.npy")) for p in mine]
    leader = {p.work: p.work for p in mine}

    def root(work: str) -> str:
        while leader[work] != work:
            work = leader[work]
        return work

    for i, one in enumerate(tunes):
        for j in range(i):
            # An upbeat more or less moves the tune by a quarter.
            same = max((one[a : 31 - b] == tunes[j][b : 31 - a]).mean() for a, b in SHIFTS)
            if same >= 0.7:
                leader[root(mine[i].work)] = root(mine[j].work)
    return [replace(p, work=root(p.work)) if p.work in leader else p for p in pieces]


SHIFTS = ((0, 0), (0, 1), (1, 0))


def split(pieces: list[Piece]) -> list[Piece]:
    """Whole works judge, choose or train; of each composer the same share of movements."""
    parts: dict[str, str] = {}
    for composer in sorted({p.composer for p in pieces}):
        rng = np.random.default_rng([SEED, zlib.crc32(composer.encode())])
        mine = [p for p in pieces if p.composer == composer]
        works = sorted({p.work for p in mine})
        waiting = [works[i] for i in rng.permutation(len(works))]
        for part, share in SHARES.items():
            have = 0
            while have < share * len(mine) - 1:
                work = waiting.pop()
                parts[work] = part
                have += sum(p.work == work for p in mine)
        parts |= dict.fromkeys(waiting, "training")
    return [replace(p, part=parts[p.work]) for p in pieces]


def main() -> None:
    import music21

    warnings.simplefilter("ignore")  # music21 tells of every bar that is too full
    folder = Path(sys.argv[1])
    scores, corpus = folder / "scores", Path(music21.__file__).parent / "corpus"
    scores.mkdir(parents=True, exist_ok=True)
    pieces = list(pieces_of(corpus, (*COMPOSERS, *OTHERS), scores))
    pieces = split(joined(pieces, scores))
    (folder / "pieces.json").write_text(json.dumps([asdict(p) for p in pieces], indent=0))
    for composer in sorted({p.composer for p in pieces}):
        mine = [p for p in pieces if p.composer == composer]
        counts = [f"{sum(p.part == part for p in mine)} {part}" for part in ("training", *SHARES)]
        works = len({p.work for p in mine})
        sys.stdout.write(f"{composer}: {len(mine)} pieces of {works} works: {', '.join(counts)}\n")


if __name__ == "__main__":
    main()
