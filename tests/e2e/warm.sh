#!/bin/sh
# The prepared guest of the route warm: made once and used, and all that can be wrong with it. Whatever happens, the
# disk is grown and proved by some route, or it is untouched.
#
#   warm.sh CASE
#
#   twice       made by one run, used by the next one (USB), thrown away and made anew when it was cut short
#   flipped     a byte of the file is another one
#   cut         the file is shorter than it was
#   garbage     file and note fit each other, but QEMU cannot load it
#   iso         the ISO is another one
#   version     QEMU is another version (a wrapper that says so)
#   pair        two runs want it at the same time
#   kill        the run that makes it is killed with SIGKILL
#   no-node     the disk is plugged in, but not seen in the guest
#   clock       the guest's clock is not what it should be
#   clear       --clear-cache takes it, --no-warm leaves it
#   accel       --accel=auto: whatever is offered, the run ends well; the verdict is remembered
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
# shellcheck source-path=SCRIPTDIR source=cached.sh
. "$here/cached.sh"
need QEMU_GROW GUEST_ISO WORK
case=$1
iso=$GUEST_ISO
fresh "warm-$case"
XDG_CACHE_HOME=$PWD/cache
export XDG_CACHE_HOME
warm=$XDG_CACHE_HOME/qemu-grow/warm
sh "$here/../disks/make.sh" openwrt before qcow2

# run NAME [OPTION...]: grows a new copy of the disk by the route warm; its words are in NAME.log.
run() {
    grow_by warm "$@"
}

# state: the one file of a prepared guest that there is.
state() {
    set -- "$warm"/*.state
    if [ $# -ne 1 ] || [ ! -f "$1" ]; then
        echo "there should be one prepared guest, not: $*" >&2
        exit 1
    fi
    echo "$1"
}

made='preparing a guest'
thrown='thrown away'
by_warm='Route: warm'

made() {
    run "$@"
    says "$1" "$made"
    says "$1" "$by_warm"
}
used() {
    run "$@"
    silent "$1" "$made"
    says "$1" "$by_warm"
}
anew() {
    run "$@"
    says "$1" "$thrown"
    says "$1" "$made"
    says "$1" "$by_warm"
}

# a copy of the dialogue files, in which sed changes FILE by SCRIPT.
scripts() {
    mkdir scripts
    cp -r "$here/../../scripts/dialogues" scripts/
    sed -i "$2" "scripts/dialogues/$1.yaml"
}

case $case in
twice)
    made first
    [ "$(stat -c %a "$(state)")" = 600 ]
    used second --attach=usb
    truncate -s -1 "$(state)"
    anew third
    state
    ;;
flipped)
    made first
    file=$(state)
    byte=$(dd if="$file" bs=1 skip=5000000 count=1 2>/dev/null | od -An -tu1)
    printf '%b' "\\0$(printf %03o $(((byte + 1) % 256)))" | dd of="$file" bs=1 seek=5000000 conv=notrunc 2>/dev/null
    anew second
    ;;
cut)
    made first
    truncate -s 1000000 "$(state)"
    anew second
    ;;
garbage)
    made first
    file=$(state)
    truncate -s 1000000 "$file"
    python3 "$here/../fake/kept_note.py" "$file"
    anew second
    ;;
iso)
    made first
    cp "$GUEST_ISO" other.iso
    printf x | dd of=other.iso bs=1 seek=$(($(stat -c %s other.iso) - 1)) conv=notrunc 2>/dev/null
    iso=other.iso
    made second
    iso=$GUEST_ISO
    used third
    ;;
version)
    made first
    cat >qemu <<END
#!/bin/sh
[ "\$1" != --version ] || { echo "QEMU emulator version 99.0"; exit; }
exec qemu-system-x86_64 "\$@"
END
    chmod +x qemu
    made second --qemu=./qemu
    used third
    used fourth --qemu=./qemu
    ;;
pair)
    (run first && says first "$by_warm") & # either may be the one that prepares
    one=$!
    cp before second
    "$QEMU_GROW" -v --no-transcript --iso="$iso" --route=warm second 512M >second.log 2>&1
    wait $one || exit 1
    says second "$by_warm"
    sh "$here/check/check-grown.sh" before second "$(bytes_of 512M)" >check2.log
    [ "$(cat first.log second.log | grep -c "$made")" = 1 ] || {
        echo "it should have been made once"
        exit 1
    }
    state
    ;;
kill)
    cp before first
    "$QEMU_GROW" -v --no-transcript --iso="$iso" --route=warm first 512M >first.log 2>&1 &
    driver=$!
    until grep -q 'state warm-prepare/bare' first.log; do
        kill -0 $driver
        sleep 0.1
    done
    kill -KILL $driver
    wait $driver || true
    cmp before first
    ls "$warm"
    [ -z "$(find "$warm" -name '*.state' -o -name '*.yaml')" ]
    rm -f first
    made second
    [ -z "$(find "$warm" -name '*.part')" ]
    used third
    ;;
no-node)
    scripts route-warm 's/"serial": "%{serial}"/"serial": "nobody"/'
    run first --scripts=scripts
    says first 'the route warm gives way to the route direct'
    says first 'Route: direct'
    ;;
clock)
    # Set astray in the prepared guest only: one that is set so on every route cannot give a disk that is proved.
    scripts warm-fresh 's/^  - state: clock-goes-on/  - {state: astray, wait: the clock, prompt: shell, command: date -u -s @4102444800, failed: warm-clock}\n&/'
    run first --scripts=scripts
    says first 'the route warm gives way to the route direct'
    says first 'the clock of the prepared guest'
    ;;
clear)
    made first
    run second --no-warm --route=direct
    "$QEMU_GROW" --clear-cache
    [ ! -e "$warm" ]
    made third
    ;;
accel)
    cp before first
    "$QEMU_GROW" -v --no-transcript --iso="$iso" --fast first 512M >first.log 2>&1
    check first
    says first 'accelerator: '
    cp before second
    "$QEMU_GROW" -v --no-transcript --iso="$iso" --accel=auto --route=direct second 512M >second.log 2>&1
    check second
    says second 'as found out before'
    grep 'accelerator: ' first.log
    ;;
*)
    sed -n '5,20p' "$0"
    exit 2
    ;;
esac
rm -rf before first second third cache scripts
echo "$case: as it should be"
