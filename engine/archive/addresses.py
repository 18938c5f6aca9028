"""Sounds that lie elsewhere: addresses (``s3://``, ``gs://``, ``http://``) beside paths.

An address is a path whose text is its address, so that tables, databases and outputs name it as its
owner does. Nothing can be opened by it: :func:`fetched` brings a copy here. Whose storage
it is, and with which password, its library reads from the environment; it never leaves a machine.
"""

import contextlib
import datetime
import functools
import hashlib
import logging
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PosixPath, WindowsPath
from typing import Any

from engine.audio.files import find_audio
from engine.audio.formats import EXTENSIONS
from engine.errors import AudioError, extra_needed
from engine.locks import LOCK, FolderLock
from engine.passed_over import passed_over

if sys.platform == "win32":
    _Path = WindowsPath
else:
    _Path = PosixPath

_EXTRAS = {"s3": "s3", "gs": "gs", "http": "http", "https": "http", "memory": "cluster"}
_ADDRESS = re.compile(rf"({'|'.join(_EXTRAS)})://", re.IGNORECASE)
_MAGIC = re.compile(r"[*\[]")  # no question mark: addresses of the web have one
_SECRET = re.compile(r"[^/?#]*@")  # before the server's name
_WHEN = ("LastModified", "mtime", "updated", "created", "last_modified")
_WHICH = ("ETag", "etag", "md5Hash", "Last-Modified")
_LONGEST_NAME = 100  # bytes of a copy's name
_COPIES = "earmark-copy-"  # how names of folders begin that hold one
# Size and change of what was looked at, so that a listing of a million files is asked for once.
_known: dict[str, tuple[int, int]] = {}
_log = logging.getLogger(__name__)


class Address(_Path):
    """Where a sound lies that is not a file of this machine.

    Examples:
        >>> from engine.archive.addresses import Address
        >>> address = Address("s3://archive/1998/POND_19980401_043000.wav")
        >>> str(address.parent), address.suffix
        ('s3://archive/1998', '.wav')
    """

    def __str__(self) -> str:
        return super().__str__().replace("\\", "/").replace(":/", "://", 1)


def is_address(place: str | Path) -> bool:
    """Whether it is an address, by how it begins."""
    return isinstance(place, Address) or bool(_ADDRESS.match(str(place)))


def place_of(text: str) -> Path:
    """The address or path that a text names."""
    return Address(text) if is_address(text) else Path(text)


def find_sounds(places: Iterable[str | Path]) -> list[Path]:
    """As :func:`engine.audio.files.find_audio`, also of addresses.

    An address that ends in a slash, or that its storage knows as a folder, stands for all sounds in
    it; one with ``*`` for those that fit; any other for a file, whether it is there or not.

    Raises:
        AudioError: nothing was found, or the storage cannot be listed.
    """
    _known.clear()
    found: dict[Path, None] = {}
    for place in places:
        some = _listed(str(place)) if is_address(place) else find_audio([place])
        found.update(dict.fromkeys(some))
    return list(found)


def _listed(url: str) -> list[Path]:
    system, path = _system(url)
    one: Path = Address(url)
    web = url.lower().startswith("http")  # where a folder is what has a slash at its end
    maybe = not web and one.suffix.lower() not in EXTENSIONS
    with _told(url):
        system.invalidate_cache()
        below = path.rstrip("/")
        if _MAGIC.search(path) and not system.exists(path):
            entries = system.glob(path, detail=True)
            below = _MAGIC.split(path)[0].rpartition("/")[0]
        elif url.endswith("/") or (maybe and system.isdir(path)):
            entries = system.find(path, detail=True)
        else:
            if str(one) != url:
                raise AudioError(f"{url} cannot be read: a part of its name is empty or a dot.")
            return [one]
    found = _sounds(entries, url.partition("://")[0].lower(), below)
    if not found:
        raise AudioError(f"No sound file found in {url}.")
    return found


def _sounds(entries: Mapping[str, Mapping[str, Any]], scheme: str, below: str) -> list[Path]:
    """Those of a listing that are sounds, sorted; what systems leave in folders is passed over."""
    found: list[Path] = []
    for name, entry in sorted(entries.items()):
        url = name if is_address(name) else f"{scheme}://{name.lstrip('/')}"
        address = Address(url)
        inside = name.removeprefix(below).split("/")
        if entry.get("type") != "file" or address.suffix.lower() not in EXTENSIONS:
            continue
        if any(map(passed_over, filter(None, inside))):
            continue
        if str(address) != url:
            _log.warning("%s is left out: a part of its name is empty or a dot", url)
            continue
        if entry.get("size") is not None:  # else a list of names, as web servers give
            _known[url] = _change(entry)
        found.append(address)
    return found


def change_of(address: Path) -> tuple[int, int] | None:
    """Bytes of what lies there, and a number that is another when it has changed.

    The number is the time of its last change in nanoseconds where the storage tells it, else of its
    ETag or what a web server says of the time; None: it cannot be reached, or is not there.
    """
    url = str(address)
    if url not in _known:
        try:
            system, path = _system(url)
            with _told(url):
                _known[url] = _change(system.info(path))
        except AudioError:
            return None
    return _known[url]


def _change(entry: Mapping[str, Any]) -> tuple[int, int]:
    size = int(entry.get("size") or 0)
    for name in _WHEN:
        when = entry.get(name)
        with contextlib.suppress(ValueError):
            if isinstance(when, str) and when:
                when = datetime.datetime.fromisoformat(when)
        if isinstance(when, datetime.datetime):
            return size, round(when.timestamp() * 1e6) * 1000
        if isinstance(when, float | int):
            return size, round(when * 1e9)
    mark = next((str(entry[name]) for name in _WHICH if entry.get(name)), "")
    return size, int.from_bytes(hashlib.sha256(mark.encode()).digest()[:7]) if mark else 0


@contextlib.contextmanager
def fetched(path: Path) -> Iterator[Path]:
    """A file of this machine with what lies at an address, for as long as this lasts.

    It has the address's name; a path is given as it is.

    Raises:
        AudioError: it is not there or cannot be read, or its library is missing.
    """
    if not is_address(path):
        yield path
        return
    system, inside = _system(str(path))
    _drop_copies_once()
    with _folder_of_a_copy() as folder:
        here = folder / _short(path.name)
        with _told(str(path)):
            system.get_file(inside, str(here))
        yield here


@contextlib.contextmanager
def _folder_of_a_copy() -> Iterator[Path]:
    """A new folder, locked for as long as this lasts, by which :func:`drop_copies` knows it."""
    try:
        made = tempfile.TemporaryDirectory(prefix=_COPIES, ignore_cleanup_errors=True)
    except OSError as error:
        raise AudioError(
            f"There is no place for a copy of what lies elsewhere ({error.strerror}). Free some "
            "space, or set TMPDIR to a folder that may be written."
        ) from error
    with made as name:
        lock = FolderLock(Path(name))
        lock.acquire()
        try:
            yield Path(name)
        finally:
            lock.release()


def drop_copies() -> None:
    """Delete the copies that killed processes have left; those in use are locked."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_COPIES}*"):
        with contextlib.suppress(OSError):
            lock = FolderLock(folder)
            if not (folder / LOCK).exists() or not lock.acquire():
                continue
            if lock.certain:
                shutil.rmtree(folder, ignore_errors=True)
            lock.release()
            folder.rmdir()  # Windows keeps what is locked until now


_drop_copies_once = functools.cache(drop_copies)  # in each process, as it begins


def write(url: str, data: bytes) -> None:
    """Put a file at an address, in place of what was there; whole or not at all.

    Raises:
        AudioError: it cannot be written.
    """
    system, path = _system(url)
    with _told(url, "written"):
        system.pipe_file(path, data)


def names_in(url: str) -> list[str]:
    """Names of the files that lie in a folder at an address; none: there is no such folder.

    Raises:
        AudioError: it cannot be listed.
    """
    system, path = _system(url)
    with _told(url, "listed"):
        system.invalidate_cache()
        if not system.exists(path):
            return []
        return [str(name).rsplit("/", 1)[-1] for name in system.find(path, maxdepth=1)]


def remove(url: str) -> None:
    """Delete a file at an address, if it is still there.

    Raises:
        AudioError: it cannot be deleted.
    """
    system, path = _system(url)
    with _told(url, "deleted"), contextlib.suppress(FileNotFoundError):
        system.rm_file(path)


def _short(name: str) -> str:
    """A name that every file system takes, with its ending."""
    clean = re.sub(r"[^\w .()+-]", "_", name)
    while len(clean.encode()) > _LONGEST_NAME:
        clean = clean[1:]
    return clean.strip() or "sound"


def _system(url: str) -> tuple[Any, str]:
    """The storage of an address, and the path in it.

    Raises:
        AudioError: its library is missing, or it holds a password.
    """
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    if _SECRET.match(rest):
        raise AudioError(
            f"An address of {scheme}:// holds a name or password before '@', which would stand in "
            "every result. Leave it out, and put it where the storage's library reads it."
        )
    with _told(url):
        try:
            import fsspec

            # By its scheme alone, so that '::' in a name never joins another system to it.
            system = fsspec.filesystem(scheme)
        except ImportError as error:
            raise AudioError(extra_needed(f"Reading {scheme}://", _EXTRAS[scheme])) from error
        return system, str(system._strip_protocol(f"{scheme}://{rest}"))


@contextlib.contextmanager
def _told(url: str, done: str = "read") -> Iterator[None]:
    """Whatever a library of a storage raises becomes a sentence."""
    try:
        yield
    except AudioError:
        raise
    except FileNotFoundError as error:
        raise AudioError(f"{url} does not exist. Was it moved or renamed?") from error
    except Exception as error:  # each library has errors of its own
        reason = f"{type(error).__name__}: {error}".strip().rstrip(".:")
        raise AudioError(f"{url} cannot be {done} ({reason}).") from error
