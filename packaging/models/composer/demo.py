"""Renders resources/sounds/chorale.ogg.

    python packaging/models/run.py composer.demo [SOUNDFONT]

The beginning of J. S. Bach's "O Haupt voll Blut und Wunden" (St Matthew Passion, 1727), written out
here; the classifier of composers never had it, nor another chorale on its tune, to learn from.
"""

import sys

from make_sounds import SOUNDFONT, render, write
from midi import Score

# A quarter after the name of each note, unless it says otherwise: "-" half, "=" a dotted half,
# "," an eighth.
SOPRANO = (
    "a4 d5 c5 bb4 a4 g4- a4 e5 f5 f5 e5, d5, e5 d5= "
    "f5 e5, d5, c5 d5 e5 f5- f5 c5 d5 c5 bb4, a4, bb4 a4="
)
ALTO = (
    "f4 f4, g4, a4 d4, e4, f4 f4 e4 f4 a4 a4 a4 a4 a4, g4, f4= "
    "a4 g4 g4, f4, f4 bb4 bb4 a4, g4, a4 a4 a4, g4, a4 g4, f#4, g4 f#4="
)
TENOR = (
    "d4 d4, e4, f4 g4 c4 d4 c4 c4 e4 e4 d4 d4 c#4 a3= "
    "d4, c4, bb3 c4 c4 bb3, c4, d4 c4, bb3, c4 f4, eb4, d4 d4 d4 d4 d4="
)
BASS = (
    "d4, c4, bb3 a3 g3 f3 bb2 c3 f3 c#3 d3, e3, f3, g3, a3 a2 d3= "
    "d3 g3 a3 bb3, a3, g3 f3- f3 f3 bb3 f#3 g3 g2 d3="
)
_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_LENGTHS = {"-": 2.0, "=": 3.0, ",": 0.5}


def pitch_of(name: str) -> int:
    """MIDI number of a note such as "bb4"; "c4" is 60."""
    octave = int(name[-1])
    shift = name[1:-1].count("#") - name[1:-1].count("b")
    return 12 * (octave + 1) + _STEPS[name[0]] + shift


def chorale() -> Score:
    """Four voices on an organ."""
    score = Score(92)
    for channel, part in enumerate((SOPRANO, ALTO, TENOR, BASS)):
        score.program(channel, 19, 100)
        beat = 0.0
        for word in part.split():
            length = _LENGTHS.get(word[-1], 1.0)
            name = word.rstrip("".join(_LENGTHS))
            score.note(channel, beat, length * 0.95, pitch_of(name), 84)
            beat += length
    return score


def main() -> None:
    soundfont = sys.argv[1] if len(sys.argv) > 1 else SOUNDFONT
    write("chorale", render(chorale(), soundfont, 21.5), "Bach: O Haupt voll Blut und Wunden")


if __name__ == "__main__":
    main()
