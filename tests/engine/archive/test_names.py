"""Dates and times as recorders write them into names, and numbers that are none."""

import datetime
import subprocess
import sys

import pytest

from engine.archive.names import recorded_at


@pytest.mark.parametrize(
    "name",
    [
        "20240229_043000.wav",
        "POND-20240229_043000.flac",
        "20240229T043000.wav",
        "2024-02-29_04-30-00 take.mp3",
        "2024-02-29 04.30.00.mp3",
        "20240229043000.wav",
        "99999999_999999_20240229_043000.wav",
    ],
)
def test_moments(name: str) -> None:
    assert recorded_at(name) == datetime.datetime(2024, 2, 29, 4, 30)


@pytest.mark.parametrize(
    "name",
    [
        *("take 12.wav", "20230229_043000.wav", "20240229_243000.wav", "120240229_043000.wav"),
        *("20240229_0430001.wav", "20240229.wav", "2024-0229_043000.wav", "0001-01-01_00-00-00"),
    ],
)
def test_no_moments(name: str) -> None:
    assert recorded_at(name) is None


def test_asking_an_archive_needs_no_torch() -> None:
    """The process that gathers results stays small, and the command answers at once."""
    code = (
        "import sys, engine.archive.batch, engine.archive.parquet, engine.archive.corrections\n"
        "import engine.cli.archive, engine.cli.classify\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
