#!/usr/bin/env bash
# Inside the bare system: install, use as a person would, remove. See package_test.sh.
set -euo pipefail
pictures=/tmp/pictures
mkdir -p "$pictures" "$HOME/Music"
export DISPLAY=:7 XDG_RUNTIME_DIR=/tmp/run LIBGL_ALWAYS_SOFTWARE=1
mkdir -p -m 700 "$XDG_RUNTIME_DIR"

step() { echo "package test: $(date +%T) $*"; }
fail() {
    echo "package test: FAILED: $*" >&2
    picture failed
    tail -n 30 /tmp/app.log >&2 2>/dev/null || true
    exit 1
}
until_true() { # SECONDS COMMAND...
    local left=$(($1 * 5))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 0.2
    done
}
picture() { import -window root "$pictures/$1.png" 2>/dev/null || true; }
window() { xdotool search --onlyvisible --name '^Earmark$' 2>/dev/null | grep .; }
gone() { ! pgrep -x earmark-app; }
count() { pgrep -c -x earmark-app || true; }
listed() { find /usr /etc /opt /var/lib -xdev -not -path '/var/lib/apt/*' \
    -not -path '/var/lib/dpkg/*' -not -name '*.cache' | sort; }

Xvfb :7 -screen 0 1280x800x24 -nolisten tcp >/dev/null 2>&1 &
until_true 10 xdotool getdisplaygeometry || fail "no screen"
listed >/tmp/before

step "install"
dpkg -i /tmp/earmark.deb >/tmp/dpkg.log 2>&1 || fail "dpkg: $(cat /tmp/dpkg.log)"
desktop=/usr/share/applications/earmark.desktop
desktop-file-validate "$desktop" || fail "the menu entry"
[ "$(gio mime application/x-earmark-classifier | grep -c earmark.desktop)" -gt 0 ] || fail "file type"

step "no sound device at all: the window opens all the same, from its menu entry"
begun=$(date +%s%N)
gio launch "$desktop" >/tmp/app.log 2>&1 &
until_true 60 window || fail "no window without a sound device"
echo "package test: cold start: window after $((($(date +%s%N) - begun) / 1000000)) ms"
sleep 8
picture no-sound-device
[ "$(count)" -eq 1 ] || fail "it ended without a sound device"
xdotool windowfocus "$(window | head -n 1)" key --clearmodifiers ctrl+q
until_true 20 gone || fail "Ctrl+Q does not end it"

step "plug in the virtual microphone"
cat >/tmp/alsa.conf <<'CONF'
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "Virtual microphone" } }
ctl.!default { type pulse }
CONF
cat >/tmp/server.pa <<'PA'
.fail
load-module module-native-protocol-unix socket=/tmp/native auth-anonymous=1
load-module module-null-sink sink_name=speaker norewinds=1 format=float32le rate=44100 channels=2
load-module module-remap-source source_name=microphone master=speaker.monitor format=float32le rate=44100 channels=1 master_channel_map=front-left channel_map=mono remix=no
set-default-sink speaker
set-default-source microphone
PA
export PULSE_SERVER=unix:/tmp/native PULSE_COOKIE=/tmp/cookie ALSA_CONFIG_PATH=/tmp/alsa.conf
pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disable-shm=yes \
    --high-priority=no --realtime=no -F /tmp/server.pa --log-target=file:/tmp/pulse.log &
until_true 20 pactl info || fail "no sound server: $(cat /tmp/pulse.log)"
earmark devices | grep -q . || fail "no microphone is seen"

step "start from the menu, warm"
sync
for _ in 1 2 3; do
    begun=$(date +%s%N)
    gio launch "$desktop" >/tmp/app.log 2>&1 &
    until_true 60 window || fail "no window"
    echo "package test: warm start: window after $((($(date +%s%N) - begun) / 1000000)) ms"
    sleep 3
    xdotool windowfocus "$(window | head -n 1)" key --clearmodifiers ctrl+q
    until_true 20 gone || fail "it does not end"
done
gio launch "$desktop" >/tmp/app.log 2>&1 &
until_true 60 window || fail "no window"
sleep 20 # torch and the classifiers
picture demo

step "listen: what is played is recognised"
xdotool windowfocus "$(window | head -n 1)"
xdotool key --delay 100 ctrl+1
sleep 1
xdotool key space
sleep 3
demo=/usr/lib/earmark/_internal/resources/sounds/demo.ogg
paplay --latency-msec=20 "$demo"
sleep 1
picture listening
xdotool key k
kept() { find "$HOME" -name '*kept.flac' | grep .; }
until_true 15 kept || fail "nothing was kept of what was heard"
xdotool key space # stop: the rest has the processors for itself
sleep 1
heard=$(earmark classify "$(kept | head -n 1)")
echo "$heard"
for word in techno violin piano; do
    grep -q "$word" <<<"$heard" || fail "$word was played and not heard"
done

step "live in the terminal, too"
(sleep 8; exec paplay --latency-msec=20 "$demo") &
timeout --signal=INT 42 earmark listen >/tmp/live.log 2>&1 || true
grep -q techno /tmp/live.log || fail "techno was played and not heard live: $(cat /tmp/live.log)"

step "double click a file: the window that is open shows it"
cp /usr/lib/earmark/_internal/resources/sounds/flute.ogg "$HOME/Music/a flute.ogg"
gio mime audio/x-vorbis+ogg earmark.desktop >/dev/null
gio open "$HOME/Music/a flute.ogg"
until_true 30 grep -q "a flute.ogg" "$HOME/.config/Earmark/Earmark.conf" || fail "not opened"
sleep 6
[ "$(count)" -eq 1 ] || fail "there are $(count) windows"
picture double-click

step "train a tiny classifier, and use it"
(cd /tmp && timeout 500 earmark train tagger-head /tmp/sounds --set training.epochs=5 \
    -o /tmp/run >/tmp/train.log 2>&1) || true
[ -s /tmp/run/classifier.safetensors ] || fail "no classifier: $(tail -n 20 /tmp/train.log)"
earmark classify -c /tmp/run/classifier.safetensors /tmp/tone.wav | tee /tmp/own.log
grep -q tone /tmp/own.log || fail "its own classifier does not know a tone"
gio open /tmp/run/classifier.safetensors
until_true 30 sh -c "find $HOME/.local/share/Earmark/models -name '*.safetensors' | grep -q ." ||
    fail "the classifier was not taken"
sleep 4
picture classifier

step "uninstall: nothing is left but what the user made"
xdotool windowfocus "$(window | head -n 1)" key --clearmodifiers ctrl+q
until_true 20 gone || fail "it does not end"
dpkg --purge earmark >/tmp/purge.log 2>&1 || fail "purge: $(cat /tmp/purge.log)"
listed >/tmp/after
diff /tmp/before /tmp/after || fail "files are left behind"
for cache in /usr/share/applications/mimeinfo.cache /usr/share/mime/globs2; do
    if grep -i earmark "$cache"; then fail "$cache still knows it"; fi
done
kept >/dev/null || fail "the user's recording is gone"
[ -n "$(find "$HOME/.local/share/Earmark/models" -name '*.safetensors')" ] || fail "the user's classifier is gone"
step "user data that stay:"
find "$HOME" -path "$HOME/.cache" -prune -o -type f -print | grep -i earmark
