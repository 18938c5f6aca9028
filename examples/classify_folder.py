"""Says which instrument is heard in each sound file of a folder.

python examples/classify_folder.py FOLDER
"""

import sys
from collections.abc import Generator
from typing import Any

from engine import Catalog, EarmarkError, analyse, conclude
from engine.audio.files import find_audio
from engine.recognition.files import FileAnalysis

CLASSIFIER = "instrument"  # a name from `earmark models list`, or the path of a classifier file


def main(folder: str) -> None:
    """Print a line for each file; one that cannot be read does not stop the others."""
    classifier = Catalog().load(CLASSIFIER)
    rules = {CLASSIFIER: classifier.card.rules()}
    for path in find_audio([folder]):
        try:
            analysis = _finished(analyse(path, {CLASSIFIER: classifier}))
        except EarmarkError as error:
            print(f"{path.name}: {error}")
            continue
        result = conclude(analysis.info, analysis.timelines, rules)
        print(f"{path.name}: {result.verdicts[CLASSIFIER].verdict}")


def _finished(steps: Generator[Any, None, FileAnalysis]) -> FileAnalysis:
    """Run an analysis to its end; to cancel one, close the generator instead."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: FileAnalysis = end.value
            return result


if __name__ == "__main__":
    main(sys.argv[1])
