"""Who computes on how many threads, and who goes first: nothing may spin, and live sound waits not.

Several threads on little work wait for each other, spinning, as soon as anything else runs.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_NICER = 5  # less urgent than the rest, as Unix counts it
_BELOW_NORMAL = 0x4000  # Windows' BELOW_NORMAL_PRIORITY_CLASS
_GIVEN_SECONDS = 0.25  # to live sound at a time, and no more: files come on even if it never ends

_lock = threading.Lock()
_inside = 0
_before = 1


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Torch computes on one thread for as long as this lasts; for a worker to begin with.

    Two threads on the small work of a window of sound take twice the processor on a free machine,
    and many times that on a busy one: they spin for each other. More cores are for more workers.

    The number is the process's and the thread's own at once, so workers that overlap are counted:
    the last one to end gives back what was set before the first.
    """
    import torch

    global _inside, _before
    with _lock:
        if _inside == 0:
            _before = torch.get_num_threads()
        _inside += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                torch.set_num_threads(_before)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Matrix products of numpy on one thread for as long as this lasts.

    Several gain a fifth where nothing else runs, and wait for each other many times as long as
    they work where anything does: a training, a live analysis.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


def wait_without_spinning() -> None:
    """Have threads that wait for each other sleep; for a program to begin with, before torch.

    OpenMP reads this once, when it is loaded. Without it, the two threads of a training take
    twenty times as long where one other program is busy.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("KMP_BLOCKTIME", "0")  # of Intel's, which Windows and macOS have


def step_back() -> None:
    """Let the window, the microphone and all else go before this process from now on."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL)
    else:
        os.nice(_NICER)


def begin_worker() -> None:
    """In a new process of many that compute: what each of them is to begin with.

    It computes on one thread, lets all else go first, and its parent decides when it ends, also by
    being killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    step_back()
    import torch

    torch.set_num_threads(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


_live = threading.Condition()
_computing = 0


@contextmanager
def live_first() -> Iterator[None]:
    """While this lasts, live sound is computed: other work of this process waits (give_way)."""
    global _computing
    with _live:
        _computing += 1
    try:
        yield
    finally:
        with _live:
            _computing -= 1
            _live.notify_all()


def give_way() -> None:
    """Wait while live sound is computed, a quarter of a second at most; between two pieces."""
    with _live:
        _live.wait_for(lambda: _computing == 0, timeout=_GIVEN_SECONDS)
