"""How well two corrections of a wrongly named player carry over to the player's other notes.

    python packaging/models/run.py instrument.judge.corrections SHARED [--notes 8] [--threads 1]

SHARED holds the recordings of real players (players/SOURCE/LABEL). A source is one folder's notes
of one label. Those sources are taken of which `instrument`, as it is bundled, does not name at
least two notes rightly: up to three of a label, labels with most of them first, five labels. Two
of these notes are corrected, as in the window; then the other notes are heard again, and all notes
of all other sources that were named rightly. A note is named by the verdict: what is said aloud.
"""

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.audio import read
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier, level_db
from engine.classifier.personal.card import Said
from engine.classifier.personal.learning import correct, prepare
from engine.classifier.personal.rehearsal import embed
from engine.classifier.personal.store import PersonalStore
from engine.classifier.personal.stretch import Stretch
from engine.recognition.decisions import decide
from engine.recognition.timeline import Timeline
from engine.recognition.verdict import verdict_on
from engine.windows import Windows

_LABELS, _SOURCES, _CORRECTED, _SECONDS = 5, 3, 2, 6.0
_MANY_PLAYERS = ("fsdkaggle2018",)  # of whom each has other notes: none to carry over to


@dataclass(frozen=True)
class Note:
    """One recording as the classifier's trunks heard it.

    Attributes:
        path: its file.
        embeddings: of its windows.
        levels: of them, in dBFS.
        spoken: what the bundled classifier says of it.
    """

    path: Path
    embeddings: Tensor
    levels: Tensor
    spoken: tuple[str, ...]


Source = tuple[str, str]  # folder and label


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--notes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    base = Classifier.load(Catalog().find("instrument").path)
    notes = hear(base, chosen.shared / "players", chosen.notes)
    sources = wrong_ones(notes)
    print("source, label: other notes right before and after, of how many; what was right kept")
    total = np.zeros(5)
    for source in sources:
        found = np.array(judge(base, notes, source))
        total += found
        print(f"{', '.join(source)}: {found[0]:.0f} and {found[1]:.0f} of {found[2]:.0f};", end=" ")
        print(f"kept {found[3]:.0f} of {found[4]:.0f}", flush=True)
    print(
        f"all {len(sources)}: {total[0]:.0f} and {total[1]:.0f} of {total[2]:.0f} other notes",
        end="",
    )
    print(f" ({total[0] / total[2]:.0%} and {total[1] / total[2]:.0%});", end=" ")
    print(f"what was right before is right in {total[3] / total[4]:.1%}")


def hear(base: Classifier, players: Path, most: int) -> dict[Source, list[Note]]:
    """Some notes of each source, evenly spread."""
    found: dict[Source, list[Note]] = {}
    for folder in sorted(path for path in players.glob("*/*") if path.is_dir()):
        label = folder.name.replace("-", " ")
        if label not in base.card.labels:
            continue
        files = sorted(folder.glob("*.opus"))
        count = min(most, len(files))
        chosen = np.unique(np.linspace(0, len(files) - 1, count).round().astype(int))
        found[folder.parent.name, label] = [_note(base, files[index]) for index in chosen]
    return found


def _note(base: Classifier, path: Path) -> Note:
    card = base.card
    windows = Windows(card.window_samples, card.hop_samples)
    samples = read(path, rate_hz=card.rate_hz, mono=True, duration_seconds=_SECONDS).samples[0]
    count = windows.count(len(samples))
    samples = np.pad(samples, (0, windows.length + windows.hop * count))
    starts = range(0, count * windows.hop, windows.hop)
    cut = torch.from_numpy(np.stack([samples[s : s + windows.length] for s in starts]))
    embeddings, levels = embed(base, cut), level_db(cut)
    return Note(path, embeddings, levels, says(base, embeddings, levels))


@torch.inference_mode()
def says(classifier: Classifier, embeddings: Tensor, levels: Tensor) -> tuple[str, ...]:
    """What is said aloud of a recording, by its windows."""
    card = classifier.card
    probabilities, presence = classifier.judge(embeddings, levels)
    hop = card.hop_samples / card.rate_hz
    timeline = Timeline(
        tuple(card.labels),
        np.arange(len(levels), dtype=np.float64) * hop,
        probabilities.numpy(),
        presence.numpy(),
        levels.numpy(),
        card.window_samples / card.rate_hz,
        hop,
    )
    return verdict_on(timeline, decide(timeline, card.rules()), card.rules()).heard


def wrong_ones(notes: dict[Source, list[Note]]) -> list[Source]:
    """The sources that are to be corrected."""
    by_label: dict[str, list[Source]] = defaultdict(list)
    for source, mine in notes.items():
        if source[0] in _MANY_PLAYERS:
            continue
        if sum(source[1] not in note.spoken for note in mine) >= _CORRECTED < len(mine):
            by_label[source[1]].append(source)
    most = sorted(by_label.values(), key=len, reverse=True)
    return [source for sources in most[:_LABELS] for source in sources[:_SOURCES]]


def judge(
    base: Classifier, notes: dict[Source, list[Note]], source: Source
) -> tuple[int, int, int, int, int]:
    """Correct two notes; gives the other notes right before, after, and how many these are.

    The last two are how much of what was right elsewhere still is, and how much that was.
    """
    label = source[1]
    wrong = [note for note in notes[source] if label not in note.spoken][:_CORRECTED]
    others = [note for note in notes[source] if note not in wrong]
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder))
        for note in wrong:
            _teach(base, catalog.corrections, note, label)
        after = catalog.refreshed(base, catalog.find("instrument"))
    right = [
        note for other, mine in notes.items() if other != source for note in _right(mine, other)
    ]
    kept = sum(note.spoken == says(after, note.embeddings, note.levels) for note in right)
    before = len(_right(others, source))
    now = sum(label in says(after, note.embeddings, note.levels) for note in others)
    return before, now, len(others), kept, len(right)


def _right(notes: Sequence[Note], source: Source) -> list[Note]:
    return [note for note in notes if source[1] in note.spoken]


def _teach(base: Classifier, store: PersonalStore, note: Note, label: str) -> None:
    sound = read(note.path, duration_seconds=_SECONDS)
    steps = prepare(base, store, Stretch(sound, 0.0, sound.duration_seconds, note.path.name))
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            prepared = stop.value
            break
    begun = time.perf_counter()
    said = tuple(name for name in note.spoken if name != label)
    learned = correct(base, store, prepared, Said("is", label, said))
    seconds = time.perf_counter() - begun
    print(f"  {note.path.name}: {note.spoken or 'unknown'}, learned in {seconds:.2f} s", end="")
    print("" if learned.check.fine else f", changes {', '.join(learned.check.changed)}")


if __name__ == "__main__":
    main()
