"""``earmark`` whose batch stands still when it has come far enough to be killed amid its work.

``python -m tests.held COUNT GO WORDS...`` is ``earmark WORDS...`` that, once COUNT files are done,
waits for a signal, or until there is a file GO: on a busy machine whoever is to end it, or a
machine that it uses, might come too late.
"""

import os
import select
import signal
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    from engine.archive.database import Database
    from engine.cli import main as earmark

    most, go = int(sys.argv.pop(1)), Path(sys.argv.pop(1))
    record = Database.record
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)

    def recorded(database: Database, *given: Any) -> None:
        record(database, *given)
        ((done,),) = database.rows("SELECT count(*) FROM files")
        while done >= most and not go.exists() and not select.select([reading], [], [], 0.05)[0]:
            pass

    Database.record = recorded  # type: ignore[method-assign]
    earmark()


if __name__ == "__main__":
    main()
