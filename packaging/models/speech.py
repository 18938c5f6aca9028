"""Fits the logistic regression that tells speech from noise, and judges it.

    python packaging/models/run.py speech DATA

DATA holds fsdd/recordings (spoken digits, from which it learns what speech is), esc10 (noises:
folds 1 to 3 to learn from, 4 and 5 to be judged by), and ravdess/speech (other speakers and
sentences in another studio, to be judged by). Prints what engine/recognition/said/speech.py holds,
and how many stretches of two to four seconds are told rightly. scikit-learn fits.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from engine.audio.files import read
from engine.recognition.said.speech import SpeechMeter

Array = NDArray[np.float64]
_RATE = 8000


def stretches(samples: NDArray[np.float32], rate_hz: int) -> Iterator[Array]:
    """What each second of a sound is told by, from the second one on."""
    meter = SpeechMeter(rate_hz)
    for second in range(samples.shape[0] // rate_hz + 1):
        piece = samples[second * rate_hz : (second + 1) * rate_hz]
        meter.push(piece)
        found = meter.features()
        if found is not None and second >= 1:
            yield found


def of_files(paths: list[Path]) -> Array:
    """All stretches of files, shape (n, 6)."""
    rows: list[Array] = []
    for path in paths:
        audio = read(path, mono=True)
        rows += list(stretches(audio.samples[0], audio.rate_hz))
    return np.stack(rows)


def digits(folder: Path, seed: int = 0) -> Array:
    """Stretches of digits, read one after the other by one speaker as a number is."""
    draw = np.random.default_rng(seed)
    by_speaker: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.wav")):
        by_speaker.setdefault(path.stem.split("_")[1], []).append(path)
    rows: list[Array] = []
    for paths in by_speaker.values():
        for _ in range(25):
            parts: list[NDArray[np.float32]] = []
            for path in draw.choice(np.asarray(paths, dtype=object), 12):
                sound = read(path, mono=True).samples[0]
                pause = draw.uniform(0.03, 0.35) if draw.random() < 0.7 else 0.0
                hiss = draw.normal(0, 10 ** draw.uniform(-4.5, -2.5), round(pause * _RATE))
                parts += [sound, hiss.astype(np.float32)]
            rows += list(stretches(np.concatenate(parts), _RATE))
    return np.stack(rows)


def main(data: Path) -> None:
    """Fit, print and judge."""
    noises = sorted((data / "esc10").rglob("*.ogg"))
    known = [path for path in noises if path.name[0] in "123"]
    speech, noise = digits(data / "fsdd" / "recordings"), of_files(known)
    rows = np.concatenate([speech, noise])
    answers = np.r_[np.ones(len(speech)), np.zeros(len(noise))]
    means, scales = rows.mean(0), rows.std(0)
    fitted = LogisticRegression(C=0.3, class_weight="balanced").fit(
        (rows - means) / scales, answers
    )

    def tell(name: str, found: Array, wanted: bool) -> None:
        chances = fitted.predict_proba((found - means) / scales)[:, 1]
        right = (chances >= 0.5) == wanted
        print(f"{name}: {right.mean():.0%} of {len(right)} stretches")

    for name, values in (
        ("_MEANS", means),
        ("_SCALES", scales),
        ("_WEIGHTS", fitted.coef_[0]),
        ("_OFFSET", fitted.intercept_),
    ):
        print(f"{name} = ({', '.join(f'{value:.4g}' for value in values)})")
    tell("learned from: digits", speech, True)
    tell("learned from: noises", noise, False)
    tell("spoken sentences (RAVDESS)", of_files(sorted((data / "ravdess/speech").iterdir())), True)
    others = [path for path in noises if path not in known]
    tell("other noises (ESC-10, folds 4 and 5)", of_files(others), False)
    for kind in sorted({path.parent.name for path in others}):
        tell(f"    {kind}", of_files([p for p in others if p.parent.name == kind]), False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
