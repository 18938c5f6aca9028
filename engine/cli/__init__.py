"""The command line: one small file a command."""

import sys


def main() -> None:
    """Entry point of ``earmark``."""
    from engine.cli.app import run

    sys.exit(run(sys.argv[1:]))
