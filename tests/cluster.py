"""A scheduler, workers and a storage as real processes, each worker with a cache of its own."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE_SECONDS = 240.0


class Machines:
    """Machines of one test, all in processes of this one.

    Args:
        folder: for caches and what the processes say.
        environment: more of it, for all of them.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "250"}
        self.environment |= {"HOME": str(folder), **(environment or {})}
        self.port = free_port()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Machines":
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self.workers, *filter(None, [self.scheduler])]:
            process.kill()
            process.wait()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        self.scheduler = self._start(
            "scheduler", ["--host", "127.0.0.1", "--port", str(self.port)], self.folder / "none"
        )
        wait_for_answer(self.port)

    def start_worker(self, program: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """One more, which hears one file at a time; it may be another program than Dask's."""
        words = [self.address, "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1"]
        worker = self._start("worker", words, self.cache(len(self.workers)), program)
        self.workers.append(worker)
        return worker

    def cache(self, number: int) -> Path:
        """Where a worker keeps what it was sent."""
        return self.folder / f"cache-{number}"

    def _start(
        self, kind: str, words: Sequence[str], cache: Path, program: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        start = program or ["-m", f"distributed.cli.dask_{kind}"]
        with (self.folder / f"{kind}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *start, *words, "--no-dashboard"],
                env={**self.environment, "XDG_CACHE_HOME": str(cache)},
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        """All that scheduler and workers said."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def command(self, *words: str) -> list[str]:
        """``earmark classify`` on these machines."""
        return [sys.executable, "-m", "engine.cli", "classify", "--scheduler", self.address, *words]

    def classify(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run it to its end."""
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def go(self) -> Path:
        """While there is no such file, what :meth:`begin` began stands still at some time."""
        return self.folder / "go"

    def begin(self, most: int, *words: str) -> subprocess.Popen[str]:
        """Start it; it stands still when so many files are done (:mod:`tests.held`)."""
        earmark = self.command(*words)
        at = earmark.index("engine.cli")
        return subprocess.Popen(
            [*earmark[:at], "tests.held", str(most), str(self.go), *earmark[at + 1 :]],
            env=self.environment,
            cwd=self.folder,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )


@contextmanager
def s3_storage() -> Iterator[dict[str, str]]:
    """A storage of this machine that speaks as S3; the environment in which it is found."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_answer(port)
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "of nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    finally:
        server.kill()
        server.wait()


class Bucket:
    """What lies in the bucket, looked at by Amazon's own library."""

    def __init__(self, environment: dict[str, str], name: str = "archive") -> None:
        import boto3

        self._client: Any = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_DEFAULT_REGION"],
        )
        self._name = name
        self._client.create_bucket(Bucket=name)

    def put(self, name: str, data: bytes) -> None:
        self._client.put_object(Bucket=self._name, Key=name, Body=data)

    def get(self, name: str) -> bytes:
        found: bytes = self._client.get_object(Bucket=self._name, Key=name)["Body"].read()
        return found

    def remove(self, name: str) -> None:
        self._client.delete_object(Bucket=self._name, Key=name)

    def names(self, folder: str) -> list[str]:
        found = self._client.list_objects_v2(Bucket=self._name, Prefix=f"{folder}/")
        return sorted(one["Key"] for one in found.get("Contents", ()))

    def close(self) -> None:
        self._client.close()


def wait_for_answer(port: int) -> None:
    """Wait until something answers at a port of this machine."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def free_port() -> int:
    """A port that nobody uses now, and that no system gives away unasked meanwhile."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
