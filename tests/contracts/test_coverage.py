"""The floor of coverage only rises."""

import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BEFORE = ("origin/main", "main", "HEAD~1")  # the first that is there: what the work started from


def _floor(text: str) -> float:
    report = tomllib.loads(text)["tool"].get("coverage", {}).get("report", {})
    return float(report.get("fail_under", 0))


def _git(*words: str) -> str | None:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def test_the_floor_is_not_lower_than_before() -> None:
    head = _git("rev-parse", "HEAD")
    bases = [_git("merge-base", "HEAD", name) for name in BEFORE]
    start = next((base.strip() for base in bases if base and base != head), None)
    before = _git("show", f"{start}:pyproject.toml") if start else None
    if before is None:
        pytest.skip("no commit to compare with is here")
    assert _floor((ROOT / "pyproject.toml").read_text(encoding="utf-8")) >= _floor(before)


def test_what_a_floor_is() -> None:
    assert _floor("[tool.coverage.report]\nfail_under = 81.5\n") == 81.5
    assert _floor("[tool.ruff]\n") == 0
