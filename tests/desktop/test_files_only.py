"""Classifiers that only judge files: at work on the File page, kept out of everything else."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from desktop.pages.file.page import FilePage
from desktop.pages.listen import worker
from desktop.pages.listen.page import ListenPage
from desktop.pages.models.page import ModelsPage
from desktop.session import Session
from engine.audio import Audio, write
from engine.classifier.card import Calibration, Card, Part
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.features import build_feature
from engine.networks import build_network
from tests.contracts.test_artefact import make
from tests.desktop.conftest import Show
from tests.desktop.test_listen_page import Clip

REASON = "'By librosa' can only classify files. It cannot "
WINDOW = 8192


def by_librosa() -> Classifier:
    """As a training leaves it whose feature ours does not agree with."""
    torch.manual_seed(3)
    arguments = {"calls": ["mfcc"], "n_mfcc": 13, "pad_mode": "edge", "rate_hz": 16000}
    feature = build_feature("librosa", arguments)
    shape = {"bands": 13, "frames": feature.frame_count(WINDOW), "classes": 3, "hidden": [4]}
    card = Card(
        name="by-librosa",
        title="By librosa",
        description="for tests",
        task="other",
        multi_label=False,
        labels=["one", "two", "three"],
        rate_hz=16000,
        window_samples=WINDOW,
        hop_samples=WINDOW,
        feature=Part(name="librosa", arguments=arguments),
        network=Part(name="dense", arguments=shape),
        calibration=Calibration(thresholds=[0.2] * 3, temperature=0.001),  # it is always sure
        licence="Apache-2.0",
        date="2026-11-21",
    )
    return Classifier(card, feature, build_network("dense", shape))


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    path = tmp_path / "by-librosa.safetensors"
    by_librosa().save(path)
    return path


@pytest.fixture
def session(session: Session, stored: Path) -> Session:
    Catalog().add(stored)
    return session


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    path = tmp_path / "noise.wav"
    sound = np.random.default_rng(1).standard_normal((1, 16000 * 4)) * 0.1
    write(path, Audio(sound.astype(np.float32), 16000))
    return path


def load(session: Session, qtbot: QtBot, *names: str) -> None:
    with qtbot.waitSignal(session.classifiers_loaded, timeout=120_000):
        session.set_loaded(names)
    assert list(session.classifiers) == list(names)


def judged(session: Session, show: Show, qtbot: QtBot, path: Path) -> FilePage:
    page = show(FilePage(session))
    with qtbot.waitSignal(page.analysed, timeout=120_000):
        page.open(path)
    return page


def test_it_judges_a_file_and_says_why_it_shows_no_evidence(
    session: Session, show: Show, qtbot: QtBot, noise: Path
) -> None:
    load(session, qtbot, "by-librosa")
    page = judged(session, show, qtbot, noise)
    assert page.found is not None
    assert page.found.done
    assert len(page.found.timelines["by-librosa"]) >= 7
    assert page.panels._panels["by-librosa"]._bars
    button = page.header.why_button
    assert not button.isEnabled()
    assert button.toolTip().replace("\n", " ").startswith(REASON + "show the evidence for a label")
    page.explainer.ask()  # by its key, which no button shows to be disabled
    assert page.explainer.why.strip.text.startswith(REASON)
    panel = page.panels._panels["by-librosa"]
    assert REASON in panel.toolTip().replace("\n", " ")
    assert panel.cursor().shape() == Qt.CursorShape.ArrowCursor
    with qtbot.assertNotEmitted(panel.asked):
        qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPointF(60, 60).toPoint())


def test_beside_others_evidence_is_shown_for_those(
    session: Session, show: Show, qtbot: QtBot, noise: Path, tmp_path: Path
) -> None:
    make().save(tmp_path / "tiny.safetensors")
    Catalog().add(tmp_path / "tiny.safetensors")
    load(session, qtbot, "by-librosa", "tiny")
    page = judged(session, show, qtbot, noise)
    assert page.header.why_button.isEnabled()
    page.seek(1.0)
    for cursor in (None, 1.0):
        page.tracks.time.set_cursor(cursor)
        page.explainer.ask()
        assert "Computing the evidence for" in page.explainer.why.strip.text
        qtbot.waitUntil(lambda: page.explainer.why.explanation is not None, timeout=120_000)
        assert page.explainer.why.explanation is not None
        assert page.explainer.why.explanation.label in ("low", "high", "both")
    page.explainer.explain("by-librosa", "one", 1.0)  # chosen in its lane
    assert page.explainer.why.strip.text.startswith(REASON)


def test_it_does_not_listen_but_others_do(
    session: Session, show: Show, qtbot: QtBot, tmp_path: Path
) -> None:
    make().save(tmp_path / "tiny.safetensors")
    Catalog().add(tmp_path / "tiny.safetensors")
    load(session, qtbot, "by-librosa", "tiny")
    page = show(ListenPage(session))
    page.view.show_live(on=True)
    assert list(page.panels._panels) == ["tiny"]
    assert page.panels._remark.isVisible()
    assert page.panels._remark.text().startswith(REASON + "listen")
    assert "File page" in page.panels._remark.text()
    found: list[Any] = []
    steps = worker.hear(Clip, lambda: session.live_classifiers, worker.LiveRequests())  # type: ignore[arg-type]
    for frame in steps:
        found.append(frame)
        if frame.decisions or len(found) > 200:
            break
        time.sleep(0.02)
    steps.close()
    assert list(found[-1].decisions) == ["tiny"]
    load(session, qtbot, "tiny")
    assert not page.panels._remark.isVisible()
    load(session, qtbot)
    assert page.panels._remark.text() == (
        "No classifier is enabled. Choose some on the Models page."
    )


def test_alone_it_leaves_nothing_to_wait_for(session: Session, show: Show, qtbot: QtBot) -> None:
    load(session, qtbot, "by-librosa")
    page = show(ListenPage(session))
    assert "Use it on the File page." in page.view.welcome.hint.text()  # before it listens, too
    page.view.show_live(on=True)
    assert page.panels._remark.isVisible()
    assert not page.panels._waiting.isVisible()


def test_the_models_page_says_so(session: Session, show: Show, qtbot: QtBot) -> None:
    page = show(ModelsPage(session))
    qtbot.waitUntil(lambda: bool(page.found.listed), timeout=120_000)
    card = page.card
    page.list.select("genre")
    assert not card.remark.isVisible()
    assert card.onnx_button.isEnabled()
    page.list.select("by-librosa")
    assert card.remark.isVisible()
    assert card.remark.text().startswith(REASON + "listen, show evidence")
    assert not card.onnx_button.isEnabled()
    assert REASON + "be exported as ONNX" in card.onnx_button.toolTip().replace("\n", " ")
    card.set_exporting(on=False)  # the export of another has ended
    assert not card.onnx_button.isEnabled()
    said: list[str] = []
    page.status.connect(said.append)
    page._listen("by-librosa", True)
    assert said == ["By librosa enabled for the File page: it can only classify files."]
    page.list.select("genre")
    assert card.onnx_button.isEnabled()
    assert card.onnx_button.toolTip() == "Export the classifier as ONNX"


def test_what_was_just_trained_says_so_when_it_is_used(
    session: Session, qtbot: QtBot, stored: Path
) -> None:
    session.set_loaded([])
    with qtbot.waitSignal(session.messages.said, timeout=120_000) as said:
        session.use_classifier(stored)
    assert said.args[0].text.startswith(REASON + "listen")
    assert said.args[0].text.endswith("Use it on the File page.")
    assert said.args[0].kind == "warning"
    qtbot.waitUntil(lambda: bool(session.classifiers), timeout=120_000)
    assert session.live_classifiers == {}
