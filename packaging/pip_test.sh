#!/usr/bin/env bash
# Installs Earmark with pip into an empty environment and uses it from another folder: `make pip-test`.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/earmark-pip-XXXXXX")
trap 'rm -rf "$work"' EXIT
# A copy, because pip builds in the source's own folder, and without what git ignores.
mkdir "$work/source" "$work/elsewhere"
git -C "$root" ls-files -z --cached --others --exclude-standard |
    tar -C "$root" --null --ignore-failed-read -T - -cf - 2>/dev/null | tar -xf - -C "$work/source"
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --constraint "$root/constraints.txt" "$work/source"
rm -rf "$work/source"
cd "$work/elsewhere"
export HOME=$work/elsewhere
bin=$work/venv/bin
"$bin/earmark" --version
demo=$("$bin/python" -c 'from resources import resource; print(resource("sounds", "demo.ogg"))')
case $demo in "$work"/venv/*) ;; *) echo "resources are not installed: $demo" >&2; exit 1 ;; esac
for word in instrument genre composer; do "$bin/earmark" models list | grep -q " $word "; done
"$bin/earmark" recipes list | grep -q tagger-head
# Without a display the window tells in words what it shows.
env -u DISPLAY -u WAYLAND_DISPLAY "$bin/earmark-app" | tee heard.txt
for word in techno classical "distorted guitar"; do grep -q "$word" heard.txt; done
echo "pip test: passed"
