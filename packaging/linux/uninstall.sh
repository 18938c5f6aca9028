#!/bin/sh
# Takes Earmark out of your applications menu; sounds, classifiers and settings stay.
set -eu
share=${XDG_DATA_HOME:-$HOME/.local/share}
rm -f "$share/applications/earmark.desktop" "$share/mime/packages/earmark.xml" \
    "$HOME/.local/bin/earmark" "$HOME/.local/bin/earmark-app"
find "$share/icons/hicolor" \( -name earmark.png -o -name earmark.svg \) -delete 2>/dev/null || true
update-desktop-database -q "$share/applications" 2>/dev/null || true
update-mime-database "$share/mime" 2>/dev/null || true
echo "Done. This folder can be deleted now."
