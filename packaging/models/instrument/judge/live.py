"""What is on screen 1, 3 and 10 seconds after a sound begins that the microphone hears.

    python packaging/models/run.py instrument.judge.live TITLE=SOUND [TITLE=SOUND...]

Plays each sound (what ``paplay`` plays) into the default microphone, which has to be a virtual one
(PULSE_SERVER and ALSA_CONFIG_PATH set), and listens as `earmark listen` does, with its default
classifiers. Prints a table: what each says of windows that end so long after the first
loud sample, the share of a core that analysing took, and how long after a window's last sample its
row was there at the end (on a machine that has other things to do, long).
"""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from engine.audio.microphone import Microphone
from engine.classifier.catalog import DEFAULT, Catalog
from engine.classifier.classifier import Classifier
from engine.recognition.decisions import Decider
from engine.recognition.live import listen

MOMENTS = (1.0, 3.0, 10.0)
_AHEAD, _ONSET = 1.0, 0.003


def heard(path: Path, classifiers: dict[str, Classifier]) -> tuple[list[list[str]], float, float]:
    """What is said at each moment by each classifier, the load, and the latency in seconds."""
    deciders = {n: Decider(c.card.labels, c.card.rules()) for n, c in classifiers.items()}
    said: dict[str, list[tuple[float, str]]] = {name: [] for name in classifiers}
    microphone, playing, onset, began = Microphone(None), None, 0.0, time.monotonic()
    with microphone:
        for update in listen(microphone, classifiers):
            if playing is None and time.monotonic() > began + _AHEAD:
                playing = subprocess.Popen(["paplay", "--latency-msec=20", str(path)])
            loud = np.flatnonzero(np.abs(update.samples) > _ONSET)
            if not onset and len(loud):
                onset = (update.first + int(loud[0])) / microphone.rate_hz
            for name, timeline in update.rows.items():
                decisions = deciders[name].push(timeline)
                ends = timeline.times + timeline.window_seconds / 2
                said[name] += zip(ends.tolist(), [d.verdict for d in decisions], strict=True)
            last = min(rows[-1][0] if rows else 0.0 for rows in said.values())
            if onset and last >= onset + MOMENTS[-1]:
                break
        stats = update.stats
    if playing is not None:
        playing.kill()
        playing.wait()
    found = [
        [
            ([words for end, words in rows if end <= onset + moment] or [""])[-1]
            for rows in said.values()
        ]
        for moment in MOMENTS
    ]
    return found, stats.load, stats.latency_seconds


def main() -> None:
    classifiers = dict(Catalog().load_all(DEFAULT))
    heads = ["sound", *(f"after {moment:.0f} s" for moment in MOMENTS), "load", "latency"]
    sys.stdout.write(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n")
    for word in sys.argv[1:]:
        title, _, path = word.partition("=")
        found, load, latency = heard(Path(path), classifiers)
        cells = [title, *("; ".join(said) for said in found)]
        sys.stdout.write(f"| {' | '.join(cells)} | {100 * load:.0f} % | {latency:.2f} s |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
