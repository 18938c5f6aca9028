"""The Debian package of a frozen folder, and what all of Linux's packages share (build.py).

Everything lies in /usr/lib/earmark; menu, icons, file types and manuals where Debian wants them.
There are no maintainer scripts: dpkg's triggers refresh menus, file types and icons, and removing
the package leaves nothing but what the user made.
"""

import gzip
import os
import shutil
import subprocess
from pathlib import Path

from project import APP_ID, DATE, DESCRIPTION, MAINTAINER, ROOT, VERSION

HERE = ROOT / "packaging" / "linux"

# Libraries that are the system's and not ours: earmark.spec says why. Bookworm's names, and those
# of releases since the change to 64-bit time.
DEPENDS = (
    "libc6 (>= 2.36)", "libstdc++6", "libgcc-s1", "libasound2 | libasound2t64", "libdbus-1-3",
    "libfontconfig1", "libfreetype6", "libglib2.0-0 | libglib2.0-0t64", "libegl1", "libgl1",
    "libx11-6", "libxcb1", "libxext6", "libwayland-client0", "libwayland-cursor0",
    "libwayland-egl1", "libdrm2", "shared-mime-info", "hicolor-icon-theme",
)  # fmt: skip
RECOMMENDS = ("libasound2-plugins", "fonts-dejavu-core | fonts-noto-core", "xdg-utils")


def filled(name: str, **more: str) -> str:
    """One of our texts with version and date in it."""
    text = (HERE / name).read_text(encoding="utf-8")
    for key, value in {"VERSION": VERSION, "DATE": DATE, **more}.items():
        text = text.replace(f"@{key}@", value)
    return text


def commands() -> str:
    """The commands of `earmark`, asked of itself, as the manual lists them."""
    from typer.main import get_command

    from engine.cli.app import app

    lines = []
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        words = (command.help or "").strip().split("\n")[0].replace("-", "\\-")
        lines.append(f".TP\n.B {name}\n{words}")
    return "\n".join(lines)


def put(path: Path, text: str | bytes, *, packed: bool = False) -> None:
    """Write a file and its folders; packed as Debian wants manuals, the same each time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data, 9, mtime=0) if packed else data)


def desktop_files(share: Path) -> None:
    """What desktops read; also used by the portable archive and the Flatpak."""
    put(share / "applications" / "earmark.desktop", filled("earmark.desktop"))
    put(share / "metainfo" / f"{APP_ID}.metainfo.xml", filled(f"{APP_ID}.metainfo.xml"))
    put(share / "mime" / "packages" / "earmark.xml", filled("earmark.xml"))
    icons = share / "icons" / "hicolor"
    shutil.copytree(ROOT / "build" / "art" / "hicolor", icons, dirs_exist_ok=True)
    drawing = (ROOT / "resources" / "icons" / "earmark.svg").read_bytes()
    put(icons / "scalable" / "apps" / "earmark.svg", drawing)
    for name, more in (("earmark.1", {"COMMANDS": commands()}), ("earmark-app.1", {})):
        put(share / "man" / "man1" / f"{name}.gz", filled(name, **more), packed=True)


def tree(frozen: Path, root: Path) -> None:
    """Lay out the package's files."""
    shutil.rmtree(root, ignore_errors=True)
    share = root / "usr" / "share"
    shutil.copytree(frozen, root / "usr" / "lib" / "earmark", symlinks=True)
    (root / "usr" / "bin").mkdir(parents=True)
    for name in ("earmark", "earmark-app"):
        (root / "usr" / "bin" / name).symlink_to(f"../lib/earmark/{name}")
    desktop_files(share)
    for unit in sorted((HERE / "systemd").glob("*.service")):
        put(root / "usr" / "lib" / "systemd" / "user" / unit.name, unit.read_bytes())
    doc = share / "doc" / "earmark"
    put(doc / "copyright", filled("copyright"))
    log = f"earmark ({VERSION}) stable; urgency=medium\n\n  * See CHANGELOG.gz.\n\n"
    put(doc / "changelog.gz", f"{log} -- {MAINTAINER}  {stamp()}\n", packed=True)
    put(doc / "CHANGELOG.gz", (ROOT / "CHANGELOG.md").read_bytes(), packed=True)
    put(share / "lintian" / "overrides" / "earmark", filled("lintian-overrides"))
    settle(root)


def settle(root: Path) -> None:
    """Modes as Debian wants them and one date for all: the package then depends on its content."""
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            program = path.is_dir() or path.name in ("earmark-app", "torch_shm_manager")
            path.chmod(0o755 if program else 0o644)
        when = int(os.environ.get("SOURCE_DATE_EPOCH", "0")) or int(
            (ROOT / "pyproject.toml").stat().st_mtime
        )
        os.utime(path, (when, when), follow_symlinks=False)


def stamp() -> str:
    """The release's date as changelogs write it."""
    command = ["date", "-R", "-u", "-d", DATE]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return told.stdout.strip()


def control(root: Path) -> str:
    """The package's description."""
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    kilobytes = sum(-(-path.stat().st_size // 1024) for path in files)
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return (
        f"Package: earmark\nVersion: {VERSION}\nArchitecture: {architecture}\n"
        f"Maintainer: {MAINTAINER}\nInstalled-Size: {kilobytes}\nSection: sound\n"
        f"Priority: optional\nDepends: {', '.join(DEPENDS)}\nRecommends: {', '.join(RECOMMENDS)}\n"
        f"Description: {DESCRIPTION[0].lower()}{DESCRIPTION[1:].rstrip('.')}\n"
        " Earmark listens to the microphone or to sound files and says which\n"
        " instrument plays, which genre it is and which mood. It teaches, too:\n"
        " gather sounds, train classifiers on them, compare networks, and see\n"
        " where and why they err. It works offline; nothing leaves the machine.\n"
    )


def made(frozen: Path, target: Path) -> Path:
    """Make the package in a folder."""
    root = ROOT / "build" / "deb"
    tree(frozen, root)
    text = control(root)
    put(root / "DEBIAN" / "control", text)
    listed = sorted(p for p in root.rglob("*") if p.is_file() and "DEBIAN" not in p.parts)
    names = [str(p.relative_to(root)) for p in listed if not p.is_symlink()]
    sums = subprocess.run(["md5sum", *names], cwd=root, capture_output=True, text=True, check=True)
    put(root / "DEBIAN" / "md5sums", sums.stdout)
    (root / "DEBIAN").chmod(0o755)
    architecture = text.split("Architecture: ", 1)[1].split("\n", 1)[0]
    made = target / f"earmark_{VERSION}_{architecture}.deb"
    target.mkdir(parents=True, exist_ok=True)
    packing = ["-Zxz", f"-z{os.environ.get('EARMARK_PACKING', '6')}"]
    command = ["dpkg-deb", "--root-owner-group", *packing, "--build", str(root), str(made)]
    subprocess.run(command, check=True)
    return made
