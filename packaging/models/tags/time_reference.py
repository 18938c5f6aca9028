"""Times the original musicnn on a sound, both networks, as its users call it.

    TF_USE_LEGACY_KERAS=1 python packaging/models/run.py tags.time_reference SOUND.wav

Set up as for reference.py. Prints two medians of five runs in seconds: of the package's own
function ``extractor`` (which makes its graph and reads its weights at each call), and of the
networks alone, graph and weights being there.
"""

import contextlib
import io
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import musicnn.extractor
import numpy as np
import tensorflow as tf
from musicnn import models

from tags.reference import FRAMES, patches

v1 = tf.compat.v1


def load(name: str) -> Callable[[np.ndarray], np.ndarray]:
    with tf.Graph().as_default():
        with tf.name_scope("model"):
            x = v1.placeholder(tf.float32, [None, FRAMES, 96])
            training = v1.placeholder(tf.bool)
            tags = tf.nn.sigmoid(models.define_model(x, training, f"{name}_musicnn", 50)[0])
        session = v1.Session()
        folder = Path(musicnn.__file__).parent / f"{name}_musicnn"
        v1.train.Saver().restore(session, f"{folder}/")
    return lambda patch: session.run(tags, feed_dict={x: patch, training: False})


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(6):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:])


def main() -> None:
    v1.disable_eager_execution()
    audio, _ = librosa.load(sys.argv[1], sr=16000)
    networks = [load(name) for name in ("MTT", "MSD")]

    def called() -> None:
        for name in ("MTT_musicnn", "MSD_musicnn"):
            with contextlib.redirect_stdout(io.StringIO()):
                musicnn.extractor.extractor(sys.argv[1], model=name, extract_features=False)

    def alone() -> None:
        batch = patches(audio)
        for network in networks:
            for patch in batch:
                network(patch[None])

    sys.stdout.write(f"{median(called)} {median(alone)}\n")


if __name__ == "__main__":
    main()
