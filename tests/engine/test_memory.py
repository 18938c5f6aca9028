"""Freed memory is not fetched anew from the system."""

import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import torch
from engine.memory import keep_freed_memory
from engine.networks import build_network
if "keep" in sys.argv:
    keep_freed_memory()
torch.manual_seed(0)
network = build_network("cnn", {"bands": 13, "frames": 130, "classes": 10})
sound = torch.randn(32, 13, 130)
def steps(count):
    for _ in range(count):
        network(sound).square().sum().backward()
steps(5)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
steps(10)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*arguments: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, *arguments], check=True, capture_output=True, text=True
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such setting")
def test_what_was_freed_is_there_for_the_next_step() -> None:
    kept, given_back = faults("keep"), faults()
    if given_back < 1000:  # pages
        pytest.skip("this C library keeps what was freed by itself")
    assert kept < given_back / 10
