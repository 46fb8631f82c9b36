#!/bin/sh
# The host's file system fills up in the middle of a run: the run ends with its own sentence, and after some room
# has been made the same command finishes the job.
#
#   full.sh NAME
#
# Needs root for a small tmpfs; without it the test is skipped (exit code 77).
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
need QEMU_GROW GUEST_ISO WORK
name=$1

[ "$(id -u)" -eq 0 ] || exit 77
umount "$WORK/$name/small" 2>/dev/null || true
fresh "$name"
sample openwrt-padding qcow2
used=$(du -k disk | cut -f 1)
mkdir small
mount -t tmpfs -o size=$((used + 400))k tmpfs small || exit 77
trap 'umount small' EXIT
mv disk small/disk

code=0
"$QEMU_GROW" -v --iso="$GUEST_ISO" --transcript=transcript small/disk 1G >log 2>&1 || code=$?
tail -n 2 log
if [ "$code" -ne 41 ] && [ "$code" -ne 72 ]; then
    echo "exit code $code, not 41 (host-full), nor 72 (host-room)"
    show_failure log
    exit 1
fi
grep -q 'file system' log
cmp before small/disk
[ "$(ls small)" = disk ]

mount -o remount,size=$((used + 200000))k small
"$QEMU_GROW" -v --iso="$GUEST_ISO" --transcript=transcript2 small/disk 1G >log 2>&1 || {
    show_failure log
    exit 1
}
sh "$here/check/check-grown.sh" before small/disk "$(bytes_of 1G)" >check.log || {
    cat check.log
    exit 1
}
echo "run again with room: grown and checked: $(grep -c '^ok' check.log) checks"
