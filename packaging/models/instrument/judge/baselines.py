"""What simpler means reach where one collection is left out: beside the student in the table.

    python packaging/models/run.py instrument.judge.baselines SOUNDS WINDOWS SHARED_DATA OUT.json

Logistic regressions on mean and deviation of the mel bands, on the two musicnn networks' embeddings
(three seconds from the start of each sound) and on the teacher's; and the teacher as it is, among
the instruments that AudioSet names.
"""

import json
import sys
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from engine.features import build_feature
from instrument.batches import Windows
from instrument.classes import LABELS
from instrument.judge.folds import mean_recall
from instrument.sounds.play import RATE
from instrument.teacher.labels import NAMES, heard
from instrument.teacher.network import Teacher
from instrument.windows import MODEL_RATE, Collection
from tags.weights import read_musicnn

FOLDS = ("philharmonia", "players", "fluid", "small-banks", "freepats")
NEVER_LEFT_OUT = ("kits", "voices")
MOST = 6000  # windows to learn from


def probe(
    inputs: NDArray[np.float32],
    labels: NDArray[np.int64],
    learn: NDArray[np.bool_],
    test: NDArray[np.bool_],
) -> NDArray[np.int64]:
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(learn))[:MOST]
    scale = StandardScaler().fit(inputs[chosen])
    model = LogisticRegression(C=0.01, max_iter=300, class_weight="balanced")
    model.fit(scale.transform(inputs[chosen]), labels[chosen])
    said: NDArray[np.int64] = model.predict(scale.transform(inputs[test]))
    return said


def mel_statistics(windows: Windows, version: int) -> NDArray[np.float32]:
    features = windows.features[:, version].astype(np.float32)
    features -= features.mean((1, 2), keepdims=True)
    return np.concatenate([features.mean(2), features.std(2)], axis=1)


def zero_shot(windows: Windows, names: list[str]) -> NDArray[np.float32]:
    """The teacher's largest logit of each label; labels that AudioSet lacks are never said."""
    out = heard(windows.logits.float(), names).numpy()
    out[:, [index for index, label in enumerate(LABELS) if label not in NAMES]] = -99.0
    return out


@torch.inference_mode()
def musicnn(sounds: Path, shared: Path) -> tuple[NDArray[np.float32], Windows]:
    """Embeddings (sounds, 3012) and what is known of them."""
    trunks = [read_musicnn(shared / "musicnn" / f"{c}_musicnn.npz")[0] for c in ("MTT", "MSD")]
    settings = {"n_fft": 512, "hop_length": 256, "n_mels": 96, "log": "compress", "center": False}
    feature = build_feature("log_mel", {"rate_hz": MODEL_RATE} | settings)
    rows, labels, kinds, names = [], [], [], []
    for name in (*FOLDS, *NEVER_LEFT_OUT):
        collection = Collection.read(sounds, name)
        for row in range(0, len(collection.rows), 2):
            sound = soxr.resample(collection.cut(row, 0, 3 * RATE + 512), RATE, MODEL_RATE)
            frames = feature(torch.from_numpy(sound[None, :48128]))
            rows.append(torch.cat([trunk(frames) for trunk in trunks], dim=1))
            labels.append(LABELS.index(collection.rows[row][2]))
            kinds.append(collection.rows[row][4])
            names.append(name)
    none, half = np.zeros(0), np.zeros(0, np.float16)
    known = np.asarray(labels, np.int64), none.astype(str), np.asarray(kinds), none.astype(np.int64)
    empty = torch.zeros(0)
    table = Windows(half, half, empty, empty, empty, *known, np.asarray(names))
    return torch.cat(rows).numpy(), table


def figures(
    windows: Windows, fold: str, inputs: NDArray[np.float32], *, ready: bool = False
) -> dict[str, float]:
    """Mean recall, of all and of phrases alone; ``ready``: inputs are scores, not features."""
    labels, out = windows.labels, windows.collections == fold
    learn = (labels >= 0) & ~out
    test = (labels >= 0) & out & np.isin(labels, np.unique(labels[learn]))
    if ready:
        test &= np.isin(labels, [LABELS.index(name) for name in NAMES])
        said = inputs[test].argmax(1)
    else:
        said = probe(inputs, labels, learn, test)
    phrase = windows.kinds[test] == "phrase"
    truth = labels[test]
    return {
        "all": mean_recall(truth, said),
        "phrase": mean_recall(truth[phrase], said[phrase]),
    }


def main() -> None:
    sounds, folder, shared = (Path(name) for name in sys.argv[1:4])
    windows = Windows.read(folder, [*FOLDS, *NEVER_LEFT_OUT])
    names = Teacher(shared / "efficientat-mn04").labels
    said = zero_shot(windows, names)
    embedded, table = musicnn(sounds, shared)
    heard = windows.embeddings.float().numpy()
    found: dict[str, dict[str, dict[str, float]]] = {}
    for fold in FOLDS:
        found[fold] = {
            "mel dry": figures(windows, fold, mel_statistics(windows, 0)),
            "mel worn": figures(windows, fold, mel_statistics(windows, 1)),
            "teacher probe": figures(windows, fold, heard),
            "teacher zero-shot": figures(windows, fold, said, ready=True),
            "musicnn": figures(table, fold, embedded),
        }
        sys.stdout.write(f"{fold}: {json.dumps(found[fold])}\n")
        sys.stdout.flush()
    Path(sys.argv[4]).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
