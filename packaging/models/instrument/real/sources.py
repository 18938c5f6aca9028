"""The real recordings that `instrument` learns from: where they are, whose, and who is related.

``judge/recordings.py`` reads the truth from the same names. What must not be on both sides of a
judgement is one group.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from instrument.judge.recordings import NOT_MUSIC, RELATIVES, label_of

UNLABELLED = "?"
# Sources whose licences forbid commercial use; ``--licences commercial`` leaves them out.
NON_COMMERCIAL = ("players-rickenbacker4001", "ravdess-song", "ravdess-speech", "emotify")
_SPEECH_FILES = 60  # of a folder of speech, at most


@dataclass(frozen=True)
class Recording:
    """One file, or several that are heard as one.

    Attributes:
        name: its place below the shared data, or of what was downloaded.
        paths: what is heard, one after the other.
        label: the truth; ``NOT_MUSIC`` or ``UNLABELLED``.
        group: what it is related with.
    """

    name: str
    paths: tuple[Path, ...]
    label: str
    group: str


def group_of(source: str, name: str) -> str:
    """What a recording is related with; of RAVDESS each actor is one."""
    if source.startswith("ravdess"):
        found = re.search(r"actor(\d+)", name)
        assert found is not None
        return f"actor {int(found[1])}"
    return RELATIVES.get(source, source)


def gathered(
    shared: Path, downloads: Path, *, commercial: bool = False
) -> dict[str, list[Recording]]:
    """All recordings by source.

    Args:
        shared: holds players/, ravdess/, philharmonia/, weresax/, emotify/, esc10/, fsdd/.
        downloads: holds spoken/, folders of speech in any format that libsndfile reads.
        commercial: leave out what must not be used commercially.
    """
    folders = [f"players/{path.name}" for path in sorted((shared / "players").iterdir())]
    folders += ["ravdess/song", "ravdess/speech", "philharmonia", "weresax", "esc10"]
    found = {folder.replace("/", "-"): _folder(shared, folder) for folder in folders}
    found["emotify"] = [
        Recording(str(path.relative_to(shared)), (path,), UNLABELLED, "emotify")
        for path in sorted((shared / "emotify").rglob("*.opus"))
    ]
    found["fsdd"] = list(_digits(shared))
    found["spoken"] = list(_spoken(downloads / "spoken"))
    return {k: v for k, v in found.items() if not (commercial and k in NON_COMMERCIAL)}


def _folder(shared: Path, folder: str) -> list[Recording]:
    source = folder.replace("/", "-")
    paths = [p for p in sorted((shared / folder).rglob("*.*")) if p.suffix != ".tsv"]
    names = [str(path.relative_to(shared)) for path in paths]
    return [
        Recording(name, (path,), label_of(name), group_of(source, name))
        for name, path in zip(names, paths, strict=True)
    ]


def _digits(shared: Path) -> Iterator[Recording]:
    speakers: dict[str, list[Path]] = {}
    for path in sorted((shared / "fsdd" / "recordings").glob("*.wav")):
        speakers.setdefault(path.stem.split("_")[1], []).append(path)
    for speaker, paths in speakers.items():
        for start in range(12):
            chosen = tuple(paths[start::41][:12])
            yield Recording(f"fsdd/{speaker}/{start}", chosen, NOT_MUSIC, "fsdd")


def _spoken(folder: Path) -> Iterator[Recording]:
    """Prompts and syllables, a few seconds of them as one recording."""
    for place in sorted(path for path in folder.glob("*") if path.is_dir()):
        paths = sorted(p for e in ("ogg", "wav") for p in place.rglob(f"*.{e}"))
        chosen = paths[:: max(1, len(paths) // _SPEECH_FILES)][:_SPEECH_FILES]
        for start in range(0, len(chosen) - 5, 6):
            several = tuple(chosen[start : start + 6])
            yield Recording(f"spoken/{place.name}/{start}", several, NOT_MUSIC, "spoken")
