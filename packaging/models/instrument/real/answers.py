"""What students say of players that they never heard, and what the classifier of before says.

    python packaging/models/run.py instrument.real.answers SHARED_DATA WINDOWS STUDENTS OUT

``--start=FILE`` names the classifier of before, as for ``learn``. WINDOWS is what ``hear``,
``mixtures`` and ``synthetic`` wrote, ``STUDENTS/part0.safetensors`` and
``part1.safetensors`` what ``learn`` made without each part. Readers and gate are found anew without
it, too. Writes ``OUT/after/SOURCE.npz``: each reader's ``alone.NAME``, ``together``, ``crowd`` and
``gates`` of all windows, with ``names``, ``labels``, ``groups``, ``rows`` and ``levels`` (of the
mixtures ``targets`` and ``parts``), and ``OUT/before/SOURCE.npz``, ``logits`` and ``gates`` of the
classifier of before. What is in no part is answered by the first student: it has learned from it.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from engine.classifier.classifier import Classifier
from engine.networks.musicnn.mobile import DecibelMobileTrunk, MusicnnMobile
from instrument.real.learn import Learner, embeddings_of, starting
from instrument.real.readers import Readers, joined_of, learned, trunk_of
from instrument.real.sources import part_of
from instrument.real.windows import read_all, thinned
from instrument.teacher.network import Teacher
from project import ROOT

_NOT_JUDGED = ("mixtures", "synthetic", "emotify", "philharmonia")


def student(path: Path, before: Classifier) -> Learner:
    """As ``learn`` wrote it."""
    learner = starting(before)
    learner.load_state_dict(load_file(path))
    return learner.eval()


def answers(values: Tensor, readers: Readers) -> dict[str, NDArray[np.float32]]:
    """What all readers say of windows."""
    said = {f"alone.{name}": reader(values) for name, reader in readers.alone.items()}
    said["together"] = readers.together(values)
    said["crowd"] = readers.crowd(values)[:, 0]
    said["gates"] = readers.gate(values)[:, 0]
    return {key: value.numpy() for key, value in said.items()}


def windows_by_part(file: Any) -> NDArray[np.int64]:
    """Of each window which student answers."""
    if "parts" in file:
        return np.asarray(file["parts"], np.int64)
    parts = [max(0, part_of(str(group))) for group in file["groups"]]
    return np.repeat(np.asarray(parts, np.int64), file["rows"])


def answer(
    path: Path,
    students: list[tuple[Learner, Readers]],
    old: DecibelMobileTrunk,
    out: Path,
) -> None:
    """All windows of a source."""
    file = np.load(path)
    parts = windows_by_part(file)
    said: dict[str, NDArray[np.float32]] = {}
    for number, (learner, readers) in enumerate(students):
        mine = np.flatnonzero(parts == number)
        if not len(mine):
            continue
        features = file["features"][mine]
        heard = embeddings_of(learner.trunk, features), embeddings_of(old, features)
        found = answers(joined_of(file["music"][mine], *heard), readers)
        for key, value in found.items():
            said.setdefault(key, np.zeros((len(parts), *value.shape[1:]), np.float32))[mine] = value
    known = ("names", "labels", "groups", "rows", "levels", "targets", "parts")
    kept = {key: file[key] for key in known if key in file}
    np.savez(out / path.name, **kept, **said)  # type: ignore[arg-type]


def answer_before(path: Path, before: Classifier, out: Path) -> None:
    """What the classifier of before says of a source."""
    file, network = np.load(path), before.network
    assert isinstance(network, MusicnnMobile)
    assert before.gate is not None
    with torch.inference_mode():
        heard = embeddings_of(network.mobile, file["features"])
        values = torch.cat([torch.from_numpy(file["music"].astype(np.float32)), heard], dim=1)
        logits, gates = before.logits(values).numpy(), before.gate(values)[:, 0].numpy()
    known = ("names", "labels", "groups", "rows", "levels", "targets", "parts")
    kept = {key: file[key] for key in known if key in file}
    np.savez(out / path.name, logits=logits, gates=gates, **kept)


def judged(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("*.npz"))
    return [p for p in paths if p.stem not in _NOT_JUDGED and not p.stem.endswith(".partial")]


def main() -> None:
    torch.set_num_threads(1)
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    shared, folder, kept, out = (Path(word) for word in words[:4])
    start = [Path(w.removeprefix("--start=")) for w in sys.argv if w.startswith("--start=")]
    bundled = ROOT / "resources" / "models" / "instrument.safetensors"
    before = Classifier.load((start or [bundled])[0]).eval()
    for name in ("before", "after"):
        (out / name).mkdir(parents=True, exist_ok=True)
    for path in judged(folder):
        if not (out / "before" / path.name).exists():
            answer_before(path, before, out / "before")
    if not all((kept / f"part{part}.safetensors").exists() for part in (0, 1)):
        return
    pool = thinned(read_all(folder, Teacher(shared / "efficientat-mn04").labels))
    old = embeddings_of(trunk_of(before), pool.features)
    students = []
    for part in (0, 1):
        learner = student(kept / f"part{part}.safetensors", before)
        students.append((learner, learned(learner, before, pool, pool.parts != part, old)))
    for path in judged(folder):
        answer(path, students, trunk_of(before), out / "after")


if __name__ == "__main__":
    main()
