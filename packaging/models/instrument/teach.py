"""Teaches the solo-instrument student on all collections.

    python packaging/models/run.py instrument.teach WINDOWS STUDENT.safetensors STEPS

WINDOWS is what ``instrument.windows`` wrote; ``instrument.build`` makes a classifier of it.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from instrument.batches import Windows
from instrument.gate import learn_gate
from instrument.readers import learn_rules
from instrument.student import teach

SEED = 1


def main() -> None:
    torch.set_num_threads(1)
    folder, student, steps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    windows = Windows.read(folder, sorted(path.stem for path in folder.glob("*.npz")))
    usable = np.ones(len(windows.labels), dtype=bool)
    taught = teach(windows, usable, steps, SEED)
    learn_rules(taught, windows, usable)
    learn_gate(taught, windows, usable)
    student.parent.mkdir(parents=True, exist_ok=True)
    save_file(taught.state_dict(), student, {"steps": str(steps)})


if __name__ == "__main__":
    main()
