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

# What the window shows, read from its picture by a program that knows letters.
shows() {
    picture look
    convert "$pictures/look.png" -colorspace Gray -resize 250% /tmp/look.png
    # Words here and there (11) and lines right across (6): neither way reads all of a window.
    tesseract /tmp/look.png /tmp/look --psm 11 >/dev/null 2>&1
    tesseract /tmp/look.png - --psm 6 2>/dev/null >>/tmp/look.txt
    rm -f "$pictures/look.png"
    local word
    for word in "$@"; do grep -qi -- "$word" /tmp/look.txt || return 1; done
}
must_show() { # SECONDS WORD...
    local left=$1
    shift
    until_true "$left" shows "$@" || fail "the window does not show all of: $*; it reads: $(tr -s '\n' ' ' </tmp/look.txt)"
}
# Clicks on a word where the picture of the window has it, whatever the place of the button.
press_on() { # WORD
    local place
    picture look
    convert "$pictures/look.png" -colorspace Gray -resize 250% /tmp/look.png
    tesseract /tmp/look.png /tmp/look --psm 11 tsv >/dev/null 2>&1
    rm -f "$pictures/look.png"
    place=$(awk -F'\t' -v word="$1" 'tolower($12) == tolower(word) \
        { print int(($7 + $9 / 2) / 2.5), int(($8 + $10 / 2) / 2.5); exit }' /tmp/look.tsv)
    # shellcheck disable=SC2086  # two numbers
    [ -n "$place" ] && xdotool mousemove $place click 1
}
# Whether a picture shows at the right that a label is heard: "organ ===== 91%". The threshold takes
# the bars away, which hide the figures from a program that reads.
sure_in() { # PICTURE LABEL
    convert "$1" -crop 358x620+912+130 +repage -colorspace Gray -resize 300% -threshold 65% /tmp/panel.png
    tesseract /tmp/panel.png - --psm 6 2>/dev/null >/tmp/panel.txt
    grep -qiE "$2.* ([2-9][0-9]|1[.,]?00) *(%|$)" /tmp/panel.txt
}
is_sure_of() { # LABEL
    import -window root /tmp/now.png && sure_in /tmp/now.png "$1"
}
was_sure_of() { # LABEL NAME: in one of the pictures taken meanwhile, which is then kept
    local look
    wait "$looking" || true
    for look in $(ls -r /tmp/looks/*.png); do
        if sure_in "$look" "$1"; then
            cp "$look" "$pictures/$2.png"
            return 0
        fi
    done
    return 1
}
play() { # SOUND; pictures of the window are taken while it lasts, and it ends when the sound does
    rm -rf /tmp/looks
    mkdir -p /tmp/looks
    $soon paplay --latency-msec=20 "$1" &
    local player=$! number=100
    while kill -0 "$player" 2>/dev/null; do
        import -window root "/tmp/looks/$number.png"
        number=$((number + 1))
        sleep 2
    done &
    looking=$! # a picture takes seconds on a busy machine: what is kept must not wait for it
    wait "$player" || fail "the sound cannot be played"
}
until_true() { # SECONDS COMMAND...
    local end=$((SECONDS + $1 * ${EARMARK_PATIENCE:-1}))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.1
    done
}
picture() { import -window root "$pictures/$1.png" 2>/dev/null || true; }
# It opens on the Listen page, with the demo analysed in the background on the File page.
show_demo() {
    xdotool windowfocus "$(window | head -n 1)"
    xdotool key --delay 100 ctrl+2
}
window() { xdotool search --onlyvisible --name '^Earmark$' 2>/dev/null | grep .; }
gone() { ! pgrep -x earmark-app; }
count() { window | wc -l; } # not of processes: one stands by for corrections
listed() { find /usr /etc /opt /var/lib -xdev -not -path '/var/lib/apt/*' \
    -not -path '/var/lib/dpkg/*' -not -name '*.cache' | sort; }

Xvfb :7 -screen 0 1280x800x24 -nolisten tcp -ac -noreset >/dev/null 2>&1 &
until_true 10 xdotool getdisplaygeometry || fail "no screen"
listed >/tmp/before

step "install"
dpkg -i /tmp/earmark.deb >/tmp/dpkg.log 2>&1 || fail "dpkg: $(cat /tmp/dpkg.log)"
desktop=/usr/share/applications/earmark.desktop
desktop-file-validate "$desktop" || fail "the menu entry"
[ -z "$(find /usr/lib/earmark -xtype l)" ] || fail "links to nothing: $(find /usr/lib/earmark -xtype l)"
[ "$(gio mime application/x-earmark-classifier | grep -c earmark.desktop)" -gt 0 ] || fail "file type"

step "what it brings along: classifiers of instruments, genres and composers"
sounds=/usr/lib/earmark/_internal/resources/sounds
earmark models list | tee /tmp/models.log
for word in instrument genre composer mood instruments-in-music; do
    grep -q " $word " /tmp/models.log || fail "no classifier '$word'"
done
earmark classify "$sounds/chorale.ogg" | tee /tmp/chorale.log
grep -q "organ  *[0-9][0-9]%" /tmp/chorale.log || fail "the organ is not heard"
earmark classify -c composer "$sounds/chorale.ogg" >/tmp/bach.log # listens to no one unasked
grep -q "Bach  *[0-9][0-9]%" /tmp/bach.log || fail "Bach is not heard: $(cat /tmp/bach.log)"
earmark classify "$sounds/flute.ogg" | grep -q "flute  *[0-9][0-9]%" || fail "the flute is not heard"

step "an archive: heard by a process of its own into a database, and from there into Parquet"
earmark classify -c instrument -d /tmp/archive.sqlite "$sounds/flute.ogg" || fail "no database"
earmark classify -c instrument -d /tmp/archive.sqlite "$sounds/flute.ogg" 2>&1 | grep -q "1 of 1 files are done already" ||
    fail "the database does not know what it heard"
earmark archive show /tmp/archive.sqlite | grep -q "flute" || fail "the flute is not in the database"
earmark archive export /tmp/archive.sqlite -o /tmp/heard.parquet --rows segments || fail "no Parquet"
[ "$(head -c 4 /tmp/heard.parquet)" = PAR1 ] || fail "no Parquet"

step "why, in the terminal"
earmark why "$sounds/flute.ogg" --at 3 -c instrument --label flute | tee /tmp/why.log
grep -q "; evidence:" /tmp/why.log || fail "nothing is said of why"
grep -q " Hz" /tmp/why.log || fail "no frequencies are said"

step "tempo and key, by librosa: what is compiled the first time is kept, from wherever it is called"
facts() { # FOLDER SECONDS, within which it has to be done
    local begun took
    begun=$(date +%s%N)
    (cd "$1" && earmark analyse-music "$sounds/harpsichord.ogg") >/tmp/facts.log || fail "no facts: $(cat /tmp/facts.log)"
    took=$((($(date +%s%N) - begun) / 1000000))
    echo "package test: facts of music after $took ms"
    [ "$took" -le $(($2 * 1000 * ${EARMARK_PATIENCE:-1})) ] || fail "the facts of music take too long"
    grep -q "tempo:  10[34]" /tmp/facts.log || fail "another tempo: $(cat /tmp/facts.log)"
    grep -q "key:    C minor" /tmp/facts.log || fail "another key: $(cat /tmp/facts.log)"
}
compiled() { find "$HOME/.cache/earmark/numba" -type f -printf '%P %T@\n' | sort; }
facts /tmp 10
cat /tmp/facts.log
compiled >/tmp/compiled
[ -s /tmp/compiled ] || fail "nothing is kept of what was compiled"
facts /usr 4
compiled | diff /tmp/compiled - || fail "it was compiled once more"

step "what is not inside says so, and advises nothing that cannot be done"
if earmark models export genre /tmp/genre.onnx >/tmp/onnx.log 2>&1; then fail "ONNX is in there?"; fi
tr -s '\n ' '  ' </tmp/onnx.log | grep -q "not part of the installed application" ||
    fail "no sentence about ONNX: $(cat /tmp/onnx.log)"
if grep -q Traceback /tmp/onnx.log; then fail "a traceback instead of a sentence"; fi

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
# As sound servers run on people's systems: a busy machine makes no holes in what is played.
soon="nice -n -11"
$soon pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disable-shm=yes \
    --high-priority=no --realtime=no -F /tmp/server.pa --log-target=file:/tmp/pulse.log &
until_true 20 pactl info || fail "no sound server: $(cat /tmp/pulse.log)"
earmark devices | grep -q . || fail "no microphone is seen"

step "start from the menu, warm"
sync
fastest=99999
for _ in 1 2 3; do
    begun=$(date +%s%N)
    gio launch "$desktop" >/tmp/app.log 2>&1 &
    until_true 60 window || fail "no window"
    took=$((($(date +%s%N) - begun) / 1000000))
    echo "package test: warm start: window after $took ms"
    fastest=$((took < fastest ? took : fastest))
    sleep 3
    xdotool windowfocus "$(window | head -n 1)" key --clearmodifiers ctrl+q
    until_true 20 gone || fail "it does not end"
done
[ "$fastest" -le "${EARMARK_START_MS:-2000}" ] || fail "the window takes $fastest ms at best"
gio launch "$desktop" >/tmp/app.log 2>&1 &
until_true 60 window || fail "no window"
show_demo
until_true 120 is_sure_of drums || fail "the demo is not heard: $(cat /tmp/panel.txt)"
picture demo

step "listen: what is played is recognised"
xdotool windowfocus "$(window | head -n 1)"
xdotool key --delay 100 ctrl+1
sleep 1
xdotool key space
sleep 3
play "$sounds/chorale.ogg"
was_sure_of organ instrument || fail "the window was never sure of the organ: $(cat /tmp/panel.txt)"
demo=$sounds/demo.ogg
play "$demo"
xdotool key k
was_sure_of techno listening || fail "the window was never sure of techno: $(cat /tmp/panel.txt)"
kept() { find "$HOME" -name '*kept.flac' | grep .; }
until_true 15 kept || fail "nothing was kept of what was heard"
xdotool key space # stop: the rest has the processors for itself
sleep 1
heard=$(earmark classify -c instrument "$(kept | head -n 1)")
echo "$heard"
for word in drums voice; do # the last half minute of it
    grep -q "$word" <<<"$heard" || fail "$word was played and not heard"
done

step "live in the terminal, too"
(sleep 12; exec $soon paplay --latency-msec=20 "$demo") &
playing=$!
ended=0
timeout --signal=INT --kill-after=60 46 earmark listen -c genre >/tmp/live.log 2>&1 || ended=$?
kill "$playing" 2>/dev/null || true # the rest of the demo
[ "$ended" -ne 137 ] || fail "Ctrl+C does not end listening in the terminal"
grep -q techno /tmp/live.log || fail "techno was played and not heard live: $(cat /tmp/live.log)"

step "double click a file: the window that is open shows it"
cp "$sounds/flute.ogg" "$HOME/Music/a flute.ogg"
gio mime audio/x-vorbis+ogg earmark.desktop >/dev/null
gio open "$HOME/Music/a flute.ogg"
until_true 30 grep -q "a flute.ogg" "$HOME/.config/Earmark/settings.json" || fail "not opened"
must_show 60 flute.ogg
until_true 60 is_sure_of flute || fail "the flute is not heard: $(cat /tmp/panel.txt)"
[ "$(count)" -eq 1 ] || fail "there are $(count) windows"
picture double-click

step "why, in the window"
xdotool windowfocus "$(window | head -n 1)"
xdotool key --delay 100 ctrl+Right ctrl+Right w
must_show 120 "evidence for .* at 0:" "0:0[0-9][.][0-9]" # what it found, not that it looks
picture why
xdotool key Escape

step "train a tiny classifier, and use it"
(cd /tmp && timeout $((900 * ${EARMARK_PATIENCE:-1})) earmark train tagger-head /tmp/sounds --set training.epochs=5 \
    -o /tmp/run >/tmp/train.log 2>&1) || true
[ -s /tmp/run/classifier.safetensors ] || fail "no classifier: $(tail -n 20 /tmp/train.log)"
earmark classify -c /tmp/run/classifier.safetensors /tmp/tone.wav | tee /tmp/own.log
grep -q tone /tmp/own.log || fail "its own classifier does not know a tone"
gio open /tmp/run/classifier.safetensors
until_true 30 sh -c "find $HOME/.local/share/Earmark/models -name '*.safetensors' | grep -q ." ||
    fail "the classifier was not taken"
must_show 60 "quick training" # the name that its recipe gives it
picture classifier

step "train one as it was published: its features are librosa's"
(cd /tmp && timeout $((600 * ${EARMARK_PATIENCE:-1})) earmark train genre-mlp /tmp/sounds --variant as-published \
    --set training.epochs=2 -o /tmp/published >/tmp/train.log 2>&1) || true
for page in /tmp/run/report.html /tmp/published/report.html; do
    [ -s "$page" ] || fail "no $page: $(tail -n 20 /tmp/train.log)"
done
grep -aq "features by librosa [0-9]" /tmp/published/classifier.safetensors || fail "its features are not librosa's"

step "the map of sounds"
xdotool windowfocus "$(window | head -n 1)" key --clearmodifiers ctrl+q
until_true 20 gone || fail "it does not end"
sed -i '0,/{/s//{"sounds\/project": "\/tmp\/sounds",/' "$HOME/.config/Earmark/settings.json"
gio launch "$desktop" >/tmp/app.log 2>&1 &
until_true 60 window || fail "no window"
xdotool windowfocus "$(window | head -n 1)"
xdotool key --delay 100 ctrl+3
# "Map" is too short a word for a program that reads letters; "Split" stands beside it.
until_true 60 press_on Split || fail "there is nothing to click on; the window reads: $(cat /tmp/look.tsv)"
xdotool key --delay 300 Left space
must_show 300 "16 sounds" "0 suspected"
picture map

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
find "$HOME" -path "$HOME/.cache" -prune -o -type f -print | grep -i earmark || true

archive=/tmp/earmark.tar.xz
if [ ! -e "$archive" ]; then
    step "no portable archive beside the package: not tried"
    exit 0
fi
step "the portable archive, for a user without rights"
useradd --create-home ann
ann=/home/ann
as_ann() { runuser -u ann -- env -i HOME=$ann USER=ann LANG=C.UTF-8 DISPLAY=:7 LIBGL_ALWAYS_SOFTWARE=1 \
    XDG_RUNTIME_DIR=/tmp/run-ann PATH=$ann/.local/bin:/usr/bin:/bin "$@"; }
install -d -o ann -m 700 /tmp/run-ann
chmod 644 "$archive"
ours() { find "$ann" \( -path "$ann/.cache" -o -path "$ann/.config/Earmark" -o -path "$ann/.local/share/Earmark" \
    -o -path "$ann/Documents" -o -path "$ann/Music" \) -prune -o -type f -print | sort; }
ours >/tmp/ann-before
as_ann sh -c "mkdir -p $ann/my\ programs && cd $ann/my\ programs && tar -xf $archive"
folder=$(echo "$ann/my programs"/earmark-*)
as_ann "$folder/install.sh"
entry=$ann/.local/share/applications/earmark.desktop
desktop-file-validate "$entry" || fail "the menu entry of the archive"
as_ann earmark --version || fail "no command in .local/bin"
as_ann earmark classify "$folder/_internal/resources/sounds/flute.ogg" | grep -q flute || fail "the archive hears no flute"
[ "$(as_ann gio mime application/x-earmark-classifier | grep -c earmark.desktop)" -gt 0 ] || fail "file type of the archive"
begun=$(date +%s%N)
as_ann gio launch "$entry" >/tmp/app.log 2>&1 &
until_true 60 window || fail "no window from the archive"
echo "package test: portable: window after $((($(date +%s%N) - begun) / 1000000)) ms"
show_demo
until_true 120 is_sure_of drums || fail "the archive does not hear the demo: $(cat /tmp/panel.txt)"
picture portable
xdotool windowfocus "$(window | head -n 1)" key --clearmodifiers ctrl+q
until_true 20 gone || fail "it does not end"
as_ann "$folder/uninstall.sh"
as_ann rm -rf "$ann/my programs"
ours >/tmp/ann-after
diff /tmp/ann-before /tmp/ann-after || fail "the archive leaves files behind"
step "what stays of the archive's user:"
find "$ann" -path "$ann/.cache" -prune -o -type f -print | grep -i earmark || true
