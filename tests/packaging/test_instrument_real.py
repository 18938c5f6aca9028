"""Real players, singers and views: who is left out, what is drawn, what passes a second gate."""

import importlib
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine.classifier.card import Part
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier
from engine.classifier.rules import Evidence, Rules
from engine.networks import describe_network
from engine.networks.musicnn.mobile import DecibelMobileTrunk, MusicnnMobile
from engine.recognition.decisions import decide
from engine.recognition.timeline import Timeline

HOW = Evidence(6.0, 1.1, 0.3, 0.01, 9.0, presence_seconds=2.0, sure=0.8)


@pytest.fixture
def module(on_path: None) -> "Modules":
    return Modules()


class Modules:
    """The scripts, imported when asked for."""

    def __getitem__(self, name: str) -> ModuleType:
        return importlib.import_module(f"instrument.{name}")


def test_relatives_are_left_out_together(module: Modules) -> None:
    sources = module["real.sources"]
    assert sources.group_of("players-mtg-solosax", "x") == "players-fsdkaggle2018"
    assert sources.group_of("weresax", "x") == sources.group_of("players-war-tuba", "x")
    song, speech = (
        sources.group_of(f"ravdess-{kind}", f"ravdess/{kind}/actor07_calm.opus")
        for kind in ("song", "speech")
    )
    assert song == speech == "actor 7"
    assert sources.group_of("ravdess-song", "ravdess/song/actor12_sad.opus") == "actor 12"


def test_what_must_not_be_sold_can_be_left_out(module: Modules, tmp_path: Path) -> None:
    for name in (
        "players/rickenbacker4001/electric-bass/a.opus",
        "players/ganjo/banjo/b.opus",
        "ravdess/song/actor01_a.opus",
        "emotify/rock/001__a.opus",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    sources = module["real.sources"]
    everything = sources.gathered(tmp_path, tmp_path)
    assert everything["emotify"][0].label == sources.UNLABELLED
    assert everything["players-ganjo"][0].label == "banjo"
    free = sources.gathered(tmp_path, tmp_path, commercial=True)
    assert set(everything) - set(free) == set(sources.NON_COMMERCIAL)


def test_who_judges_is_in_no_training(module: Modules) -> None:
    held = module["real.sounds"].held
    judging = (
        "players/fsdkaggle2018/flute/fs1_a.opus",
        "players/gtown-church/organ/a.opus",
        "ravdess/song/actor07_calm.opus",
        "esc10/rain/5-1-A.ogg",
    )
    taught = (
        "players/ganjo/banjo/b.opus",
        "ravdess/speech/actor08_calm.opus",
        "esc10/rain/1-5-A.ogg",
    )
    assert [held(name) for name in judging] == [True] * len(judging)
    assert [held(name) for name in taught] == [False] * len(taught)


@pytest.fixture
def bank(module: Modules, tmp_path: Path) -> object:
    """Half-second notes of two players, at 400 and 1500 Hz."""
    time = np.arange(16000) / 32000
    notes = [np.sin(2 * np.pi * hz * time) for hz in (400, 400, 1500)]
    np.save(tmp_path / "bank.npy", (20000 * np.concatenate(notes)).astype(np.int16))
    rows = [
        {"first": 16000 * i, "last": 16000 * (i + 1), "kind": "solo", "cell": cell}
        for i, cell in enumerate("aab")
    ]
    (tmp_path / "bank.json").write_text(json.dumps(rows))
    return module["real.views"].Bank(tmp_path / "bank", np.random.default_rng(4))


def test_notes_are_joined_to_phrases_of_one_player(bank: Any) -> None:
    """Each view of one sound has one player's pitch, changed by a third at most, all along."""
    for _ in range(12):
        sound = bank.draw()
        assert sound.shape == (96000,)
        power = np.abs(np.fft.rfft(sound)) ** 2
        hz = np.fft.rfftfreq(len(sound), 1 / 32000)
        shares = [
            power[(hz > base / 1.35) & (hz < base * 1.35)].sum() / power.sum()
            for base in (400, 1500)
        ]
        assert max(shares) > 0.85
        # It goes on to the end, whatever its notes' length.
        assert np.square(sound[48000:]).mean() > 0.3


def test_aac_changes_little_and_moves_nothing(module: Modules) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed.")
    time = np.arange(16000) / 16000
    windows = np.stack([np.sin(2 * np.pi * hz * time) * 0.1 for hz in (300, 500)]).astype(
        np.float32
    )
    heard = module["real.views"].through_aac(windows, "48k")
    assert heard.shape == windows.shape
    inside = slice(2000, 14000)
    for before, after in zip(windows[:, inside], heard[:, inside], strict=True):
        assert np.corrcoef(before, after)[0, 1] > 0.98
    assert not np.array_equal(heard, windows)


def test_what_is_added_is_softer_and_known(module: Modules) -> None:
    learn = module["real.learn"]
    features = -40 + 5 * torch.randn(64, 96, 61, generator=torch.Generator().manual_seed(2))
    mixed, share = learn.added(features, torch.Generator().manual_seed(3))
    assert 0.1 < float((share > 0).float().mean()) < 0.6
    assert float(share.max()) <= 0.5
    alone = share == 0
    torch.testing.assert_close(mixed[alone], features[alone])
    assert bool((mixed[~alone].mean((1, 2)) > features[~alone].mean((1, 2))).all())


def test_each_fifth_of_the_singers_has_men_and_women(module: Modules) -> None:
    """RAVDESS gave odd numbers to men: who learns from men alone takes women for singers."""
    singers = module["real.singers"]
    people: dict[int, set[int]] = {}
    for actor in range(1, 25):
        name = f"ravdess/song/actor{actor:02d}_calm.opus"
        fold = singers.person_of("ravdess-song", name)
        assert fold == singers.person_of("ravdess-speech", name.replace("song", "speech"))
        people.setdefault(fold, set()).add(actor % 2)
    assert len(people) == singers.FOLDS
    assert all(sexes == {0, 1} for sexes in people.values())


def test_what_passes_is_what_the_application_lets_pass(module: Modules) -> None:
    """Presence averaged over time, as the rules have it."""
    singers = module["real.singers"]
    logits = np.asarray([3.0, -2.0, -2.0, -2.0, -2.0, 3.0])
    recordings = np.asarray([0, 0, 0, 0, 1, 1])
    source = singers.Source(
        torch.zeros(6, 1), logits, recordings, recordings, np.asarray([True] * 5 + [False])
    )
    rules = Rules((0.5,), presence_threshold=0.4, several=False, evidence=HOW)
    shown = []
    for number in (0, 1):
        mine = recordings == number
        count = int(mine.sum())
        presence = 1 / (1 + np.exp(-logits[mine]))
        line = Timeline(
            ("voice",),
            0.25 * np.arange(count),
            presence[:, None].astype(np.float32),
            presence.astype(np.float32),
            np.where(source.loud[mine], -20.0, -90.0).astype(np.float32),
            1.0,
            0.25,
        )
        shown += [
            decision.presence >= 0.4
            for decision in decide(line, rules)
            if decision.verdict != "silence"
        ]
    assert singers.passing(logits, source, HOW.presence_seconds, 0.4) == np.mean(shown)
    assert 0 < np.mean(shown) < 1


def plain() -> Classifier:
    """The bundled classifier's card on a network of one mobile trunk and one gate."""
    bundled = Catalog().load("instrument")
    assert isinstance(bundled.network, MusicnnMobile)
    later = ("second", "singers")
    network = MusicnnMobile(
        **{k: v for k, v in bundled.network.arguments().items() if k not in later}
    )
    card = bundled.card.model_copy(update={"network": Part(**describe_network(network))})
    gate = nn.Linear(network.embedding_size, 1)
    return Classifier(card, bundled.feature, network.eval(), gate)


def test_a_second_gate_is_that_of_either(module: Modules) -> None:
    singers, before = module["real.singers"], plain()
    assert before.gate is not None
    embedding = torch.randn(
        5, before.network.embedding_size, generator=torch.Generator().manual_seed(6)
    )
    found = nn.Linear(before.network.embedding_size, 1)
    with torch.inference_mode():
        after = singers.with_singers(before, found, {"singers": 0.5})
        level = torch.full((5,), -20.0)
        chances, presence = after.judge(embedding, level)
        gate = before.gate(embedding)[:, 0]
        wanted = torch.logaddexp(gate, found(embedding)[:, 0]).sigmoid()
        torch.testing.assert_close(presence, wanted, atol=1e-3, rtol=0)
        torch.testing.assert_close(
            chances / presence[:, None], before.logits(embedding).softmax(1), atol=1e-4, rtol=0
        )
    assert after.card.network.arguments["singers"] is True
    assert any("non-commercial" in source.licence for source in after.card.data)
    assert after.card.metrics["singers"] == 0.5


def test_a_second_reader_is_added_to_the_logits(module: Modules) -> None:
    """By its share; what the gates say stays, whatever the second network hears."""
    reader = module["real.reader"]
    singers = nn.Linear(plain().network.embedding_size, 1)
    before = module["real.singers"].with_singers(plain(), singers, {})
    size = before.network.embedding_size
    trunk = DecibelMobileTrunk(96, 61, 0.35, 256, 0.0, relative=True).eval()
    added = nn.Linear(256, len(before.card.labels))
    embedding = torch.randn(4, size + 256, generator=torch.Generator().manual_seed(8))
    level = torch.full((4,), -20.0)
    with torch.inference_mode():
        after = reader.with_reader(before, trunk, added)
        wanted = before.logits(embedding[:, :size]) + reader.SHARE * added(embedding[:, size:])
        torch.testing.assert_close(after.logits(embedding), wanted, atol=1e-4, rtol=0)
        presence = (
            m.judge(e, level)[1] for m, e in ((after, embedding), (before, embedding[:, :size]))
        )
        torch.testing.assert_close(*presence, atol=1e-5, rtol=0)
        assert not torch.allclose(wanted, before.logits(embedding[:, :size]), atol=0.01)


def test_the_teachers_words_are_read_but_not_of_voices(module: Modules) -> None:
    reader, labels = module["real.reader"], module["classes"].LABELS
    generator = torch.Generator().manual_seed(9)
    embeddings = torch.randn(3000, 20, generator=generator) + 3.0
    weight = torch.randn(len(labels), 20, generator=generator)
    words = embeddings @ weight.T * 5.0 - 7.0
    found = reader.reader_of(embeddings, words)
    said = found(embeddings)
    voice = labels.index("voice")
    assert float(said[:, voice].abs().max()) < 1e-6
    told = (words - words.mean(0)) / words.std(0)
    told[:, voice] = 0.0
    # In deviations, whatever the teacher's own scale.
    torch.testing.assert_close(said, told, atol=0.2, rtol=0)
