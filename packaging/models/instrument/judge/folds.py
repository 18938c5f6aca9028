"""Leaves one collection of instruments out in turn and judges on it.

    python packaging/models/run.py instrument.judge.folds WINDOWS OUT STEPS FOLD...

Writes ``OUT/<fold>.json``, the student as ``OUT/<fold>.safetensors`` (one that is there already is
judged, not taught anew), and prints accuracy by window, mean of the classes, for notes and phrases,
dry and worn, by class and by family.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score

from instrument.batches import NOTHING, UNLABELLED, Windows
from instrument.classes import FAMILIES, LABELS
from instrument.gate import learn_gate
from instrument.readers import learn_rules
from instrument.student import Student, judge, load_student, teach

SEED = 1
FAMILY = np.asarray([sorted(set(FAMILIES.values())).index(FAMILIES[name]) for name in LABELS])


def mean_recall(truth: NDArray[np.int64], said: NDArray[np.int64]) -> float:
    return float(np.mean([(said[truth == label] == label).mean() for label in np.unique(truth)]))


def family_of(logits: NDArray[np.floating]) -> NDArray[np.int64]:
    chances = torch.from_numpy(logits).softmax(1).numpy()
    sums = np.stack([chances[:, f == FAMILY].sum(1) for f in range(FAMILY.max() + 1)], axis=1)
    return np.asarray(sums.argmax(1), np.int64)


def calibration_error(logits: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """Expected calibration error over 15 bins."""
    chances = torch.from_numpy(logits).softmax(1).numpy()
    sure, right = chances.max(1), chances.argmax(1) == truth
    bins = np.minimum((sure * 15).astype(int), 14)
    gaps = [
        abs(sure[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(np.sum(gaps))


def figures(logits: NDArray[np.floating], truth: NDArray[np.int64]) -> dict[str, float]:
    said = logits.argmax(1)
    return {
        "accuracy": mean_recall(truth, said),
        "family": mean_recall(FAMILY[truth], family_of(logits)),
        "top3": float(
            np.mean([t in row for t, row in zip(truth, np.argsort(-logits, 1)[:, :3], strict=True)])
        ),
        "windows": len(truth),
    }


def leave_out(windows: Windows, fold: str, steps: int, out_folder: Path) -> dict[str, object]:
    """Teach without a collection, and judge on it; what has a label elsewhere counts."""
    out = windows.collections == fold
    elsewhere = np.unique(windows.labels[~out & (windows.labels >= 0)])
    tested = out & np.isin(windows.labels, elsewhere)
    student = taught(windows, ~out & ~windows.held(), steps, out_folder / f"{fold}.safetensors")
    result: dict[str, object] = {"fold": fold, "steps": steps}
    silent = windows.held() & (windows.labels == NOTHING)
    music = tested | (windows.held() & (windows.labels == UNLABELLED))
    songs = windows.held() & (windows.labels == LABELS.index("voice"))
    auroc, alarms = [], []
    for version, name in enumerate(("dry", "worn")):
        wanted = tested | windows.held()
        logits, gates = (part.numpy() for part in judged(student, windows, wanted, version))
        result |= judged_version(name, logits, windows, tested)
        both = np.concatenate([gates[music], gates[silent]])
        auroc.append(float(roc_auc_score(np.repeat([1, 0], [music.sum(), silent.sum()]), both)))
        alarms.append(float((gates[silent] > 0).mean()))
        np.savez(
            out_folder / f"{fold}-{name}.npz",
            logits=logits[tested],
            truth=windows.labels[tested],
            gates=gates[tested],
            silent=gates[silent],
            songs=gates[songs],
            speech=gates[silent & (np.char.partition(windows.groups, " ")[:, 0] == "spoken")],
            kinds=windows.kinds[tested],
        )
    return result | {"gate auroc": auroc, "false alarms": alarms}


def taught(windows: Windows, usable: NDArray[np.bool_], steps: int, kept: Path) -> Student:
    """The student of these windows, as kept or taught now."""
    if kept.is_file():
        return load_student(kept, windows)
    student = teach(windows, usable, steps, SEED)
    learn_rules(student, windows, usable)
    learn_gate(student, windows, usable)
    save_file(student.state_dict(), kept)
    return student


def judged_version(
    name: str, logits: NDArray[np.float32], windows: Windows, tested: NDArray[np.bool_]
) -> dict[str, object]:
    """All figures of the dry or the worn windows."""
    truth = windows.labels
    result: dict[str, object] = {name: figures(logits[tested], truth[tested])}
    for kind in ("note", "phrase"):
        part = tested & (windows.kinds == kind)
        if part.any():
            result[f"{name} {kind}"] = figures(logits[part], truth[part])
    result[f"{name} ece"] = calibration_error(logits[tested], truth[tested])
    result[f"{name} voted"] = figures(*vote(logits[tested], windows, tested))
    said = logits.argmax(1)
    result[f"{name} classes"] = {
        LABELS[c]: float((said[tested & (truth == c)] == c).mean())
        for c in np.unique(truth[tested])
    }
    confusion = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(confusion, (truth[tested], said[tested]), 1)
    result[f"{name} confusion"] = confusion.tolist()
    return result


def judged(
    student: Student, windows: Windows, wanted: NDArray[np.bool_], version: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and presence logits of all windows; 0 for those not wanted."""
    chosen = np.flatnonzero(wanted)
    logits = torch.zeros(len(wanted), len(LABELS))
    gates = torch.zeros(len(wanted))
    heard = windows.features[chosen, version], windows.music[chosen, version]
    logits[chosen], gates[chosen] = judge(student, *heard)
    return logits, gates


def vote(
    logits: NDArray[np.float32], windows: Windows, chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean log-probability of all windows of a sound, and its label."""
    spoken = torch.from_numpy(logits).log_softmax(1).numpy()
    keys = np.unique(windows.rows[chosen], return_inverse=True)[1]
    sums = np.zeros((keys.max() + 1, logits.shape[1]), np.float32)
    np.add.at(sums, keys, spoken)
    labels: NDArray[np.int64] = np.zeros(keys.max() + 1, np.int64)
    labels[keys] = windows.labels[chosen]
    return sums / np.bincount(keys)[:, None], labels


def main() -> None:
    torch.set_num_threads(1)
    folder, out, steps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    windows = Windows.read(folder, sorted(path.stem for path in folder.glob("*.npz")))
    for fold in sys.argv[4:]:
        result = leave_out(windows, fold, steps, out)
        (out / f"{fold}.json").write_text(json.dumps(result))
        short = {k: v for k, v in result.items() if "classes" not in k and "confusion" not in k}
        sys.stdout.write(json.dumps(short, indent=1) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
