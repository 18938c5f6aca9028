"""Composers on real recordings: what the bundled classifier says, and what else might.

    python packaging/models/run.py composer.recordings SHARED CACHE

SHARED holds emotify/, CACHE what tags.heard wrote. Prints

- what `composer` says of Bach's recordings as they are, and with the pitch moved by up to a
  semitone (historical pitch), by what plays;
- what heads on musicnn's embeddings reach: composers whom at least two artists recorded, each
  artist left out in turn, "somebody else" being a class of its own (logistic regression on the
  windows, class weights balanced; a recording is the sum of its windows).
"""

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from engine.audio import read
from engine.classifier.catalog import Catalog
from engine.recognition.analysis import Analysis
from engine.recognition.timeline import concatenate, summary
from tags.emotify import Kept, tracks

_CENTS = (-100, -50, -25, 0, 25, 50, 100)
_STRENGTHS = (0.0003, 0.003, 0.03)
_ELSE = "somebody else"


def moved(shared: Path, places: list[str], rows: list[dict[str, str]]) -> Iterator[str]:
    """What `composer` finds most probable in Bach's recordings."""
    classifier = Catalog().load("composer")
    rate = classifier.card.rate_hz
    yield "| pitch moved by | most probable | by what plays |"
    yield "| --- | --- | --- |"
    for cents in _CENTS:
        found = Counter[str]()
        by_medium = Counter[str]()
        for place, row in zip(places, rows, strict=True):
            sound = read(shared / place, mono=True, rate_hz=rate).samples[0]
            faster = soxr.resample(sound, rate * 2 ** (cents / 1200), rate)
            long = np.resize(faster, max(len(faster), classifier.card.window_samples))
            analysis = Analysis({"it": classifier}, rate)
            heard = concatenate([analysis.push(long)["it"], analysis.finish()["it"]])
            first = summary(heard)[0][0]
            found[first] += 1
            by_medium[f"{row['solo'] or 'ensemble'}: {first}"] += 1
        both = (", ".join(f"{x} {n}" for x, n in c.most_common()) for c in (found, by_medium))
        yield f"| {cents} cents | " + " | ".join(both) + " |"


def heads(kept: Kept, rows: list[dict[str, str]]) -> Iterator[str]:
    """Embeddings as a ground for composers, each artist left out."""
    classical = [i for i, row in enumerate(rows) if row["genre"] == "classical"]
    artists = np.asarray([rows[i]["artist"] for i in classical])
    by: dict[str, set[str]] = {}
    for i in classical:
        by.setdefault(rows[i]["composer"].strip(), set()).add(rows[i]["artist"])
    several = sorted(name for name, some in by.items() if name and len(some) > 1)
    truth = np.asarray(
        [c if (c := rows[i]["composer"].strip()) in several else _ELSE for i in classical]
    )
    counts = ", ".join(f"{n} {(truth == n).sum()}" for n in [*several, _ELSE])
    yield f"{counts}; chance {100 / (len(several) + 1):.0f} % of {len(several) + 1} answers"
    windows = np.concatenate([np.flatnonzero(kept.owners == i) for i in classical])
    owners = np.repeat(np.arange(len(classical)), [(kept.owners == i).sum() for i in classical])
    parts = {"MagnaTagATune": slice(0, 1506), "MSD": slice(1506, 3012), "both": slice(0, 3012)}
    for name, part in parts.items():
        for strength in _STRENGTHS:
            said = _left_out(kept.embedding[windows][:, part], truth, artists, owners, strength)
            recalls = [float((said[truth == c] == c).mean()) for c in several]
            others = float((said[truth == _ELSE] != _ELSE).mean())
            words = ", ".join(f"{c} {100 * r:.0f}" for c, r in zip(several, recalls, strict=True))
            yield (
                f"{name}, C {strength}: balanced {100 * np.mean(recalls):.0f} % ({words}), "
                f"others named {100 * others:.0f} %"
            )


def _left_out(
    x: NDArray[np.float32],
    truth: NDArray[np.str_],
    artists: NDArray[np.str_],
    owners: NDArray[np.int64],
    strength: float,
) -> NDArray[np.str_]:
    said = np.empty(len(truth), dtype=object)
    for artist in np.unique(artists):
        out = artists[owners] == artist
        scale = StandardScaler().fit(x[~out])
        model = LogisticRegression(C=strength, max_iter=300, class_weight="balanced")
        model.fit(scale.transform(x[~out]), truth[owners[~out]])
        chances = model.predict_log_proba(scale.transform(x[out]))
        for number in np.unique(owners[out]):
            said[number] = model.classes_[chances[owners[out] == number].sum(0).argmax()]
    return said.astype(str)


def main() -> None:
    torch.set_num_threads(1)
    shared, cache = Path(sys.argv[1]), Path(sys.argv[2])
    kept = Kept.of(cache, "emotify")
    rows = tracks(shared, kept.names)
    bach = [i for i, row in enumerate(rows) if "Bach" in row["composer"]]
    lines = moved(shared, [kept.names[i] for i in bach], [rows[i] for i in bach])
    for line in (*lines, "", *heads(kept, rows)):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
