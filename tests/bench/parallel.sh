#!/bin/sh
# Many disks side by side: grows copies of one disk by GNU parallel and the route warm, and checks each.
#
#   parallel.sh QEMU_GROW ISO WORK [DISKS [AT-A-TIME]]
#
# WORK is a folder that it may fill, with a cache of its own, which begins empty. Prints a table: the disks, how many
# at a time, wall time, how many were grown and found right by tests/e2e/check, and how often a guest was prepared.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
[ $# -ge 3 ] || {
    sed -n '4,7p' "$0" >&2
    exit 2
}
QEMU_GROW=$(realpath "$1")
ISO=$(realpath "$2")
work=$3
disks=${4:-20}
at_a_time=${5:-2}
export QEMU_GROW ISO

mkdir -p "$work"
cd "$work"
rm -rf cache disks
mkdir disks
XDG_CACHE_HOME=$PWD/cache
XDG_STATE_HOME=$PWD/state
export XDG_CACHE_HOME XDG_STATE_HOME
sh "$here/../disks/make.sh" openwrt before qcow2
seq -w "$disks" | while read -r n; do cp --sparse=always before "disks/$n.qcow2"; done

begun=$(date +%s.%N)
# Exit code 0: grown; joblog has each run's code and seconds. A run that fails does not end the others.
# shellcheck disable=SC2016 # parallel's own shell expands them
parallel --will-cite --jobs "$at_a_time" --joblog joblog \
    '"$QEMU_GROW" --quiet --no-transcript --iso="$ISO" --route=warm --proof={}.json {} 512M >{}.log 2>&1' \
    ::: disks/*.qcow2 || true
ended=$(date +%s.%N)

bytes=$(numfmt --from=iec 512M)
right=0
for disk in disks/*.qcow2; do
    if grep -q '"outcome": "proved"' "$disk.json" &&
        sh "$here/../e2e/check/check-grown.sh" before "$disk" "$bytes" >"$disk.check"; then
        right=$((right + 1))
    else
        echo "$disk:" >&2
        tail -n 3 "$disk.log" >&2
    fi
done
prepared=$(find cache/qemu-grow/warm -name '*.state' | wc -l)
by_warm=$(grep -l '"route": "warm"' disks/*.json | wc -l)
seconds=$(echo "$ended - $begun" | bc)
echo '| disks | at a time | wall time | a disk | grown and checked | by the route warm | prepared guests |'
echo '|---:|---:|---:|---:|---:|---:|---:|'
echo "| $disks | $at_a_time | $(printf %.1f "$seconds") s | $(echo "scale=1; $seconds / $disks" | bc) s | $right | $by_warm | $prepared |"
[ "$right" -eq "$disks" ]
