"""Judges a classifier on labelled sounds: a folder for each class, or a table of files and labels.

python examples/evaluate_classifier.py CLASSIFIER SOUNDS
"""

import sys
from collections.abc import Generator

from engine import Catalog
from engine.datasets import open_dataset
from engine.evaluation import ValueResults, evaluate, evaluate_values
from engine.evaluation.judge import DatasetPredictions, predict_dataset


def main(name: str, sounds: str) -> None:
    """Print every figure of the evaluation, accuracy first."""
    classifier = Catalog().load(name)
    results = _finished(predict_dataset(classifier, open_dataset(sounds))).results
    judged = evaluate_values(results) if isinstance(results, ValueResults) else evaluate(results)
    for figure, value in judged.figures().items():
        print(f"{figure:28} {value:.4f}")


def _finished(steps: Generator[float, None, DatasetPredictions]) -> DatasetPredictions:
    while True:
        try:
            next(steps)  # the share that is done
        except StopIteration as end:
            result: DatasetPredictions = end.value
            return result


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
