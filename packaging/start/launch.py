"""Where both frozen programs start: `earmark` is the command line, `earmark-app` the window."""

import multiprocessing
import os
import sys

# Before anything else: each process of a sweep is this very program again, and only this call tells
# it so. Without it, it would open a window.
multiprocessing.freeze_support()


def main() -> int:
    """Run what the program's name says."""
    # On every system: what is forked with torch's threads in it hangs.
    multiprocessing.set_start_method("spawn")
    if os.path.splitext(os.path.basename(sys.argv[0]))[0] == "earmark-app":
        from desktop.__main__ import main as window

        return window()
    from engine.cli import main as terminal

    terminal()  # ends with SystemExit
    return 0


if __name__ == "__main__":
    sys.exit(main())
