"""A scheduler that goes in the middle of a batch, as its client tells it."""

from pathlib import Path
from typing import Any

import pytest

from engine.archive.cluster.connection import Cluster
from engine.archive.processes import Listening
from engine.errors import ClusterError
from tests.planted import beeper


class Gone:
    """A client that does not know yet that the other end has gone."""

    status = "running"

    def __init__(self, first: str) -> None:
        self._first = first

    def subscribe_topic(self, *_: Any) -> None:
        if self._first == "subscribe":
            raise OSError("Stream is closed")

    def nthreads(self) -> dict[str, int]:
        if self._first == "count":
            raise OSError("Stream is closed")
        return {"tcp://127.0.0.1:1": 1}

    def submit(self, *_: Any, **__: Any) -> None:
        raise OSError("Stream is closed")

    def unsubscribe_topic(self, *_: Any) -> None:
        raise TimeoutError("Stream is closed")


@pytest.mark.parametrize("first", ["subscribe", "count", "submit"])
def test_whatever_shows_it_first_it_is_said_in_words(first: str, tmp_path: Path) -> None:
    beeper().save(tmp_path / "beeper.safetensors")
    cluster = Cluster.__new__(Cluster)
    cluster.address, cluster._client = "tcp://node1:8786", Gone(first)
    how = Listening((str(tmp_path / "beeper.safetensors"),))
    with pytest.raises(ClusterError, match="The connection to the scheduler at tcp://node1:8786"):
        list(cluster.classify([tmp_path / "a.wav"], how))
