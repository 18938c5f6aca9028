"""Layers on the meta device leave torch's compiler where it is."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CODE = """
import sys
import torch
from engine.networks.sketch import without_compiler

with without_compiler():
    torch.empty(3, device="meta").clamp(min=0)
print("torch._dynamo" in sys.modules)

with without_compiler():
    torch.empty(3, device="meta").clamp(min=0)
    import torch._dynamo
    torch._dynamo.graph_break()  # another thread's, say: it gets the real one
print(type(sys.modules["torch._dynamo"]).__name__)

torch.empty(3, device="meta").clamp(min=0)  # is told to the compiler now
with without_compiler():
    print(type(sys.modules["torch._dynamo"]).__name__)
    torch.empty(3, device="meta").clamp(min=0)
"""


def test_the_compiler_is_not_loaded_and_can_be_later() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "module", "module"]
