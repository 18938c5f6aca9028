"""dmgbuild's settings: the application, and where to drag it.

dmgbuild -s packaging/macos/dmg_settings.py -D app=build/frozen/Earmark.app Earmark out.dmg
"""

import os

application = defines.get("app", "build/frozen/Earmark.app")  # type: ignore[name-defined]  # noqa: F821
name = os.path.basename(application)

format = "ULFO"  # LZFSE: opens quickly, since macOS 10.11
files = [application]
symlinks = {"Applications": "/Applications"}
icon = os.path.join(application, "Contents", "Resources", "earmark.icns")
icon_locations = {name: (150, 160), "Applications": (400, 160)}
window_rect = ((200, 200), (560, 360))
default_view = "icon-view"
icon_size = 112
