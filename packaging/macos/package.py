"""Sign, pack and notarise the macOS bundle, as far as the variables allow (build.py).

EARMARK_CODESIGN_IDENTITY  "Developer ID Application: ...": signs with the hardened runtime. Without
                           it the bundle has an ad-hoc signature: it runs here, and elsewhere
                           after "Open Anyway" in the settings.
EARMARK_NOTARY_PROFILE     name of the credentials that `xcrun notarytool store-credentials` kept in
                           the keychain: notarises the image and staples the ticket to it.
"""

import os
import subprocess
import sys
from pathlib import Path

from project import ROOT

APPLICATION = ROOT / "build" / "frozen" / "Earmark.app"
HERE = ROOT / "packaging" / "macos"


def call(*words: str | Path) -> None:
    subprocess.run([str(word) for word in words], check=True)


def pack(made: Path) -> None:
    """Make the disk image."""
    identity = os.environ.get("EARMARK_CODESIGN_IDENTITY")
    profile = os.environ.get("EARMARK_NOTARY_PROFILE")
    # PyInstaller has signed each library; the bundle around them is signed last, once all is in it.
    hardened = ["--options", "runtime", "--timestamp"] if identity else []
    entitled: list[str | Path] = ["--entitlements", HERE / "entitlements.plist"]
    call("codesign", "--force", "--sign", identity or "-", *hardened, *entitled, APPLICATION)
    call("codesign", "--verify", "--deep", "--strict", APPLICATION)
    made.unlink(missing_ok=True)
    settings: list[str | Path] = ["-s", HERE / "dmg_settings.py", "-D", f"app={APPLICATION}"]
    call(sys.executable, "-m", "dmgbuild", *settings, "Earmark", made)
    if identity:
        call("codesign", "--sign", identity, "--timestamp", made)
    if identity and profile:
        call("xcrun", "notarytool", "submit", made, "--keychain-profile", profile, "--wait")
        call("xcrun", "stapler", "staple", made)
