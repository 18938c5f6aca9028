#!/bin/sh
# Adds this folder's Earmark to your applications menu: for you alone, without root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
share=${XDG_DATA_HOME:-$HOME/.local/share}
mkdir -p "$share/applications" "$share/mime/packages" "$share/icons" "$HOME/.local/bin"
sed "s|^Exec=earmark-app|Exec=\"$here/earmark-app\"|" "$here/share/applications/earmark.desktop" \
    >"$share/applications/earmark.desktop"
cp "$here/share/mime/packages/earmark.xml" "$share/mime/packages/"
cp -R "$here/share/icons/hicolor" "$share/icons/"
ln -sf "$here/earmark" "$here/earmark-app" "$HOME/.local/bin/"
update-desktop-database -q "$share/applications" 2>/dev/null || true
update-mime-database "$share/mime" 2>/dev/null || true
echo "Earmark is in your applications menu. $here/uninstall.sh takes it out again."
