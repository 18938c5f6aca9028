"""A classifier that hears one band of frequencies, and a sound with a burst in it."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.classifier.card import Calibration, Card, Part
from engine.classifier.classifier import Classifier
from engine.features import build_feature, describe_feature
from engine.filters import hz_to_mel
from engine.networks import build_network

RATE = 16000
SECONDS = 1.0
BURST = (0.40, 0.60)
BURST_HZ, HUM_HZ = 3000.0, 500.0
MEL: dict[str, Any] = {
    "rate_hz": RATE,
    "n_fft": 512,
    "hop_length": 128,
    "n_mels": 64,
    "center": False,
}


def build(
    feature: tuple[str, dict[str, Any]] = ("log_mel", MEL),
    network: tuple[str, dict[str, Any]] = ("dense", {"hidden": []}),
    *,
    multi_label: bool = True,
) -> Classifier:
    """A classifier of the labels beep, hum and hiss with weights drawn at random."""
    torch.manual_seed(12)
    made = build_feature(*feature)
    samples = round(made.rate_hz * SECONDS)
    sizes = {"bands": made.bands, "frames": made.frame_count(samples), "classes": 3}
    kind, arguments = network
    part = Part(name=kind, arguments=sizes | arguments)
    card = Card(
        name="planted",
        title="Planted",
        description="for tests",
        task="other",
        multi_label=multi_label,
        labels=["beep", "hum", "hiss"],
        rate_hz=made.rate_hz,
        window_samples=samples,
        hop_samples=samples // 4,
        feature=Part(**describe_feature(made)),
        network=part,
        calibration=Calibration(thresholds=[0.5] * 3),
        licence="Apache-2.0",
        date="2026-11-21",
    )
    return Classifier(card, made, build_network(part.name, part.arguments))


def beeper() -> Classifier:
    """Its 'beep' listens to the mel bands around 3 kHz and to nothing else, 'hum' around 500 Hz."""
    classifier = build()
    output: Any = classifier.network.get_submodule("output")
    frames = classifier.window_frames
    places = np.linspace(0, float(hz_to_mel(RATE / 2)), MEL["n_mels"] + 2)[1:-1]
    with torch.no_grad():
        output.weight.zero_()
        output.bias.fill_(-4.0)
        for label, hz in enumerate((BURST_HZ, HUM_HZ)):
            near = np.abs(places - float(hz_to_mel(hz))) < 1.5
            weight = torch.zeros(MEL["n_mels"], frames)
            weight[torch.from_numpy(near)] = 0.004
            output.weight[label] = weight.flatten()
            output.bias[label] += 0.004 * 100 * int(near.sum()) * frames * 0.9
    return classifier


def burst(seconds: float = SECONDS, at: float = 0.0, rate_hz: int = RATE) -> NDArray[np.float32]:
    """A hum of 500 Hz all through, and a burst of 3 kHz from ``at + 0.4`` to ``at + 0.6`` s."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    sound = 0.2 * np.sin(2 * np.pi * HUM_HZ * time)
    sounding = (time >= at + BURST[0]) & (time < at + BURST[1])
    return (sound + sounding * 0.3 * np.sin(2 * np.pi * BURST_HZ * time)).astype(np.float32)
