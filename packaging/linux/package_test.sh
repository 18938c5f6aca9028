#!/usr/bin/env bash
# Installs the package where there is neither Python nor compiler nor network, and uses it.
#
#   packaging/linux/package_test.sh dist/earmark_VERSION_ARCH.deb [FOLDER FOR PICTURES]
#
# Needs root, debootstrap and Debian's mirror once: the bare system is kept in build/chroot. What
# happens inside is package_test_inside.sh, with a network and processes of its own.
set -euo pipefail
if [ "$(id -u)" -ne 0 ]; then
    echo "package test: a bare system is made and entered by root alone: sudo make package-test" >&2
    exit 1
fi
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
package=$(realpath "$1")
pictures=${2:-$root/build/package-test}
base=$root/build/chroot
# EARMARK_SUITE and EARMARK_MIRROR: which Debian, and whence; as this system otherwise, or as
# debootstrap knows it.
suite=${EARMARK_SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
mirror=${EARMARK_MIRROR:-}
# What the test itself needs in there: a screen, hands, eyes, a sound server; never Python or a compiler.
tools="xvfb xauth xdotool pulseaudio pulseaudio-utils libasound2-plugins libglib2.0-bin
       desktop-file-utils xdg-utils imagemagick fonts-dejavu-core procps xz-utils
       tesseract-ocr tesseract-ocr-eng"

if [ ! -e "$base/.complete" ]; then
    rm -rf "$base"
    if [ -z "$mirror" ]; then
        apt-get update -qq || true
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' "Codename: $suite" | head -n 1)
    fi
    debootstrap --variant=minbase --include=ca-certificates "$suite" "$base" ${mirror:+"$mirror"}
    touch "$base/.complete"
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/earmark-package-XXXXXX")
merged=$work/merged
clean() {
    for place in "$merged/dev" "$merged/proc" "$merged"; do
        mountpoint -q "$place" && umount -l "$place"
    done
    rm -rf "$work"
}
trap clean EXIT
mkdir -p "$work/upper" "$work/work" "$merged" "$pictures"
mount -t overlay overlay \
    -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" "$merged"
mount --bind /dev "$merged/dev"
mount -t proc proc "$merged/proc"
cp -L /etc/resolv.conf /etc/hosts "$merged/etc/" 2>/dev/null || true
cp /etc/apt/apt.conf.d/* "$merged/etc/apt/apt.conf.d/" 2>/dev/null || true
cp "$package" "$merged/tmp/earmark.deb"
cp "$here/package_test_inside.sh" "$merged/tmp/"
# The portable archive of the same build lies beside the package.
archive=$(find "$(dirname "$package")" -maxdepth 1 -name 'earmark-*-linux-*.tar.xz' | head -n 1)
if [ -n "$archive" ]; then cp "$archive" "$merged/tmp/earmark.tar.xz"; fi
# Two classes to learn: tones, each of its own pitch and tremor, and hisses.
"${PYTHON:-python3}" - "$merged/tmp" <<'PY'
import math, pathlib, random, struct, sys, wave

random.seed(4)

def write(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
        file.writeframes(struct.pack(f"<{len(samples)}h", *(int(9000 * s) for s in samples)))

def tone():
    hz, slow = random.uniform(200, 900), random.uniform(0.5, 6)
    turn = [2 * math.pi * hz * i / 16000 for i in range(16000 * 8)]
    return [(math.sin(t) + 0.5 * math.sin(2 * t)) * (0.6 + 0.4 * math.sin(t * slow / hz)) / 2 for t in turn]

def hiss():
    fade, last, found = random.uniform(0.0, 0.9), 0.0, []
    for _ in range(16000 * 8):
        last = fade * last + (1 - fade) * random.uniform(-1, 1)
        found.append(last)
    return found

folder = pathlib.Path(sys.argv[1])
for number in range(8):
    write(folder / "sounds" / "tone" / f"{number}.wav", tone())
    write(folder / "sounds" / "hiss" / f"{number}.wav", hiss())
write(folder / "tone.wav", tone())
PY
inside() { chroot "$merged" env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

inside apt-get update -qq
# shellcheck disable=SC2086  # one word a package
inside apt-get install -y -qq --no-install-recommends $tools >/dev/null
needs=$(dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/|.*//; s/(.*)//')
# Before Earmark itself, so that what is there before and after it can be compared.
# shellcheck disable=SC2086
inside apt-get install -y -qq --no-install-recommends $needs >/dev/null
for word in python3 python gcc cc ld; do
    if inside sh -c "command -v $word"; then
        echo "package test: $word is in there, so nothing would be proved" >&2
        exit 1
    fi
done
status=0
unshare --net --pid --fork --kill-child chroot "$merged" env -i HOME=/root LANG=C.UTF-8 \
    EARMARK_START_MS="${EARMARK_START_MS:-2000}" EARMARK_PATIENCE="${EARMARK_PATIENCE:-1}" \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin bash /tmp/package_test_inside.sh || status=$?
cp "$merged"/tmp/pictures/* "$pictures/" 2>/dev/null || true
[ "$status" -eq 0 ] && echo "package test: passed; pictures in $pictures"
exit "$status"
