"""librosa compiles what is called, when it is called, into a place that can be written to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import librosa_loading

CODE = """
import time
import numpy as np
from engine.librosa_loading import load_librosa
librosa = load_librosa()
import numba, os
from pathlib import Path
folder = Path(os.environ["NUMBA_CACHE_DIR"])
print(folder)
print(len(list(folder.rglob("*.nbc"))))
found = librosa.util.localmax(np.array([1.0, 3.0, 2.0, 5.0, 4.0]))
whole = librosa.util.localmax(np.array([1, 3, 2, 5, 4]))
print(found.tolist() == whole.tolist() == [False, True, False, True, False])
print(len(list(folder.rglob("*.nbc"))))
print(numba.guvectorize.__module__, numba.vectorize.__module__)
"""


def _loaded(**environment: str) -> list[str]:
    mine = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=mine | environment,
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        check=True,
    )
    return done.stdout.split("\n")


def test_what_is_compiled_goes_to_the_users_cache(tmp_path: Path) -> None:
    folder, before, right, after, decorators, _ = _loaded(XDG_CACHE_HOME=str(tmp_path))
    assert Path(folder) == tmp_path / "earmark" / "numba"
    assert before == "0"  # nothing is compiled by loading
    assert right == "True"
    assert int(after) > 0
    assert decorators == "numba.np.ufunc.decorators numba.np.ufunc.decorators"


def test_a_chosen_place_is_kept(tmp_path: Path) -> None:
    assert _loaded(NUMBA_CACHE_DIR=str(tmp_path / "mine"))[0] == str(tmp_path / "mine")


def test_without_a_place_it_compiles_among_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr(librosa_loading.tempfile, "tempdir", str(tmp_path))
    folder = librosa_loading._writable(tmp_path / "file" / "numba")
    assert folder.is_dir()
    assert folder.parent == tmp_path
    assert librosa_loading._writable(tmp_path / "new") == tmp_path / "new"
