#!/bin/sh
# Mounts the image given, copies the application, uses it. Run by the release workflow.
set -eu
image=$1
place=$(mktemp -d)
hdiutil attach -nobrowse -readonly -mountpoint "$place/image" "$image"
cp -R "$place/image/Earmark.app" "$place/"
hdiutil detach "$place/image"
inside=$place/Earmark.app/Contents
plutil -extract NSMicrophoneUsageDescription raw "$inside/Info.plist"
codesign -d --entitlements - "$place/Earmark.app" | grep audio-input
cd /
heard=$("$inside/MacOS/earmark" classify "$inside/Resources/resources/sounds/demo.ogg")
for word in techno violin piano; do
    echo "$heard" | grep -q "$word" || { echo "no $word in: $heard" >&2; exit 1; }
done
facts=$("$inside/MacOS/earmark" analyse-music "$inside/Resources/resources/sounds/harpsichord.ogg")
echo "$facts" | grep -q "C minor" || { echo "another key: $facts" >&2; exit 1; }
# The runner has no microphone: the window has to open all the same, and stay.
"$inside/MacOS/earmark-app" &
window=$!
sleep 25
kill -0 "$window"
kill "$window"
echo "installed test: passed"
