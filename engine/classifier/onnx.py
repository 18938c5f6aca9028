"""A classifier as an ONNX model, feature extraction included, for programs without torch.

What it needs beyond torch (onnx, onnxscript and onnxruntime: the extra ``export``) is imported
only when something is exported.
"""

import copy
import importlib
import json
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MethodType, ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from engine.atomic_write import write_whole
from engine.classifier.classifier import Classifier, level_db
from engine.errors import ModelError, extra_needed
from engine.features.spectrum import Spectral

OPSET = 18  # the first after 17, which brought the Fourier transform, that torch writes natively
_TOLERANCE = 1e-4
_TALKERS = ("torch", "torch.export", "torch.onnx", "onnxscript", "onnx_ir")


def export_onnx(classifier: Classifier, path: Path, *, opset: int = OPSET) -> float:
    """Export a classifier as ONNX, after checking that ONNX Runtime and PyTorch agree.

    The model takes ``waveform``, float32, shape (batch, window_samples), any batch, at the card's
    rate, full scale [-1, 1]. It gives ``probabilities``, float32, shape (batch, labels), and
    ``presence``, float32, shape (batch,), as :meth:`Classifier.judge` does; a regression gives
    ``values`` instead of ``probabilities``. Its metadata hold the card (``card``) and the labels
    (``labels``), both as JSON.

    Args:
        classifier: left as it is.
        path: where to; whatever fails leaves what was there before.
        opset: version of ONNX's operators; torch knows 18 and some later ones.

    Returns:
        The largest difference between torch and onnxruntime in any probability or presence, of a
        chord, noise and near silence, one by one and together; relative to values over 1.

    Raises:
        ModelError: the extra is not installed, ONNX cannot express the classifier, the two differ
            by more than 1e-4, or the file cannot be written.
    """
    card = classifier.card
    card.refuse_files_only("be exported as ONNX")
    _libraries()
    waveforms = _test_waveforms(card.window_samples, card.calibration.silence_dbfs)
    answers = "values" if card.is_regression else "probabilities"
    whole = _Whole(classifier)
    data = convert(
        whole,
        waveforms,
        outputs=(answers, "presence"),
        properties={"card": card.model_dump_json(), "labels": json.dumps(card.labels)},
        opset=opset,
    )
    difference = _difference(whole, data, waveforms)
    if not difference <= _TOLERANCE:
        raise ModelError(
            f"The ONNX model was not saved: its {answers} differ by {difference:.1g} from "
            "those of the classifier."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise ModelError(
            f"The ONNX model could not be written as {path.name}: {error.strerror}. "
            "Choose another place or free some space, then export again."
        ) from error
    return difference


def convert(
    module: nn.Module,
    waveforms: Tensor,
    *,
    outputs: Sequence[str],
    properties: dict[str, str] | None = None,
    opset: int = OPSET,
) -> bytes:
    """A module that takes waveforms, a feature or more, as the bytes of an ONNX file.

    Args:
        module: left as it is; a copy of it is converted, in evaluation mode, on the CPU.
        waveforms: float32, shape (batch, samples), two or more: the batch will be free, the number
            of samples not.
        outputs: a name for each tensor it gives.
        properties: the file's metadata.
        opset: see :func:`export_onnx`.

    Raises:
        ModelError: the extra is not installed, or ONNX cannot express the module.
    """
    onnx, _ = _libraries()
    try:
        # With gradients on, networks take a batch at once rather than in pieces fit for a cache.
        with _quiet(), torch.inference_mode(False), torch.enable_grad():
            program = torch.onnx.export(
                _expressible(module),
                (waveforms.cpu(),),
                dynamo=True,
                verbose=False,
                input_names=["waveform"],
                output_names=list(outputs),
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                opset_version=opset,
            )
            model: Any = None if program is None else program.model_proto
            _strip(model)
            onnx.helper.set_model_props(model, properties or {})
            onnx.checker.check_model(model)
            data: bytes = model.SerializeToString()
    # The exporter, the checker and protobuf raise whatever they like, often plain Exceptions.
    except Exception as error:
        raise ModelError(f"ONNX cannot express this classifier: {_reason(error)}") from error
    written = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    if written != [opset]:
        raise ModelError(f"This classifier cannot be exported with opset {opset}.")
    return data


def run_onnx(data: bytes, waveforms: Tensor) -> list[Tensor]:
    """What onnxruntime makes of waveforms, on the CPU.

    Args:
        data: an ONNX file that :func:`convert` made.
        waveforms: float32, shape (batch, samples).

    Returns:
        The model's outputs, in their order.

    Raises:
        ModelError: the extra is not installed, or onnxruntime cannot run the model.
    """
    _, runtime = _libraries()
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what it has to say comes as an exception
    try:
        session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        results = session.run(None, {"waveform": waveforms.cpu().numpy()})
    # Its exceptions have no base of their own.
    except Exception as error:
        raise ModelError(f"onnxruntime cannot run this classifier: {_reason(error)}") from error
    return [torch.from_numpy(result) for result in results]


class _Whole(nn.Module):
    """All that a classifier does, as one module: waveforms to probabilities and presence."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = copy.deepcopy(classifier).cpu()
        self.eval()

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """Shape (batch, window_samples) to (batch, labels) and (batch,)."""
        embedding = self.classifier.network.embed(self.classifier.feature(waveform))
        return self.classifier.judge(embedding, level_db(waveform))


def _libraries() -> tuple[ModuleType, ModuleType]:
    """The modules onnx and onnxruntime; onnxscript is there too."""
    try:
        with _quiet():
            # torch needs it: better to miss it here than half way.
            importlib.import_module("onnxscript")
            for part in ("onnx.checker", "onnx.helper"):
                importlib.import_module(part)
            return importlib.import_module("onnx"), importlib.import_module("onnxruntime")
    except ImportError as error:
        raise ModelError(extra_needed("ONNX export", "export")) from error


def _expressible(module: nn.Module) -> nn.Module:
    """A copy whose spectral features transform all frames at once."""
    module = copy.deepcopy(module).cpu().eval()
    for part in module.modules():
        if isinstance(part, Spectral):
            part.__dict__["frames"] = MethodType(_all_at_once, part)
    return module


def _all_at_once(feature: Spectral, waveform: Tensor) -> Tensor:
    """As :meth:`Spectral.frames`, whose chunks would fix the size of the batch."""
    length = feature.frame_length
    cut = waveform.unfold(-1, length, feature.hop_length)
    batch, count = cut.shape[:2]
    frames = cut.reshape(-1, length)
    if feature.precise or length.bit_count() == 1:
        rows = feature._rows(frames[None])
    else:
        # onnxruntime goes a long way round where the length is no power of two, and loses two
        # digits on it: in float64 they are not missed.
        spectrum = torch.fft.rfft(frames.double() * feature.window.double())
        rows = feature.from_squares(torch.view_as_real(spectrum).square().flatten(1).float())
    return feature.whole(rows.view(batch, count, -1).transpose(1, 2))


def _strip(model: Any) -> None:
    """Take out where in whose source each operator came from: nobody's folders are shared."""
    graph = model.graph
    for holder in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info):
        del holder.metadata_props[:]
        holder.doc_string = ""


def _test_waveforms(samples: int, silence_dbfs: float) -> Tensor:
    """A chord, noise, and noise 10 dB under what counts as silence: float32, (3, samples)."""
    time = torch.arange(samples, dtype=torch.float64)
    cycles = torch.tensor([0.0137, 0.0173, 0.0205], dtype=torch.float64)  # a sample
    chord = (2.0 * torch.pi * cycles[:, None] * time).sin().mean(0)
    generator = torch.Generator().manual_seed(18)
    noise = torch.randn(2, samples, generator=generator, dtype=torch.float64)
    faint = math.pow(10.0, (silence_dbfs - 10.0) / 20.0)
    return torch.stack([0.5 * chord, 0.1 * noise[0], faint * noise[1]]).float()


def _difference(whole: _Whole, data: bytes, waveforms: Tensor) -> float:
    """The largest, of the waveforms one by one and together; not a number when any is not."""
    gaps = []
    for batch in (*torch.split(waveforms, 1), waveforms):
        with torch.inference_mode():
            wanted = whole(batch)
        pairs = zip(run_onnx(data, batch), wanted, strict=True)
        gaps += [((got - want).abs() / want.abs().clamp(min=1.0)).flatten() for got, want in pairs]
    return float(torch.cat(gaps).max())


def _reason(error: BaseException) -> str:
    """What lies at the bottom of an exception, in one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings and log messages of the exporter, which are about its own workings."""
    loggers = [logging.getLogger(name) for name in _TALKERS]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
