"""Takes lines of real music out of music21's corpus, for instruments to play.

    python packaging/models/run.py instrument.sounds.melodies OUT.json

Needs music21 (a scratch environment will do); all pieces taken are in the public domain. Writes a
list of {composer, file, parts}, a part being a list of [onset, length, [MIDI notes]] in quarters.
"""

import json
import random
import sys
from pathlib import Path
from typing import Any

from music21 import corpus

SEED = 5
PIECES = {
    "bach": 24,
    "haydn": 14,
    "mozart": 14,
    "joplin": 8,
    "palestrina": 8,
    "monteverdi": 8,
    "beethoven": 10,
}
_LONGEST = 200.0  # quarters taken of a piece
_FEWEST = 20  # notes of a part


def line(part: Any) -> list[list[Any]]:
    notes = []
    for note in part.stripTies().flatten().notes:
        if note.offset > _LONGEST:
            break
        if note.duration.quarterLength > 0:
            length = round(float(note.duration.quarterLength), 3)
            pitches = [pitch.midi for pitch in note.pitches]
            notes.append([round(float(note.offset), 3), length, pitches])
    return notes


def main() -> None:
    order = random.Random(SEED)  # a draw to repeat, no secret
    pieces = []
    for composer, count in PIECES.items():
        paths = list(corpus.getComposer(composer))
        order.shuffle(paths)
        for path in paths[:count]:
            parsed = corpus.parse(path)
            score = next(iter(getattr(parsed, "scores", [])), parsed)
            parts = [found for part in score.parts if len(found := line(part)) > _FEWEST]
            if parts:
                pieces.append({"composer": composer, "file": Path(path).name, "parts": parts})
    Path(sys.argv[1]).write_text(json.dumps(pieces))


if __name__ == "__main__":
    main()
