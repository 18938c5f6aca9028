"""What the analysis of many files tells; without torch, for those who only take it."""

from dataclasses import dataclass
from pathlib import Path

from engine.recognition.verdict import FileResult


@dataclass(frozen=True)
class BatchStep:
    """How far the analysis of one of many files has come.

    Attributes:
        path: the file.
        number: its place among them, from 1.
        share: done of it, 0 to 1.
        seconds: heard of it.
    """

    path: Path
    number: int
    share: float
    seconds: float = 0.0


@dataclass(frozen=True)
class BatchResult:
    """What became of one of many files.

    Attributes:
        path: the file.
        result: None: there is none.
        problem: why there is none, as a sentence.
        repaired: samples that were no numbers and became silence.
        number: its place among them, from 1.
        lost: the process that heard it was killed: the file may well be sound.
    """

    path: Path
    result: FileResult | None
    problem: str = ""
    repaired: int = 0
    number: int = 0
    lost: bool = False
