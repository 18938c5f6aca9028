"""What is on screen 1, 3 and 10 seconds after a sound begins that the microphone hears.

    python packaging/models/run.py instrument.judge.live TITLE=SOUND [TITLE=SOUND...]

Plays each sound (what ``paplay`` plays) into the default microphone, which has to be a virtual one
(PULSE_SERVER and ALSA_CONFIG_PATH set), and listens as the window does, with the classifiers that
listen there by default. Prints a table: what is read when windows end so long after the first
loud sample, the share of a core that analysing took, and how long after a window's last sample its
row was there at the end (on a machine that has other things to do, long).
"""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engine.audio.microphone import Microphone
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.recognition.decisions import Decider
from engine.recognition.live import listen
from engine.recognition.said.answer import Answer, Answerer
from engine.recognition.said.together import ALONE, TOGETHER, other, quiet, told_once
from engine.recognition.timeline import Timeline

MOMENTS = (1.0, 3.0, 10.0)
LISTENING = (ALONE, TOGETHER, "genre")
_AHEAD, _ONSET = 1.0, 0.003


class Reader:
    """What stands in the window: of the two for instruments what the one says that answers."""

    def __init__(self, classifiers: dict[str, Classifier]) -> None:
        rules = {name: one.card.rules() for name, one in classifiers.items()}
        self._deciders = {n: Decider(classifiers[n].card.labels, r) for n, r in rules.items()}
        self._answerers = {name: Answerer(one) for name, one in rules.items()}
        self._answers: dict[str, Answer] = {}
        self.ends = dict.fromkeys(classifiers, 0.0)  # of the newest windows

    def push(self, rows: Mapping[str, Timeline]) -> str:
        """New rows; gives the words."""
        for name, timeline in rows.items():
            answer = self._answerers[name].push(self._deciders[name].push(timeline))
            if answer is not None:
                self._answers[name] = told_once(answer) if name == TOGETHER else answer
                self.ends[name] = answer.time + timeline.window_seconds / 2
        by = other(quiet(self._answers, self.ends))
        said = [self._answers[name] for name in (by, "genre") if name in self._answers]
        return "; ".join(one.words for one in said if one.words)


def heard(path: Path, classifiers: dict[str, Classifier]) -> tuple[list[str], float, float]:
    """What is read at each moment, the load, and the latency in seconds."""
    reader, said = Reader(classifiers), list[tuple[float, str]]()
    microphone, playing, onset, began = Microphone(None), None, 0.0, time.monotonic()
    with microphone:
        for update in listen(microphone, classifiers):
            if playing is None and time.monotonic() > began + _AHEAD:
                playing = subprocess.Popen(["paplay", "--latency-msec=20", str(path)])
            loud = np.flatnonzero(np.abs(update.samples) > _ONSET)
            if not onset and len(loud):
                onset = (update.first + int(loud[0])) / microphone.rate_hz
            words = reader.push(update.rows)
            said.append((reader.ends[ALONE], words))
            if onset and min(reader.ends.values()) >= onset + MOMENTS[-1]:
                break
        stats = update.stats
    if playing is not None:
        playing.kill()
        playing.wait()
    found = [
        ([words for end, words in said if end <= onset + moment] or [""])[-1] for moment in MOMENTS
    ]
    return found, stats.load, stats.latency_seconds


def main() -> None:
    classifiers = dict(Catalog().load_all(LISTENING))
    heads = ["sound", *(f"after {moment:.0f} s" for moment in MOMENTS), "load", "latency"]
    sys.stdout.write(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n")
    for word in sys.argv[1:]:
        title, _, path = word.partition("=")
        found, load, latency = heard(Path(path), classifiers)
        sys.stdout.write(
            f"| {' | '.join([title, *found])} | {100 * load:.0f} % | {latency:.2f} s |\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main()
