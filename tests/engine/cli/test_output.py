"""Ctrl-C is noted; the second one breaks off."""

import os
import signal

import pytest

from engine.cli.output import interrupt_noted


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_is_noted_and_the_second_breaks_off() -> None:
    with interrupt_noted() as interrupted:
        assert not interrupted()
        ctrl_c()
        assert interrupted()
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()


def test_afterwards_it_is_as_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match="broken"), interrupt_noted():
        raise RuntimeError("broken")
    assert signal.getsignal(signal.SIGINT) is before
