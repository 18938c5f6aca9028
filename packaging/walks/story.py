"""Opens the window on a screen of its own and makes some of the walks.

    python -m walks.story HOME RECORDINGS FOLDER WALK...

Run by make.py, which makes HOME. Writes FOLDER/walks-WALK.json.
"""

import dataclasses
import json
import os
import sys
import time
import traceback
from pathlib import Path

from pictures.surroundings import screen_and_microphone


def main() -> int:
    home, recordings, folder = (Path(word) for word in sys.argv[1:4])
    wanted = sys.argv[4:]
    with screen_and_microphone() as microphone:
        begun = time.monotonic()
        from desktop.application import make_application, open_window
        from pictures.person import Missing
        from walks.stage import Stage
        from walks.walker import Step, Walker
        from walks.walks import WALKS

        application = make_application(["earmark-app"])
        session, window = open_window(application, [])
        walker = Walker(window, folder)
        sounds = home / "Orchestra", home / "Rehearsals"
        stage = Stage(walker, session, window, microphone, *sounds, recordings, home)
        walker.walk = wanted[0]
        started = Step(wanted[0], "start the application")
        application.processEvents()
        started.seconds = time.monotonic() - begun
        walker.rest(0.5)
        walker.come()
        walker.steps.append(started)
        for name in wanted:
            walker.walk = name
            print(f"walk {name}: {WALKS[name].__doc__}", flush=True)
            try:
                WALKS[name](stage)
            except (Missing, AssertionError, AttributeError, RuntimeError) as error:
                traceback.print_exc()
                if walker.steps[-1].walk != name:
                    walker.steps.append(Step(name, "begin"))
                walker.steps[-1].faults.append(str(error) or type(error).__name__)
                walker.take(f"{name}-failed")
            steps = [dataclasses.asdict(step) for step in walker.steps if step.walk == name]
            (folder / f"walks-{name}.json").write_text(json.dumps(steps, indent=1))
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # without Qt's own farewell, which may wait for what was broken off
