"""What each half of the instrument classifier knows alone, and what the teacher knows.

    python packaging/models/run.py instrument.judge.parts WINDOWS FOLDS DOWNLOADS SHARED

WINDOWS and FOLDS are what instrument.windows and instrument.judge.folds wrote, DOWNLOADS/clips
what instrument.judge.clips names. Prints, in percent: on each collection left out the mean of the
classes' recalls by the mobile network alone, by musicnn's reader alone and by both; on the clips
the windows of 1 s and of 3 s that the teacher gets right, among the labels that AudioSet names.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from instrument import student as reader
from instrument.batches import Windows
from instrument.classes import LABELS
from instrument.judge.clips import RATE, clips_in, windows_of
from instrument.judge.folds import mean_recall
from instrument.student import Student, judge, load_student
from instrument.teacher.labels import NAMES, heard
from instrument.teacher.network import Teacher, load_at

SHARES = {"mobile": 1.0, "musicnn": 0.0, "both": reader.SHARE}
SECONDS = (1, 3)


def halves(windows: Windows, student: Student, fold: str) -> Iterator[tuple[str, float]]:
    """Mean recall of the dry windows of a fold, by each half and both."""
    elsewhere = np.unique(windows.labels[windows.collections != fold])
    chosen = (windows.collections == fold) & (windows.labels >= 0)
    chosen &= np.isin(windows.labels, elsewhere)
    features, music = windows.features[chosen, 0], windows.music[chosen, 0]
    for name, share in SHARES.items():
        reader.SHARE = share
        logits, _ = judge(student, features, music)
        yield name, mean_recall(windows.labels[chosen], logits.argmax(1).numpy())
    reader.SHARE = SHARES["both"]


def teacher_on_clips(teacher: Teacher, downloads: Path, seconds: int) -> tuple[float, int]:
    """Mean over the clips of the windows it gets right, and how many clips could be asked."""
    columns = [LABELS.index(label) for label in NAMES]
    right = []
    for _, path, truth in clips_in(downloads):
        if truth in NAMES:
            sounds = windows_of(path, seconds * RATE)
            logits = torch.cat([teacher(load_at(sound.numpy(), RATE))[1] for sound in sounds])
            said = heard(logits, teacher.labels)[:, columns].argmax(1).tolist()
            right.append(np.mean([list(NAMES)[index] == truth for index in said]))
    return float(np.mean(right)), len(right)


def main() -> None:
    torch.set_num_threads(1)
    folder, folds, downloads, shared = map(Path, sys.argv[1:5])
    windows = Windows.read(folder, sorted(path.stem for path in folder.glob("*.npz")))
    for path in sorted(folds.glob("*.safetensors")):
        found = halves(windows, load_student(path, windows), path.stem)
        words = ", ".join(f"{name} {100 * share:.1f}" for name, share in found)
        sys.stdout.write(f"{path.stem}: {words}\n")
    teacher = Teacher(shared / "efficientat-mn04")
    for seconds in SECONDS:
        share, count = teacher_on_clips(teacher, downloads, seconds)
        sys.stdout.write(f"teacher, windows of {seconds} s of {count} clips: {100 * share:.1f}\n")


if __name__ == "__main__":
    main()
