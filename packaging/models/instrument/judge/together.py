"""What `instrument` and `instruments-in-music` answer as one, of players alone and of bands.

    python packaging/models/run.py instrument.judge.together SHARED_DATA

SHARED_DATA holds players/, of which the sources that taught nothing judge, emotify/ (rock, pop and
electronic: bands, whose players nobody wrote down) and efficientat-mn04/. Of both every third
recording is heard as the Listen page hears it. Prints a table in Markdown: of players alone, for
how much of the time what is read is right; of bands, for how much of the time something is said,
and whether the teacher gives each label that was said more than 2 % anywhere in the track, beside
how often it does so in all these tracks. Ten minutes of one core.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray

from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.recognition.decisions import Decision, decide
from engine.recognition.files import analyse
from engine.recognition.said.answer import Answer, Answerer
from engine.recognition.said.together import ALONE, TOGETHER, other, quiet, told_once
from instrument.classes import FAMILIES
from instrument.judge.recordings import label_of
from instrument.real.sounds import HELD
from instrument.teacher.network import RATE, Teacher

EVERY = 3
BANDS = ("rock", "pop", "electronic")
_LEAST, _TEACHER_SECONDS = 0.02, 4
# Labels of `instruments-in-music`, what else they are called, and the teacher's words for them.
_ALSO = {
    "guitar": ("acoustic guitar", "electric guitar", "distorted guitar"),
    "strings": ("violin", "viola", "cello", "double bass"),
    **dict.fromkeys(("female voice", "male voice", "choir"), ("voice",)),
}
_SUNG = ("Singing", "Vocal music", "Male singing", "Female singing", "Choir")
_WORDS = {
    "guitar": ("Guitar", "Electric guitar", "Acoustic guitar", "Plucked string instrument"),
    "acoustic guitar": ("Guitar", "Acoustic guitar"),
    "electric guitar": ("Guitar", "Electric guitar"),
    "distorted guitar": ("Guitar", "Electric guitar"),
    "piano": ("Piano", "Electric piano", "Keyboard (musical)"),
    "violin": ("Violin, fiddle", "Bowed string instrument"),
    "cello": ("Cello", "Bowed string instrument"),
    "strings": ("Violin, fiddle", "Cello", "Bowed string instrument"),
    "drums": ("Drum kit", "Drum", "Drum machine", "Percussion"),
    "flute": ("Flute",),
    "harp": ("Harp",),
    "harpsichord": ("Harpsichord",),
    "sitar": ("Sitar",),
    "synth": ("Synthesizer", "Keyboard (musical)"),
    "double bass": ("Bass guitar",),
    "electric bass": ("Bass guitar",),
    **dict.fromkeys(("voice", "female voice", "male voice", "choir"), _SUNG),
}
Labels = tuple[str, ...]


def decisions_on(path: Path, classifiers: dict[str, Classifier]) -> dict[str, list[Decision]]:
    """Of both classifiers."""
    steps = analyse(path, classifiers)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            lines = end.value.timelines
            return {n: decide(lines[n], classifiers[n].card.rules()) for n in classifiers}


def said(
    decisions: dict[str, list[Decision]], classifiers: dict[str, Classifier]
) -> Iterator[tuple[Labels, Labels]]:
    """What is read at each row of the one that names who plays alone: of it, and of both as one."""
    answerers = {name: Answerer(c.card.rules()) for name, c in classifiers.items()}
    half = {n: c.card.window_samples / c.card.rate_hz / 2 for n, c in classifiers.items()}
    known = [(d.time + half[name], name, d) for name, found in decisions.items() for d in found]
    answers: dict[str, Answer] = {}
    for _, name, decision in sorted(known, key=lambda one: one[:2]):
        answer = answerers[name].push([decision])
        assert answer is not None
        answers[name] = told_once(answer) if name == TOGETHER else answer
        if name == ALONE:
            by = other(quiet(answers, classifiers))
            yield _labels(answers[ALONE]), _labels(answers[by])


def _labels(answer: Answer) -> Labels:
    return tuple(one.label for one in answer.named)


def read_as(labels: Labels, truth: str) -> str:
    """What a person reads of a player alone."""
    if not labels:
        return "unknown"
    if labels == (truth,):
        return "right"
    family = all(x == FAMILIES.get(truth) or truth in _ALSO.get(x, ()) for x in labels)
    return "family" if family else "wrong"


def alone(paths: Sequence[Path], shared: Path, classifiers: dict[str, Classifier]) -> list[str]:
    """The table's lines of players alone."""
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for path in paths:
        truth = label_of(str(path.relative_to(shared)))
        for both in said(decisions_on(path, classifiers), classifiers) if truth else ():
            for count, labels in zip(counts, both, strict=True):
                count[read_as(labels, truth)] += 1
    order = ("right", "family", "wrong", "unknown")
    return [" | ".join(f"{100 * c[key] / c.total():.1f}" for key in order) for c in counts]


@torch.inference_mode()
def heard_by_teacher(teacher: Teacher, path: Path) -> NDArray[np.float32]:
    """Its largest probabilities anywhere in a track."""
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    whole = torch.from_numpy(np.asarray(soxr.resample(sound.mean(1), rate, RATE), np.float32))
    parts = [p for p in whole.split(_TEACHER_SECONDS * RATE) if len(p) >= RATE]  # type: ignore[no-untyped-call]
    logits = torch.stack([teacher(part[None])[1][0] for part in parts])
    return np.asarray(logits.sigmoid().amax(0).numpy())


def bands(paths: Sequence[Path], teacher: Teacher, classifiers: dict[str, Classifier]) -> list[str]:
    """The table's lines of bands."""
    columns = {x: [teacher.labels.index(word) for word in words] for x, words in _WORDS.items()}
    chances = np.stack([heard_by_teacher(teacher, path) for path in paths])
    there = {x: chances[:, places].max(1) > _LEAST for x, places in columns.items()}
    rows: tuple[list[bool], list[bool]] = ([], [])
    named: tuple[list[set[str]], list[set[str]]] = ([], [])
    for path in paths:
        both = list(said(decisions_on(path, classifiers), classifiers))
        for count, lists, labels in zip(rows, named, zip(*both, strict=True), strict=True):
            count += [bool(one) for one in labels]
            lists.append({x for one in labels for x in one})
    lines = []
    for count, lists in zip(rows, named, strict=True):
        told = [(i, x) for i, labels in enumerate(lists) for x in labels if x in there]
        cells = [
            np.mean(count),
            np.mean([bool(labels) for labels in lists]),
            np.mean([there[x][i] for i, x in told]),
            np.mean([there[x].mean() for _, x in told]),
        ]
        lines.append(" | ".join(f"{100 * float(cell):.0f}" for cell in cells))
    return lines


def main() -> None:
    torch.set_num_threads(1)
    shared = Path(sys.argv[1])
    classifiers = dict(Catalog().load_all((ALONE, TOGETHER)))
    places = [shared / name.replace("-", "/", 1) for name in HELD]
    players = [p for place in places for p in sorted(place.rglob("*.opus"))[::EVERY]]
    tracks = [p for g in BANDS for p in sorted((shared / "emotify" / g).glob("*.opus"))[::EVERY]]
    solo_heads = (f"{len(players)} players alone: right", "family", "wrong", "unknown")
    band_heads = (f"{len(tracks)} bands: time with a name", "tracks with one", "teacher agrees")
    heads = (*solo_heads, *band_heads, "chance")
    sys.stdout.write(f"| | {' | '.join(heads)} |\n|{' --- |' * (len(heads) + 1)}\n")
    teacher = Teacher(shared / "efficientat-mn04")
    solo, band = alone(players, shared, classifiers), bands(tracks, teacher, classifiers)
    for name, one, many in zip((ALONE, "both as one"), solo, band, strict=True):
        sys.stdout.write(f"| {name} | {one} | {many} |\n")


if __name__ == "__main__":
    main()
