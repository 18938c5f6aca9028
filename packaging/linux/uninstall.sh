#!/bin/sh
# Takes Earmark out of your applications menu; sounds, classifiers and settings stay.
set -eu
share=${XDG_DATA_HOME:-$HOME/.local/share}
rm -f "$share/applications/earmark.desktop" "$share/mime/packages/earmark.xml" \
    "$HOME/.local/bin/earmark" "$HOME/.local/bin/earmark-app"
find "$share/icons/hicolor" \( -name earmark.png -o -name earmark.svg \) -delete 2>/dev/null || true
find "$share/icons/hicolor" -depth -type d -empty -delete 2>/dev/null || true
update-desktop-database -q "$share/applications" 2>/dev/null || true
update-mime-database "$share/mime" 2>/dev/null || true
# Where nothing else was added, what those two wrote is an index of nothing.
if rmdir "$share/mime/packages" 2>/dev/null; then rm -rf "$share/mime"; fi
if [ -z "$(find "$share/applications" -name '*.desktop' 2>/dev/null | head -n 1)" ]; then
    rm -f "$share/applications/mimeinfo.cache"
fi
echo "Done. This folder can be deleted now."
