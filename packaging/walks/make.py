"""Walks through the window as a new user would, and tells clicks, keys and seconds.

    python packaging/walks/make.py [FOLDER] [--recordings FOLDER] [--only 1,2] [--docs]

FOLDER (build/walks) gets a picture of each step in light and dark, and walks.md with the table;
--docs writes that also to docs/walks.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PACKAGING), str(PACKAGING.parent)]

from pictures.material import make_archive, make_orchestra  # noqa: E402
from pictures.surroundings import home_environment, own_home, words_asked  # noqa: E402
from project import ROOT  # noqa: E402

# Walks that are made in one window, and the scale of its screen.
TURNS = ((1, ("1", "2", "3", "4", "5", "6")), (2, ("7",)), (1, ("8",)), (1, ("9",)), (1, ("10",)))
TITLES = {
    "1": "First start",
    "2": "Live: a solo, a band, speech, silence",
    "3": "A song of four minutes",
    "4": "Three classes of one's own, by drop and by microphone, corrected and trained again",
    "5": "Two presets and a sweep",
    "6": "Classifiers",
    "7": "Keyboard only, 1024 x 700 at scale 2: 40 classes, 3 hours of sound",
    "8": "Every page at 1024 x 700",
    "9": "Corrected while listening: five labels by three sources",
    "10": "An archive: analysed, judged, searched by sound, a class taught; a folder watched",
}
_HEAD = """# Walks

What a new user does, made by a program in a real window with the virtual microphone
(`make walks`): clicks and keys, seconds with all waiting, and the longest time that the window did
not answer. After each step it is checked that no headline contradicts its bars and that no control
has moved; what it found wrong stands in the last column.

Seconds say little where other programs run: the load (programs that want a processor, of {cores})
was {load:.0f} at the end.

"""


def main() -> int:
    asked = _asked()
    asked.folder.mkdir(parents=True, exist_ok=True)
    only = asked.only.split(",") if asked.only else list(TITLES)
    for scale, names in TURNS:
        wanted = [name for name in names if name in only]
        if not wanted:
            continue
        with own_home() as home:
            paths = f"{PACKAGING}{os.pathsep}{ROOT}"
            os.environ.update(
                home_environment(home),
                PYTHONPATH=paths,
                OMP_NUM_THREADS="1",
                QT_SCALE_FACTOR=str(scale),
            )
            make_orchestra(asked.recordings, home / "Orchestra")
            make_archive(asked.recordings, home / "Rehearsals")
            words = [str(home), str(asked.recordings), str(asked.folder), *wanted]
            subprocess.run([sys.executable, "-m", "walks.story", *words], check=True)
            shutil.rmtree(home / "Orchestra", ignore_errors=True)
    table = tell(asked.folder)
    (asked.folder / "walks.md").write_text(table, encoding="utf-8")
    if asked.docs:
        (ROOT / "docs" / "walks.md").write_text(table, encoding="utf-8")
    print(table)
    return 0


def _asked() -> argparse.Namespace:
    parser = words_asked(__doc__, ROOT / "build" / "walks", ROOT)
    parser.add_argument("--only", default="", help="some of the walks, as 1,7")
    parser.add_argument("--docs", action="store_true", help="write docs/walks.md, too")
    return parser.parse_args()


def tell(folder: Path) -> str:
    """All walks that were made as tables."""
    parts = [_HEAD.format(cores=os.cpu_count(), load=os.getloadavg()[0])]
    for name, title in TITLES.items():
        path = folder / f"walks-{name}.json"
        if not path.exists():
            continue
        steps = json.loads(path.read_text(encoding="utf-8"))
        rows = ["| step | clicks | keys | seconds | did not answer (ms) | remarks |",
                "| --- | --: | --: | --: | --: | --- |"]  # fmt: skip
        for step in steps:
            said = "; ".join([*filter(None, [step["note"]]), *step["faults"]]).replace("|", "/")
            rows.append(
                f"| {step['words']} | {step['clicks']} | {step['keys']} | {step['seconds']:.1f} "
                f"| {step['longest_ms']:.0f} | {said} |"
            )
        sums = [sum(step[what] for step in steps) for what in ("clicks", "keys", "seconds")]
        rows.append(f"| **all** | {sums[0]} | {sums[1]} | {sums[2]:.0f} | | |")
        parts.append(f"## {name}. {title}\n\n" + "\n".join(rows) + "\n\n")
    return "".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
