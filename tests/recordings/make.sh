#!/bin/sh
# Makes the recordings that the tests play as guests: one per attachment, value of SEQ and of LOG with the test guest
# under QEMU, and one per kind of failure and per route with the fake guest.
#
#   make.sh PROGRAM ISO [PART...]
#
# PROGRAM is qemu-grow, ISO the test guest's; PART is real or fake (without any: both). What is there under the same
# name is replaced.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
source=$(cd -- "$here/../.." && pwd)
program=$(realpath -- "$1")
iso=$2
shift 2
[ $# -gt 0 ] || set -- real fake
work=$(mktemp -d /tmp/qemu-grow-recordings.XXXXXX)
trap 'rm -rf "$work"' EXIT

# keep NAME DIR: what the player needs of a recording, without the paths of this machine.
keep() {
    rm -rf "${here:?}/$1"
    mkdir "$here/$1"
    cp "$2/output.log" "$2/input.log" "$2/timing.log" "$here/$1"
    sed "s|$program|qemu-grow|g; s|$source|/usr/src/qemu-grow|g" "$2/events.jsonl" \
        >"$here/$1/events.jsonl"
    echo "$1: $(du -sk "$here/$1" | cut -f 1) KiB"
}

real() {
    cp "$iso" "$work/alpine.iso" # its path is shown on the console
    while read -r attach seq log; do
        name=real-$attach-$seq-$log
        sh "$source/tests/disks/make.sh" one-partition "$work/disk" raw >/dev/null
        "$program" -q --iso="$work/alpine.iso" --transcript="$work/$name" --attach="$attach" --seq="$seq" --log="$log" \
            "$work/disk" 128M
        keep "$name" "$work/$name"
    done <<END
hda login init
virtio single login
usb no single
hda init no
END
}

# NAME CASE: a case of tests/fake, by the exit code that it ends with.
fakes='fail-qemu-died failures/dies-fdisk
fail-boot-failed failures/no-device
fail-kernel-panic failures/panic-e2fsck
fail-emergency-shell failures/emergency-media
fail-login-lost failures/login-apk
fail-typing-failed failures/odd-shell
fail-monitor-failed failures/device-add
fail-mdev-failed failures/mdev-stop
fail-apk-failed failures/apk-missing
fail-target-missing failures/no-serial
fail-table-mismatch failures/fdisk-table
fail-fdisk-failed failures/fdisk-end
fail-node-missing failures/node-gone
fail-fsck-failed deaths/e2fsck-failed
fail-resize2fs-failed failures/resize2fs-blocks
fail-poweroff-failed patience/hang-off
fail-mdev-log-failed failures/log-missing
fail-proof-failed failures/proof-entry
fail-guest-memory failures/oom
fail-disk-error deaths/disk-io
fail-cd-error deaths/cd-io
fail-guest-stuck patience/hang-apk
fail-guest-fault deaths/oops-null
fail-terminated stops/TERM-overlay
fail-max-time stops/max-time
fail-all-routes routes/way-all-fail
grown-single routes/single-usb
grown-early routes/early-virtio
grown-direct routes/direct-hda
grown-warm warm/made
grown-usb choices/usb-init-login
grown-virtio choices/virtio-login-single
grown-hda choices/hda-single-no'

fake() {
    only=$(echo "$fakes" | sed 's/^[^ ]* \(.*\)$/^\1$/' | paste -sd '|')
    /usr/bin/python3 "$source/tests/fake/run.py" "$program" --only="$only" --keep >"$work/log" || {
        cat "$work/log"
        exit 1
    }
    folder=$(sed -n 's/^the folders are in //p' "$work/log")
    echo "$fakes" | while read -r name case; do
        keep "$name" "$folder/$(echo "$case" | tr / -)/transcript"
    done
    rm -rf "$folder"
}

for part; do
    "$part"
done
