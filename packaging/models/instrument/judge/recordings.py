"""The real recordings that instrument.judge.heard let `instrument` hear, as clips to be judged.

A clip is a recording; and, as most are single notes, also several notes of one player one after the
other, about as long as a phrase. ``groups`` are what may not be on both sides: a source and its
relatives.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.recognition.timeline import Timeline, concatenate
from instrument.classes import INSTRUMENTS, LABELS

HOP, WINDOW, SILENCE = 0.25, 1.0, -65.0
NOT_MUSIC = ""
JOINED_ROWS = 28  # of a clip of several notes: about 7 s
_KARORYFER = ("shinyguitar", "emilyguitar", "dsmolken-double-bass", "war-tuba")
RELATIVES = {
    "players-mtg-solosax": "players-fsdkaggle2018",
    "weresax": "karoryfer",
    **{f"players-{name}": "karoryfer" for name in _KARORYFER},
    "ravdess-song": "ravdess",
    "ravdess-speech": "ravdess",
}
# What the classifier that is judged learned from: its figures there are not of players left out.
LEARNED = ("philharmonia", "weresax", "esc10", "fsdd", "spoken")
# Sources with relatives among what it learned from, and which.
RELATED = {
    "players-freesound-packs": "bassoon and trombone are VSCO 2, as ToneJS's",
    "players-iowa-mis": "FreePats borrowed from it",
    "karoryfer": "the maker of Weresax",
}
_SINGLE_PLAYERS_ONLY = ("players-fsdkaggle2018",)  # many players: not to be joined


@dataclass(frozen=True)
class Clip:
    """What is judged as one.

    Attributes:
        name: of the recording, or of the first of several.
        source: where it is from.
        group: what it is related with.
        label: the truth; empty: it is not music.
        timeline: what `instrument` heard.
        joined: whether it is several recordings.
    """

    name: str
    source: str
    group: str
    label: str
    timeline: Timeline
    joined: bool = False


def recordings(cache: Path) -> Iterator[Clip]:
    """All that was heard, a clip each."""
    for path in sorted(cache.glob("*.npz")):
        source = path.stem
        if source in ("emotify", "judged-mixtures") or source.endswith(".partial"):
            continue
        heard = np.load(path)
        ends = np.cumsum(heard["rows"])
        for name, end, count in zip(heard["names"], ends, heard["rows"], strict=True):
            part = slice(end - count, end)
            several = bool(heard["several"]) if "several" in heard else False
            logits, gates = heard["logits"][part], heard["gates"][part]
            line = timeline_of(logits, gates, heard["levels"][part], several)
            yield Clip(str(name), source, RELATIVES.get(source, source), label_of(name), line)


def timeline_of(
    logits: NDArray[np.float32],
    gates: NDArray[np.float32],
    levels: NDArray[np.float32],
    several: bool = False,
) -> Timeline:
    """As the application has it.

    Args:
        logits: of windows, before the gate, shape (windows, labels).
        gates: logits of presence.
        levels: in dBFS.
        several: whether they are of independent probabilities.
    """
    if several:
        chances = 1 / (1 + np.exp(-logits.astype(np.float64)))
    else:
        shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
        chances = np.exp(shifted) / np.exp(shifted).sum(1, keepdims=True)
    presence = np.where(levels < SILENCE, 0.0, 1 / (1 + np.exp(-gates.astype(np.float64))))
    return Timeline(
        labels=LABELS,
        times=WINDOW / 2 + HOP * np.arange(len(logits), dtype=np.float64),
        probabilities=(chances * presence[:, None]).astype(np.float32),
        presence=presence.astype(np.float32),
        level_db=levels,
        window_seconds=WINDOW,
        hop_seconds=HOP,
    )


def label_of(name: str) -> str:
    """The label of a recording by its place."""
    parts = name.split("/")
    if parts[0] == "players":
        return NOT_MUSIC if parts[2] == "not-music" else parts[2].replace("-", " ")
    if parts[0] == "philharmonia":
        found = [label for label, one in INSTRUMENTS.items() if parts[1] in one.recorded]
        return found[0]
    if parts[0] == "ravdess":
        return "voice" if parts[1] == "song" else NOT_MUSIC
    return "saxophone" if parts[0] == "weresax" else NOT_MUSIC


def joined(clips: list[Clip], seed: int = 1) -> Iterator[Clip]:
    """Recordings of one label and source in drawn order, joined to clips like phrases."""
    rng = np.random.default_rng(seed)
    cells: dict[tuple[str, str], list[Clip]] = {}
    for clip in clips:
        if clip.label and clip.source not in _SINGLE_PLAYERS_ONLY:
            key = clip.name.split("/")[-1].split("_")[0] if clip.source == "ravdess-song" else ""
            cells.setdefault((clip.source + key, clip.label), []).append(clip)
    for cell in cells.values():
        waiting: list[Clip] = []
        for index in rng.permutation(len(cell)):
            waiting.append(cell[index])
            if sum(len(c.timeline) for c in waiting) >= JOINED_ROWS:
                yield _one(waiting)
                waiting = []
        if waiting and sum(len(c.timeline) for c in waiting) >= JOINED_ROWS // 2:
            yield _one(waiting)


def _one(clips: list[Clip]) -> Clip:
    line = concatenate([clip.timeline for clip in clips])
    line = replace(line, times=WINDOW / 2 + HOP * np.arange(len(line), dtype=np.float64))
    return replace(clips[0], timeline=line, joined=True)
