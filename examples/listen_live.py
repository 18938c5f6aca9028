"""Shows the most probable instrument that the microphone hears, for some seconds.

python examples/listen_live.py [SECONDS]
"""

import sys

from engine import Catalog, Microphone, listen

CLASSIFIER = "instrument"


def main(seconds: float) -> None:
    """Print a line for each new row of probabilities, four times a second."""
    classifiers = {CLASSIFIER: Catalog().load(CLASSIFIER)}
    with Microphone() as microphone:
        print(f"Listening to {microphone.device.id.name}")
        for update in listen(microphone, classifiers):
            rows = update.rows[CLASSIFIER]
            for time, row in zip(rows.times, rows.probabilities, strict=True):
                best = int(row.argmax())
                print(f"{time:6.2f} s  {row[best]:4.0%}  {rows.labels[best]}")
            if update.stats.seconds >= seconds:
                break


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
