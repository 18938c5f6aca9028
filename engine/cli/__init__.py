"""The command line: a file a command, or for a few that belong together; ``app`` joins them."""

import sys


def main() -> None:
    """Entry point of ``earmark``."""
    from engine.cli.app import run

    sys.exit(run(sys.argv[1:]))
