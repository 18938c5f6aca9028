"""The classifier that is trained, shared and used: from a waveform to probabilities."""

import contextlib
import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from engine.classifier.card import Card
from engine.classifier.file import Header, read_all, read_header, write_file
from engine.classifier.limits import refuse_what_is_too_much
from engine.errors import ModelError
from engine.features import Feature, build_feature
from engine.networks import Network, build_network
from engine.threads import one_torch_thread
from resources import resource

_TOLERANCE = 1e-5
_TYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.bool: "BOOL"}


class Classifier(nn.Module):
    """Feature, network and calibration under one card.

    Attributes:
        card: everything that is not a tensor.
        feature: waveform to frames.
        network: frames to logits.
        gate: from the network's embedding to one logit: is this what the classifier knows about?
        sha256: of the file it was loaded from, None before it was saved.
        corrections: what its user corrected, in words; see :mod:`engine.classifier.personal`.
        taught: labels that these corrections name.
        revision: of these corrections; empty: there are none.

    Examples:
        A classifier is a torch module: waveforms in, probabilities out.

        >>> import torch
        >>> from engine import Catalog, Classifier
        >>> classifier = Classifier.load(Catalog().find("genre").path)
        >>> windows = torch.zeros(2, classifier.card.window_samples)
        >>> with torch.inference_mode():
        ...     probabilities = classifier(windows)
        >>> probabilities.shape == (2, len(classifier.card.labels))
        True
    """

    def __init__(
        self, card: Card, feature: Feature, network: Network, gate: nn.Linear | None = None
    ) -> None:
        super().__init__()
        _fits(card, feature, network)
        self.card = card
        self.feature = feature
        self.network = network
        self.gate = gate
        self.sha256: str | None = None
        self.corrections: tuple[str, ...] = ()
        self.taught: frozenset[str] = frozenset()
        self.revision = ""
        calibration, count = card.calibration, len(card.labels)
        self._scale = torch.tensor(calibration.scale or [1.0] * count) / calibration.temperature
        self._bias = torch.tensor(calibration.bias or [0.0] * count)
        self.eval()

    @property
    def calibration(self) -> tuple[Tensor, Tensor]:
        """What the head's logits are multiplied by, and what is added then, each (labels,)."""
        return self._scale, self._bias

    @property
    def window_frames(self) -> int:
        """Feature frames in a window."""
        return self.feature.frame_count(self.card.window_samples)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Probabilities of windows.

        Args:
            waveforms: float32, shape (batch, window_samples), at the card's rate.

        Returns:
            float32 in [0, 1], shape (batch, labels); of a regression the dimensions' values.
        """
        return self.judge(self.network.embed(self.feature(waveforms)), level_db(waveforms))[0]

    def judge(self, embedding: Tensor, rms_db: Tensor) -> tuple[Tensor, Tensor]:
        """From embeddings to calibrated, gated probabilities.

        Args:
            embedding: shape (batch, embedding_size).
            rms_db: level of each window in dBFS, shape (batch,).

        Returns:
            Probabilities, shape (batch, labels), presence included, and the presence: the chance
            that the window holds what the classifier knows about, shape (batch,). Of a regression
            the dimensions' values, whatever the presence.
        """
        logits = self.logits(embedding)
        presence = torch.ones_like(rms_db)
        if self.gate is not None:
            presence = (self.gate(embedding)[:, 0] + self.network.presence(embedding)).sigmoid()
        presence = torch.where(rms_db < self.card.calibration.silence_dbfs, 0.0, presence)
        if self.card.is_regression:
            return logits, presence
        probabilities = logits.sigmoid() if self.card.multi_label else logits.softmax(1)
        return probabilities * presence[:, None], presence

    def logits(self, embedding: Tensor) -> Tensor:
        """Calibrated, before the gate: shape (batch, embedding_size) to (batch, labels).

        Of a regression these are the values.
        """
        scale, bias = self._scale.to(embedding.device), self._bias.to(embedding.device)
        return self.network.head(embedding) * scale + bias

    def save(self, path: Path) -> None:
        """Write the file, load it back and check that it gives the same probabilities.

        Raises:
            ModelError: it cannot be written, or holds numbers that are not finite.
        """
        tensors = self._tensors()
        waveform = _check_waveform(self.card.window_samples)
        with torch.inference_mode():
            tensors["check.waveform"] = waveform
            tensors["check.probabilities"] = self(waveform)
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise ModelError(
                    f"The classifier contains invalid weights, NaN or infinite ({name})."
                )
        stored = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        data = save_tensors(stored, metadata={"card": self.card.model_dump_json()})
        write_file(path, data)
        self.sha256 = Classifier.load(path).sha256

    def _tensors(self) -> dict[str, Tensor]:
        parts: dict[str, nn.Module] = {"feature": self.feature, "network": self.network}
        if self.gate is not None:
            parts["gate"] = self.gate
        return {
            f"{part}.{name}": tensor
            for part, module in parts.items()
            for name, tensor in module.state_dict().items()
        }

    @staticmethod
    def load(path: Path | str) -> "Classifier":
        """Open a classifier file; refuses whatever is not exactly right.

        Raises:
            ModelError: the file is missing, damaged, tampered with, of a newer format or does not
                give the probabilities it was saved with.
        """
        with one_torch_thread():
            return _load(Path(path))


def _came_along(path: Path) -> bool:
    """Whether it is one of those that come with Earmark: what they take was told before that."""
    return path.absolute().parent == resource("models")


def _load(path: Path) -> Classifier:
    header = read_header(path)
    card = header.card
    _refuse_long_window(header, path)
    ours = _came_along(path)
    try:
        feature = build_feature(card.feature.name, card.feature.arguments)
        # On the meta device nothing is allocated: sizes are compared with the file's first. Torch
        # takes a second of processor for it, which files of our own need not cost each process.
        with contextlib.nullcontext() if ours else torch.device("meta"):
            network = build_network(card.network.name, card.network.arguments)
    except ModelError as error:
        raise ModelError(f"{path.name} cannot be used. {error}") from error
    _compare(header, feature, network, path)
    if not ours:
        refuse_what_is_too_much(card, feature, network)
    data = read_all(path)
    try:
        tensors = load_tensors(data)
    except (SafetensorError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise ModelError(f"{path.name} is damaged. Copy or download it again.") from error
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values()):
        raise ModelError(
            f"{path.name} contains invalid weights (NaN or infinite) and cannot be used."
        )
    if not ours:
        network = build_network(card.network.name, card.network.arguments)
    gate = nn.Linear(network.embedding_size, 1) if card.calibration.gate else None
    classifier = Classifier(card, feature, network, gate)
    _fill(classifier, tensors)
    _check(classifier, tensors, path)
    classifier.sha256 = hashlib.sha256(data).hexdigest()
    return classifier


def level_db(waveforms: Tensor) -> Tensor:
    """RMS level in dBFS (a full-scale square wave is 0), shape (..., samples) to (...)."""
    return 10.0 * waveforms.square().mean(-1).clamp(min=1e-12).log10()


def _check_waveform(samples: int) -> Tensor:
    """A chord, a sweep and a little noise: the same ones whenever a classifier is saved."""
    time = torch.linspace(0, 1, samples, dtype=torch.float64)
    noise = torch.randn(samples, generator=torch.Generator().manual_seed(20), dtype=torch.float64)
    turns = samples * torch.tensor([0.013, 0.019, 0.027], dtype=torch.float64)
    chord = (2 * torch.pi * turns[:, None] * time).sin().mean(0)
    sweep = (2 * torch.pi * samples * 0.1 * time.square()).sin()
    return (0.4 * chord + 0.2 * sweep + 0.02 * noise).float()[None]


def _fits(card: Card, feature: Feature, network: Network) -> None:
    if feature.rate_hz != card.rate_hz:
        raise ModelError("The sample rates of the card and the feature differ.")
    if feature.bands != network.bands:
        raise ModelError(f"The feature has {feature.bands} bands, the network {network.bands}.")
    if network.classes != len(card.labels):
        raise ModelError(f"{len(card.labels)} labels for a network of {network.classes} classes.")
    if feature.frame_count(card.window_samples) < 1:
        raise ModelError("The window is shorter than one frame of the feature.")


def _refuse_long_window(header: Header, path: Path) -> None:
    """The window's length is said twice: a card alone cannot ask for a gigabyte of features."""
    if header.tensors.get("check.waveform") != ("F32", (1, header.card.window_samples)):
        raise ModelError(
            f"{path.name} does not fit its card (check.waveform): it was modified or is incomplete."
        )


def _compare(header: Header, feature: Feature, sketch: Network, path: Path) -> None:
    """Hold the tensors that the card asks for against those of the file."""
    card = header.card
    _fits(card, feature, sketch)
    expected: dict[str, tuple[str, tuple[int, ...]]] = {}
    for part, module in (("feature", feature), ("network", sketch)):
        for name, tensor in module.state_dict().items():
            expected[f"{part}.{name}"] = (_TYPES.get(tensor.dtype, ""), tuple(tensor.shape))
    if card.calibration.gate:
        expected["gate.weight"] = ("F32", (1, sketch.embedding_size))
        expected["gate.bias"] = ("F32", (1,))
    expected["check.waveform"] = ("F32", (1, card.window_samples))
    expected["check.probabilities"] = ("F32", (1, len(card.labels)))
    for name in sorted(expected.keys() | header.tensors.keys()):
        if expected.get(name) != header.tensors.get(name):
            raise ModelError(
                f"{path.name} does not fit its card ({name}): it was modified or is incomplete."
            )


def _fill(classifier: Classifier, tensors: dict[str, Tensor]) -> None:
    parts: dict[str, nn.Module | None] = {
        "feature": classifier.feature,
        "network": classifier.network,
        "gate": classifier.gate,
    }
    for part, module in parts.items():
        if module is not None:
            prefix = f"{part}."
            mine = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
            try:
                module.load_state_dict(mine, strict=True)
            except RuntimeError as error:
                raise ModelError(f"The tensors of the {part} do not fit its card.") from error


def _check(classifier: Classifier, tensors: dict[str, Tensor], path: Path) -> None:
    try:
        with torch.inference_mode():
            now = classifier(tensors["check.waveform"])
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path.name} cannot be computed: feature, network and window do not fit each other."
        ) from error
    before = tensors["check.probabilities"]
    # Values may have any size: what they lose by rounding grows with it.
    difference = ((now - before).abs() / before.abs().clamp(min=1.0)).max().item()
    if not difference <= _TOLERANCE:
        raise ModelError(
            f"{path.name} does not reproduce the probabilities it was saved with (off by "
            f"{difference:.1g}): it was changed, or made by an Earmark that computes differently."
        )
