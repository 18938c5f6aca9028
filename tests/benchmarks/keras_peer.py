"""The peer of test_training_speed: the same network trained by Keras; prints samples a second.

Run by the Python of a scratch environment with tensorflow-cpu: ``keras_peer.py NETWORK EPOCHS``.
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
import tensorflow

tensorflow.config.threading.set_intra_op_parallelism_threads(2)
tensorflow.config.threading.set_inter_op_parallelism_threads(2)

import keras  # noqa: E402  # after the number of threads
from keras import layers  # noqa: E402

SAMPLES = 5991


def build(network: str, shape: tuple[int, ...]) -> keras.Model:
    """The published networks, layer by layer."""
    body: list[keras.Layer] = []
    if network == "genre-cnn":
        for kernel, pool in ((3, 3), (3, 3), (2, 2)):
            body += [
                layers.Conv2D(32, kernel, activation="relu"),
                layers.MaxPooling2D(pool, strides=2, padding="same"),
                layers.BatchNormalization(),
            ]
        body.append(layers.Flatten())
    else:
        body = [layers.LSTM(64, return_sequences=True), layers.LSTM(64)]
    end = [layers.Dense(64, activation="relu"), layers.Dropout(0.3), layers.Dense(10, "softmax")]
    return keras.Sequential([keras.Input(shape), *body, *end])


def main() -> None:
    network, epochs = sys.argv[1], int(sys.argv[2])
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((SAMPLES, 130, 13), dtype=np.float32)
    labels = rng.integers(0, 10, SAMPLES)
    if network == "genre-cnn":
        inputs = inputs[..., None]
    model = build(network, inputs.shape[1:])
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy")
    model.fit(inputs, labels, batch_size=32, epochs=1, verbose=0)
    begun = time.perf_counter()
    model.fit(inputs, labels, batch_size=32, epochs=epochs, verbose=0)
    sys.stdout.write(f"{SAMPLES * epochs / (time.perf_counter() - begun)}\n")


if __name__ == "__main__":
    main()
