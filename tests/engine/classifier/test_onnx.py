"""Classifiers as ONNX models: they say in onnxruntime what they say in torch."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.audio import read
from engine.classifier.card import Card
from engine.classifier.catalog import Catalog
from engine.classifier.classifier import Classifier, level_db
from engine.classifier.onnx import convert, export_onnx, run_onnx
from engine.errors import ModelError
from engine.features import FEATURES, build_feature
from resources import resource
from tests.planted import beeper


@pytest.fixture(scope="module", autouse=True)
def _onnx() -> None:
    for name in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(name)


@pytest.fixture(scope="module")
def demo() -> Tensor:
    """The demonstration at 16 kHz, shape (samples,)."""
    audio = read(resource("sounds", "demo.ogg"), rate_hz=16000, mono=True)
    return torch.from_numpy(audio.samples[0].copy())


@pytest.fixture(scope="module", params=["instruments-in-music", "genre"])
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Classifier, Path, float]:
    """A classifier, where it was exported to, and the difference found."""
    classifier = Catalog().load(request.param)
    path = tmp_path_factory.mktemp("onnx") / "new folder" / "model.onnx"
    return classifier, path, export_onnx(classifier, path)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """A small one: exporting it takes a fourth of the time."""
    return beeper()


class TestBundled:
    def test_it_was_found_to_say_the_same(self, exported: tuple[Classifier, Path, float]) -> None:
        _, path, difference = exported
        assert 0 <= difference < 1e-5
        assert [file.name for file in path.parent.iterdir()] == ["model.onnx"]

    @pytest.mark.parametrize("batch", [1, 2, 5])
    def test_it_says_the_same_of_the_demo(
        self, batch: int, exported: tuple[Classifier, Path, float], demo: Tensor
    ) -> None:
        import onnxruntime

        classifier, path, _ = exported
        length = classifier.card.window_samples
        starts = [(26 - 6 * index) * 16000 for index in range(batch)]
        windows = torch.stack([demo[start : start + length] for start in starts])
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        got = session.run(["probabilities", "presence"], {"waveform": windows.numpy()})
        with torch.inference_mode():
            embedding = classifier.network.embed(classifier.feature(windows))
            wanted = classifier.judge(embedding, level_db(windows))
        assert wanted[0].max() > 0.5
        for one, other in zip(got, wanted, strict=True):
            torch.testing.assert_close(torch.from_numpy(one), other, atol=1e-4, rtol=0)

    def test_silence_is_silence(self, exported: tuple[Classifier, Path, float]) -> None:
        classifier, path, _ = exported
        silence = torch.zeros(2, classifier.card.window_samples)
        probabilities, presence = run_onnx(path.read_bytes(), silence)
        assert probabilities.eq(0).all()
        assert presence.eq(0).all()

    def test_the_card_goes_along(self, exported: tuple[Classifier, Path, float]) -> None:
        import onnx

        classifier, path, _ = exported
        properties = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
        assert Card.model_validate_json(properties["card"]) == classifier.card
        assert json.loads(properties["labels"]) == classifier.card.labels

    def test_shapes_are_named(self, exported: tuple[Classifier, Path, float]) -> None:
        import onnxruntime

        classifier, path, _ = exported
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (taken,) = session.get_inputs()
        assert (taken.name, taken.type) == ("waveform", "tensor(float)")
        assert taken.shape == ["batch", classifier.card.window_samples]
        given = {output.name: output.shape for output in session.get_outputs()}
        labels = len(classifier.card.labels)
        assert given == {"probabilities": ["batch", labels], "presence": ["batch"]}

    def test_nobodys_folders_go_along(self, exported: tuple[Classifier, Path, float]) -> None:
        data = exported[1].read_bytes()
        assert str(Path(__file__).resolve().parents[3]).encode() not in data
        assert sys.prefix.encode() not in data


MEL = {"rate_hz": 16000, "n_fft": 512, "hop_length": 256, "n_mels": 40}
SPECTRAL = {"rate_hz": 16000, "n_fft": 1024, "hop_length": 256}
CONTRAST = SPECTRAL | {"octaves": 5}
PARTS = [
    {"name": "mfcc", "arguments": SPECTRAL},
    {"name": "spectral_centroid", "arguments": SPECTRAL},
    {"name": "spectral_contrast", "arguments": CONTRAST},
    {"name": "delta", "arguments": {"inner": {"name": "log_mel", "arguments": SPECTRAL}}},
]
CASES: list[tuple[str, dict[str, Any]]] = [
    ("stft", SPECTRAL),
    ("stft", SPECTRAL | {"center": False}),
    ("power", SPECTRAL),
    ("power", SPECTRAL | {"n_fft": 400, "hop_length": 160}),
    ("power", SPECTRAL | {"n_fft": 441, "hop_length": 441, "center": False}),
    ("log_mel", MEL),
    ("log_mel", MEL | {"n_fft": 400, "top_db": 60.0}),
    ("log_mel", MEL | {"log": "compress", "center": False}),
    ("mfcc", SPECTRAL),
    ("mfcc", SPECTRAL | {"top_db": 80.0}),
    ("mfcc", SPECTRAL | {"top_db": 80.0, "padding": "reflect"}),
    ("spectral_centroid", SPECTRAL),
    ("spectral_contrast", CONTRAST),
    ("spectral_contrast", CONTRAST | {"n_fft": 1000, "top_db": 80.0}),
    ("chroma", SPECTRAL | {"n_fft": 2048}),
    ("pitch", SPECTRAL | {"n_fft": 2048}),
    ("waveform", {"rate_hz": 16000}),
    ("one_hot", {"rate_hz": 16000}),
    ("delta", {"inner": {"name": "mfcc", "arguments": SPECTRAL}}),
    ("delta", {"inner": {"name": "log_mel", "arguments": MEL}, "order": 2}),
    ("stack", {"parts": PARTS}),
]


def test_every_feature_has_a_case() -> None:
    assert {name for name, _ in CASES} == set(FEATURES) - {
        "librosa",  # which numpy computes
        "given",  # which takes no sound
    }


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=lambda value: str(value)[:60])
def test_features_export(name: str, arguments: dict[str, Any], demo: Tensor) -> None:
    feature = build_feature(name, arguments)
    starts = (2.5, 10.0, 27.0)
    windows = torch.stack([demo[int(s * 16000) : int(s * 16000) + 12345] for s in starts])
    data = convert(feature, windows, outputs=["frames"])
    for batch in (windows[:1], windows):
        (got,) = run_onnx(data, batch)
        with torch.inference_mode():
            wanted = feature(batch)
        assert got.dtype == wanted.dtype == torch.float32
        # To a thousandth of the loudest; of each band's loudest in a stack, whose parts differ by
        # orders (and not in spectra: rounding drowns their empty bands in torch as well).
        over = (0, 2) if name == "stack" else (0, 1, 2)
        scale = wanted.abs().amax(dim=over, keepdim=True)
        torch.testing.assert_close(got / scale, wanted / scale, atol=1e-3, rtol=1e-3)


class TestRefused:
    @pytest.mark.parametrize("library", ["onnx", "onnxscript", "onnxruntime"])
    def test_without_the_extra(
        self,
        library: str,
        classifier: Classifier,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setitem(sys.modules, library, None)
        with pytest.raises(ModelError, match=r"pip install earmark\[export\]"):
            export_onnx(classifier, tmp_path / "model.onnx")
        assert not list(tmp_path.iterdir())

    def test_what_onnx_cannot_express(self) -> None:
        class Solver(nn.Module):
            def forward(self, waveform: Tensor) -> Tensor:
                return torch.linalg.eigvals(waveform @ waveform.T).real

        with pytest.raises(ModelError, match="ONNX cannot express"):
            convert(Solver(), torch.randn(2, 50), outputs=["values"])

    def test_a_version_too_old(self) -> None:
        feature = build_feature("waveform", {"rate_hz": 16000})
        with pytest.raises(ModelError, match="opset 11"):
            convert(feature, torch.randn(2, 50), outputs=["frames"], opset=11)

    @pytest.mark.parametrize("wrong", [0.001, float("nan")])
    def test_other_probabilities_are_not_written(
        self,
        wrong: float,
        classifier: Classifier,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def off(data: bytes, waveforms: Tensor) -> list[Tensor]:
            # The second output, so that what is not a number comes after what is.
            probabilities, presence = run_onnx(data, waveforms)
            return [probabilities, presence + wrong]

        monkeypatch.setattr("engine.classifier.onnx.run_onnx", off)
        path = tmp_path / "model.onnx"
        path.write_bytes(b"what was there before")
        with pytest.raises(ModelError, match="probabilities differ"):
            export_onnx(classifier, path)
        assert path.read_bytes() == b"what was there before"
        assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]

    def test_nowhere_to_write(self, classifier: Classifier, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(ModelError, match="could not be written"):
            export_onnx(classifier, tmp_path / "file" / "model.onnx")


def test_nothing_is_said_and_nothing_is_changed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    classifier = Catalog().load("instruments-in-music")
    waveform = torch.randn(1, classifier.card.window_samples) * 0.1
    with torch.inference_mode():
        before = classifier(waveform)
        export_onnx(classifier, tmp_path / "model.onnx")  # also in the midst of other work
        after = classifier(waveform)
    assert torch.equal(before, after)
    assert not any("frames" in part.__dict__ for part in classifier.modules())
    assert capfd.readouterr() == ("", "")
