#!/bin/sh
# The kernel and the initramfs that the route direct keeps unpacked in the cache: unpacked once and used, and all that can
# be wrong with them. Whatever happens, the disk is grown and proved.
#
#   kept.sh CASE
#
#   twice       unpacked by one run, used by the next one; cut short, thrown away and unpacked anew
#   flipped     a byte of the kernel is another one
#   garbage     file and note fit each other, but QEMU cannot start it
#   iso         the ISO is another one
#   pair        two runs want them at the same time
#   kill        the run that unpacks is killed with SIGKILL
#   clear       --clear-cache takes them, --no-cache does without
#   unwritable  the cache cannot be written
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
# shellcheck source-path=SCRIPTDIR source=cached.sh
. "$here/cached.sh"
need QEMU_GROW GUEST_ISO WORK
case=$1
iso=$GUEST_ISO
fresh "kept-$case"
XDG_CACHE_HOME=$PWD/cache
export XDG_CACHE_HOME
boot=$XDG_CACHE_HOME/qemu-grow/boot
sh "$here/../disks/make.sh" openwrt before qcow2

# grow NAME [OPTION...]: grows a new copy of the disk; the program's words are in NAME.log.
grow() {
    name=$1
    shift
    grow_by direct "$name" --attach=virtio "$@"
}

# kernel: the larger of the two files that there are.
kernel() {
    set -- "$boot"/*.file
    if [ $# -ne 2 ]; then
        echo "there should be two files, not: $*" >&2
        exit 1
    fi
    find "$boot" -name '*.file' -size +20M
}

made() {
    grow "$@"
    says "$1" 'vmlinuz-virt: unpacked, and kept' 'initramfs-virt: unpacked, and kept' 'Route: direct'
}
used() {
    grow "$@"
    says "$1" 'vmlinuz-virt: unpacked before' 'initramfs-virt: unpacked before' 'Route: direct'
}
anew() {
    grow "$@"
    says "$1" 'thrown away' 'vmlinuz-virt: unpacked, and kept' 'initramfs-virt: unpacked before' 'Route: direct'
}

case $case in
twice)
    made first
    [ "$(stat -c %a "$(kernel)")" = 600 ]
    used second
    truncate -s -1 "$(kernel)"
    anew third
    kernel
    "$QEMU_GROW" --list-isos >list
    ! grep -i boot list
    ;;
flipped)
    made first
    file=$(kernel)
    byte=$(dd if="$file" bs=1 skip=5000000 count=1 2>/dev/null | od -An -tu1)
    printf '%b' "\\0$(printf %03o $(((byte + 1) % 256)))" | dd of="$file" bs=1 seek=5000000 conv=notrunc 2>/dev/null
    anew second
    ;;
garbage)
    made first
    file=$(kernel)
    truncate -s 1000000 "$file"
    python3 "$here/../fake/kept_note.py" "$file"
    grow second
    says second 'the route direct gives way to the route early'
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
pair)
    (grow first) &
    one=$!
    cp before second
    "$QEMU_GROW" -v --no-transcript --iso="$iso" --route=direct --attach=virtio second 512M >second.log 2>&1
    wait $one || exit 1
    sh "$here/check/check-grown.sh" before second "$(bytes_of 512M)" >check2.log
    [ "$(cat first.log second.log | grep -c 'unpacked, and kept')" = 2 ] || {
        echo "each should have been unpacked once"
        exit 1
    }
    kernel
    ;;
kill)
    cp before first
    "$QEMU_GROW" -v --no-transcript --iso="$iso" --route=direct --attach=virtio first 512M >first.log 2>&1 &
    driver=$!
    until [ -n "$(find "$boot" -name '*.part' -size +1M 2>/dev/null)" ]; do
        kill -0 $driver
        sleep 0.02
    done
    kill -KILL $driver
    wait $driver || true
    cmp before first
    ls "$boot"
    [ -z "$(find "$boot" -name '*.file' -o -name '*.yaml')" ]
    rm -f first
    made second
    [ -z "$(find "$boot" -name '*.part')" ]
    used third
    ;;
clear)
    made first
    grow second --no-cache
    silent second 'unpacked'
    kernel
    "$QEMU_GROW" --clear-cache
    [ ! -e "$boot" ]
    grow third --no-cache
    [ ! -e "$boot" ]
    made fourth
    ;;
unwritable)
    mkdir -p "$XDG_CACHE_HOME/qemu-grow"
    : >"$boot"
    grow first
    says first 'is not kept' 'Route: direct'
    ;;
*)
    sed -n '5,16p' "$0"
    exit 2
    ;;
esac
rm -rf before first second third fourth cache
echo "$case: as it should be"
