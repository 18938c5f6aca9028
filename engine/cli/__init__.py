"""The command line: one module per command or group of commands; ``app`` joins them."""

import sys


def main() -> None:
    """Entry point of ``earmark``."""
    from engine.cli.app import run
    from engine.threads import wait_without_spinning

    wait_without_spinning()
    sys.exit(run(sys.argv[1:]))
