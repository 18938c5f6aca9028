"""The command line: one module per command or group of commands; ``app`` joins them."""

import sys


def main() -> None:
    """Entry point of ``earmark``."""
    from engine.cli.app import run

    sys.exit(run(sys.argv[1:]))
