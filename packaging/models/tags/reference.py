"""Runs the original musicnn on a sound and keeps what it says, for the test of our port.

    TF_USE_LEGACY_KERAS=1 python packaging/models/run.py tags.reference SOUND.wav OUT.npz

In an environment of its own: tensorflow, tf_keras, librosa, and musicnn 0.1.0 installed without its
dependencies. The original rounds its spectrogram to float16; that is left out here, being no part
of the network.
"""

import os
import sys
from pathlib import Path
from typing import Any

import librosa
import musicnn.models
import numpy as np
import tensorflow as tf
from musicnn import models

v1 = tf.compat.v1
FRAMES = 187


def patches(audio: np.ndarray) -> np.ndarray:
    mel = librosa.feature.melspectrogram(y=audio, sr=16000, n_fft=512, hop_length=256, n_mels=96)
    frames = np.log10(10000 * mel.T + 1)
    starts = range(0, len(frames) - FRAMES + 1, FRAMES)
    return np.stack([frames[start : start + FRAMES] for start in starts])


def run(name: str, batch: np.ndarray) -> dict[str, np.ndarray]:
    with tf.Graph().as_default():
        with tf.name_scope("model"):
            x = v1.placeholder(tf.float32, [None, FRAMES, 96])
            training = v1.placeholder(tf.bool)
            answers = models.define_model(x, training, f"{name}_musicnn", 50)
            wanted = {"tags": tf.nn.sigmoid(answers[0]), "mean": answers[6], "max": answers[7]}
        with v1.Session() as session:
            folder = Path(musicnn.__file__).parent / f"{name}_musicnn"
            v1.train.Saver().restore(session, f"{folder}/")
            said: dict[str, np.ndarray] = session.run(wanted, feed_dict={x: batch, training: False})
            return said


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    v1.disable_eager_execution()
    audio, _ = librosa.load(sys.argv[1], sr=16000)
    batch = patches(audio)
    kept: dict[str, Any] = {"audio": audio}
    for name in ("MTT", "MSD"):
        kept |= {f"{name}_{part}": value for part, value in run(name, batch).items()}
    np.savez_compressed(sys.argv[2], **kept)


if __name__ == "__main__":
    main()
