"""Prints the tables of docs/accuracy.md from what judging and baselines wrote.

python packaging/models/run.py instrument.judge.tables FOLDS BASELINES.json CLIPS.json
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from instrument.build import Presence, calibrated
from instrument.classes import FAMILIES, LABELS
from instrument.judge.baselines import FOLDS
from instrument.judge.folds import FAMILY

TITLES = {
    "philharmonia": "Philharmonia",
    "players": "ToneJS, Weresax, guitar stems",
    "fluid": "FluidR3, MuseScore General, GeneralUser",
    "small-banks": "TimGM6mb, Sonivox, Csound, Airfont",
    "freepats": "FreePats",
}


def percent(value: float) -> str:
    return f"{100 * value:.0f}"


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |\n"


def left_out(results: dict[str, Any]) -> str:
    head = ("left out", "classes", "notes", "phrases", "family", "worn", "worn family", "sounds")
    out = row(*head, "top 3") + row(*["---"] * (len(head) + 1))
    lines = []
    for fold in FOLDS:
        r = results[fold]
        figures = [
            r["dry note"]["accuracy"],
            r["dry phrase"]["accuracy"],
            r["dry"]["family"],
            r["worn"]["accuracy"],
            r["worn"]["family"],
            r["dry voted"]["accuracy"],
            r["dry"]["top3"],
        ]
        lines.append(figures)
        out += row(TITLES[fold], str(len(r["dry classes"])), *map(percent, figures))
    return out + row("mean", "", *map(percent, np.mean(lines, axis=0)))


def beside(results: dict[str, Any], baselines: dict[str, Any]) -> str:
    names = ("mel dry", "musicnn", "teacher probe", "teacher zero-shot")
    head = ("left out", "`instrument`, 1 s", "mel statistics, 1 s", "musicnn, 3 s")
    out = row(*head, "teacher's embedding, 3 s", "teacher as it is, 3 s") + row(*["---"] * 6)
    for fold in FOLDS:
        own = results[fold]
        pairs = [(own["dry"]["accuracy"], own["dry phrase"]["accuracy"])]
        pairs += [(baselines[fold][n]["all"], baselines[fold][n]["phrase"]) for n in names]
        out += row(TITLES[fold], *(f"{percent(a)} / {percent(b)}" for a, b in pairs))
    return out


def by_class(results: dict[str, Any]) -> str:
    out = row("class", "family", *(TITLES[fold] for fold in FOLDS)) + row(*["---"] * 7)
    for label in LABELS:
        cells = [results[fold]["dry classes"].get(label) for fold in FOLDS]
        out += row(label, FAMILIES[label], *("" if c is None else percent(c) for c in cells))
    return out


def confused(results: dict[str, Any], least: float = 0.05) -> str:
    """What each class is taken for, of all folds together, dry; from a share of its windows on."""
    counts = np.sum([results[fold]["dry confusion"] for fold in FOLDS], axis=0)
    out = row("class", "windows", "right", "taken for") + row(*["---"] * 4)
    for truth, line in enumerate(counts):
        if not line.any():
            continue
        shares = line / line.sum()
        wrong = [i for i in np.argsort(-shares) if i != truth and shares[i] >= least]
        names = ", ".join(f"{LABELS[i]} {percent(shares[i])}" for i in wrong)
        out += row(LABELS[truth], str(line.sum()), percent(shares[truth]), names)
    return out


def families(results: dict[str, Any]) -> str:
    """Confusion of families, rows: truth, in percent of the row; worn windows of all folds."""
    counts = np.sum([results[fold]["worn confusion"] for fold in FOLDS], axis=0)
    names = sorted(set(FAMILIES.values()))
    table = np.zeros((len(names), len(names)))
    for truth, line in enumerate(counts):
        np.add.at(table[FAMILY[truth]], FAMILY, line)
    table /= table.sum(1, keepdims=True)
    out = row("truth / said", *names) + row(*["---"] * (len(names) + 1))
    return out + "".join(row(n, *map(percent, t)) for n, t in zip(names, table, strict=True))


def clips(judged: dict[str, dict[str, Any]]) -> str:
    """By class: shares of windows, and how many whole clips are right."""
    head = ("class", "clips", "windows", "family", "clips right", "said of the others")
    out = row(*head) + row(*["---"] * len(head))
    for label in sorted({one["truth"] for one in judged.values()}):
        mine = [one for one in judged.values() if one["truth"] == label]
        shares = [float(np.mean([one[key] for one in mine])) for key in ("label", "family")]
        right = sum(one["clip"] for one in mine)
        others = ", ".join(one["said"][0] for one in mine if not one["clip"])
        out += row(label, str(len(mine)), *map(percent, shares), str(right), others)
    return out


def passing(folds: Path, presence: Presence) -> str:
    """Shares of windows that the gate lets pass, none of which it learned from."""
    out = ""
    for name in ("silent", "speech", "songs", "gates"):
        gates = [np.load(path)[name] for path in sorted(folds.glob("*.npz"))]
        out += f"{name}: {percent(presence.passes(np.concatenate(gates)))} %\n"
    return out


def main() -> None:
    folds = Path(sys.argv[1])
    results = {fold: json.loads((folds / f"{fold}.json").read_text()) for fold in FOLDS}
    baselines = json.loads(Path(sys.argv[2]).read_text())
    calibration, presence, figures = calibrated(folds)
    parts = [left_out(results), beside(results, baselines), by_class(results), confused(results)]
    parts.append(families(results))
    parts.append(clips(json.loads(Path(sys.argv[3]).read_text())))
    parts.append(passing(folds, presence))
    sys.stdout.write("\n".join(parts))
    sys.stdout.write(f"\n{json.dumps(figures, indent=1)}\n")
    sys.stdout.write(f"temperature {calibration.temperature:.2f}, threshold ")
    sys.stdout.write(f"{calibration.thresholds[0]}, family {calibration.family_threshold}\n")


if __name__ == "__main__":
    main()
