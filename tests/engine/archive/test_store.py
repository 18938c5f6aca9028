"""Classifiers on a worker: what was changed there is never used, and only what was sent deleted."""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from engine.archive.cluster import store
from engine.errors import ModelError
from tests.planted import beeper

DIGEST = hashlib.sha256(b"as it was").hexdigest()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A classifier that Earmark has brought along, and that is another one meanwhile."""
    path = tmp_path / "models" / "planted.safetensors"
    path.parent.mkdir()
    beeper().save(path)
    monkeypatch.setattr(store, "_folder", lambda: tmp_path / "cluster")
    monkeypatch.setattr(store, "_bundled", lambda: {DIGEST: path})
    return path


def ear() -> dict[str, Any]:
    return {
        "name": "planted",
        "sha256": DIGEST,
        "thresholds": {},
        "smoothing_seconds": None,
        "corrections": "",
    }


def test_what_was_sent_and_changed_is_deleted_and_asked_for_again(own: Path) -> None:
    sent = store._kept(DIGEST)
    sent.parent.mkdir()
    sent.write_bytes(own.read_bytes())
    with pytest.raises(ModelError, match="was modified on a worker"):
        store.load([ear()])
    assert not sent.exists()


def test_earmarks_own_is_never_deleted(own: Path) -> None:
    """After an update of Earmark beside a worker that runs on."""
    with pytest.raises(ModelError, match="was modified on a worker"):
        store.load([ear()])
    assert own.is_file()


def test_what_no_batch_asks_for_is_deleted_in_time(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    monkeypatch.setattr(store, "_bundled", lambda: {digest: own})
    folder = store._folder()
    month, week = (time.time() - days * 86_400 for days in (31, 7))
    old, asked, used = (store._kept(letter * 64) for letter in "abc")
    left, former, fresh = folder / "batch-left", folder / "batches", folder / "batch-at-work"
    for one in (left, former, fresh):
        (one / "personal").mkdir(parents=True)
        (one / "personal" / "x.safetensors").write_bytes(b"x")
    for path, then in ((old, month), (asked, month), (used, week)):
        path.write_bytes(b"x")
        os.utime(path, (then, then))
    for path in [left, former, *left.rglob("*"), *former.rglob("*")]:
        os.utime(path, (week, week))
    assert store.lacking([asked.stem]) == []  # asked for: of use still
    changed = ear() | {"sha256": digest, "thresholds": {"beep": 0.9}}
    classifier = store.load([changed])["planted"]
    assert classifier.card.calibration.thresholds[0] == 0.9
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [asked.name, used.name, fresh.name]
    )


def test_names_that_are_no_digest_lead_nowhere() -> None:
    for name in ("../../x", "a" * 63, "A" * 64, ""):
        with pytest.raises(ModelError, match="is not a SHA-256"):
            store.lacking([name])
