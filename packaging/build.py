"""Build what this system can install: `make package`.

    python packaging/build.py [freeze|pack|all]

Runs in the environment that is frozen (see the Makefile). What comes out lies in dist/:
Linux: earmark_VERSION_ARCH.deb and earmark-VERSION-linux-ARCH.tar.xz, an AppImage where
appimagetool is at hand; Windows: the installer, where makensis is; macOS: the .dmg, where dmgbuild
is. Beside them SHA256SUMS and sizes.txt.

EARMARK_FLAVOUR  cpu or cuda: which torch the environment holds (docs/releasing.md)
EARMARK_PACKING  how hard to pack, 0 to 9 (6): tests pack with 0
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import sizes
from linux import deb
from macos import package
from project import APP_ID, ROOT, VERSION

HERE = ROOT / "packaging"
BUILD, DIST = ROOT / "build", ROOT / "dist"
FROZEN = BUILD / "frozen" / "earmark"
FLAVOUR = os.environ.get("EARMARK_FLAVOUR", "cpu")
_TAIL = "" if FLAVOUR == "cpu" else f"-{FLAVOUR}"


def call(*words: str | Path, cwd: Path = ROOT) -> None:
    """Run a command that has to succeed."""
    print("+", *words, flush=True)
    subprocess.run([str(word) for word in words], cwd=cwd, check=True)


def freeze() -> None:
    """The folder that runs without Python."""
    BUILD.mkdir(exist_ok=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # art.py paints without a screen
    call(sys.executable, HERE / "art.py", BUILD / "art")
    call(sys.executable, HERE / "licences.py", BUILD / "LICENSES.md")
    if sys.platform == "win32":
        _windows_version()
    places: list[str | Path] = ["--distpath", BUILD / "frozen", "--workpath", BUILD / "pyinstaller"]
    # Sets are written in an order of their own otherwise: one thing less that differs.
    os.environ.setdefault("PYTHONHASHSEED", "1")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    call(*command, *places, HERE / "earmark.spec")
    if sys.platform.startswith("linux"):
        name = FROZEN / "earmark"  # start/launch.py looks at the name it was called by
        name.unlink(missing_ok=True)
        name.symlink_to("earmark-app")


def _windows_version() -> None:
    """What Windows shows of the program under Properties."""
    numbers = ", ".join((*VERSION.split("."), "0"))
    words = {"ProductName": "Earmark", "ProductVersion": VERSION, "FileVersion": VERSION}
    strings = ", ".join(f"StringStruct({k!r}, {v!r})" for k, v in words.items())
    (BUILD / "windows-version.txt").write_text(
        f"VSVersionInfo(ffi=FixedFileInfo(filevers=({numbers}), prodvers=({numbers})), kids=["
        f"StringFileInfo([StringTable('040904B0', [{strings}])]), "
        "VarFileInfo([VarStruct('Translation', [1033, 1200])])])\n",
        encoding="utf-8",
    )


def pack() -> list[Path]:
    """Installers for this system."""
    DIST.mkdir(exist_ok=True)
    if sys.platform.startswith("linux"):
        return _linux()
    if sys.platform == "win32":
        made = DIST / f"Earmark-{VERSION}{_TAIL}-setup.exe"
        words = [
            f"-DVERSION={VERSION}",
            f"-DPAYLOAD={FROZEN}",
            f"-DOUTPUT={made}",
            f"-DART={BUILD / 'art'}",
        ]
        call("makensis", "-WX", *words, HERE / "windows" / "earmark.nsi")
        return [made]
    made = DIST / f"Earmark-{VERSION}-{platform.machine()}.dmg"
    package.pack(made)
    return [made]


def _linux() -> list[Path]:
    made = [deb.made(FROZEN, DIST)] if shutil.which("dpkg-deb") else []
    name = f"earmark-{VERSION}-linux-{platform.machine()}{_TAIL}"
    made.append(_archive(name))
    if shutil.which("appimagetool"):
        made.append(_appimage(name))
    else:
        print("appimagetool is not here: no AppImage (docs/releasing.md)")
    return made


def _archive(name: str) -> Path:
    """A folder to unpack anywhere; install.sh adds it to one's menu."""
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(FROZEN, folder, symlinks=True)
    deb.desktop_files(folder / "share")
    for script in ("install.sh", "uninstall.sh"):
        shutil.copy(HERE / "linux" / script, folder)
    deb.settle(folder)
    for script in ("install.sh", "uninstall.sh"):
        (folder / script).chmod(0o755)
    made = DIST / f"{name}.tar.xz"
    level = os.environ.get("EARMARK_PACKING", "6")
    call("tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner",
         f"--use-compress-program=xz -T0 -{level}", "-cf", made, "-C", BUILD, name)  # fmt: skip
    shutil.rmtree(folder)
    return made


def _appimage(name: str) -> Path:
    folder = BUILD / "Earmark.AppDir"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(FROZEN, folder / "usr" / "lib" / "earmark", symlinks=True)
    deb.desktop_files(folder / "usr" / "share")
    share = folder / "usr" / "share"
    shutil.copy(share / "applications" / "earmark.desktop", folder / "earmark.desktop")
    shutil.copy(share / "icons" / "hicolor" / "scalable" / "apps" / "earmark.svg", folder)
    (folder / "AppRun").symlink_to("usr/lib/earmark/earmark-app")
    made = DIST / f"{name}.AppImage"
    call("appimagetool", "--no-appstream", folder, made)
    return made


def summary(made: list[Path]) -> None:
    """Checksums and sizes, also into files."""
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in made]
    (DIST / "SHA256SUMS").write_text("\n".join(sums) + "\n")
    told = [f"{path.stat().st_size / 1e6:8.1f} MB  {path.name}" for path in made]
    text = f"{APP_ID} {VERSION} ({FLAVOUR})\n{sizes.report(FROZEN)}\n\n" + "\n".join(told) + "\n"
    (DIST / "sizes.txt").write_text(text)
    print(text)


if __name__ == "__main__":
    wanted = sys.argv[1] if len(sys.argv) > 1 else "all"
    if wanted in ("freeze", "all"):
        freeze()
    if wanted in ("pack", "all"):
        summary(pack())
