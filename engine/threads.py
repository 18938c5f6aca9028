"""Limits a worker to one compute thread: several would wait for each other on a busy machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

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
    with threadpool_limits(1, user_api="blas"):
        yield
