"""Two processes train as one would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine.training.loop.distributed import ProcessGroup
from tests.cluster import free_port
from tests.engine.training import toys

distributed = pytest.importorskip("torch.distributed")

SCRIPT = """
import sys
from pathlib import Path
from tests.engine.training import toys
folder = Path(sys.argv[1])
recipe = toys.recipe(training__epochs=6, training__batch_size=13)
toys.trained(recipe, toys.features(folder / "data"), toys.place(folder, "two"))
"""


@pytest.mark.skipif(not distributed.is_available(), reason="this torch knows no other processes")
def test_two_processes_train_as_one(tmp_path: Path) -> None:
    recipe = toys.recipe(training__epochs=6, training__batch_size=13)
    toys.trained(recipe, toys.features(tmp_path / "data"), toys.place(tmp_path, "one"))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    address = ["--master_addr", "127.0.0.1", "--master_port", str(free_port())]
    root = str(Path(__file__).parents[4])
    found = subprocess.run(
        [*command, *address, str(script), str(tmp_path)],
        env=os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "one", "script.py", "two"]
    figures = [
        json.loads((tmp_path / name / "results.json").read_text())["figures"]
        for name in ("one", "two")
    ]
    assert figures[0]["accuracy"] == pytest.approx(figures[1]["accuracy"], abs=0.05)
    histories = [
        json.loads((tmp_path / name / "history.json").read_text()) for name in ("one", "two")
    ]
    assert len(histories[0]) == len(histories[1]) == 6
    for alone, both in zip(*histories, strict=True):
        # The same windows in the same batches: only the order of the sums differs.
        assert both["validation_loss"] == pytest.approx(alone["validation_loss"], rel=1e-3)
        assert both["accuracy"] == pytest.approx(alone["accuracy"], abs=0.02)


def test_no_batch_is_too_small_to_share() -> None:
    processes = ProcessGroup(torch.device("cpu"))
    for count, size, expected in [(10, 4, [4, 4, 2]), (9, 4, [4, 5]), (3, 4, [3]), (8, 4, [4, 4])]:
        batches = processes.batches(torch.arange(count), size)
        assert [len(batch) for batch in batches] == expected
        assert torch.equal(torch.cat(batches), torch.arange(count))
    processes.size, processes.rank = 3, 2
    batches = processes.batches(torch.arange(13), 8)
    assert [len(batch) for batch in batches] == [13]
    parts = []
    for processes.rank in range(3):
        parts.append(processes.share(batches[0]))
        assert len(parts[-1]) >= 2
    assert sorted(torch.cat(parts).tolist()) == list(range(13))
