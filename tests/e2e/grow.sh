#!/bin/sh
# Grows one sample disk through the test guest under real QEMU and checks the result by other means.
#
#   grow.sh NAME DISK FORMAT SIZE [OPTION...]
#
# NAME is the test's folder below WORK; DISK a sample of tests/disks; the rest goes to qemu-grow. A line with the
# outcome is added to WORK/results.tsv: name, result, seconds, times that mdev -s was needed, lines typed again.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
need QEMU_GROW GUEST_ISO WORK
name=$1
disk=$2
format=$3
size=$4
shift 4

fresh "$name"
sample "$disk" "$format"

# outcome RESULT: the line for the tables.
outcome() {
    seconds=$(sed -n 's/^Time *\([0-9.]*\) s.*/\1/p' log)
    remade=$(grep -c ' state nodes/make$' log || true)
    retyped=$(grep -cE 'the echo of .* (is wrong|does not come)' log || true)
    printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$1" "${seconds:--}" "$remade" "$retyped" >>"$WORK/results.tsv"
}

if ! "$QEMU_GROW" -v --iso="$GUEST_ISO" --transcript=transcript "$@" disk "$size" >log 2>&1; then
    outcome failed
    show_failure log
    exit 1
fi
if ! sh "$here/check/check-grown.sh" before disk "$(bytes_of "$size")" >check.log; then
    outcome wrong
    cat check.log
    exit 1
fi
for option; do
    case $option in
    --route=*)
        if ! grep -q "Route: ${option#*=}\$" log || grep -q 'gives way' log; then
            outcome other-route
            grep -E 'Route:|gives way' log
            exit 1
        fi
        ;;
    --log=no) ;;
    --log=*)
        if ! grep -q '^mdev\[[0-9]*\]: ' transcript/mdev.log; then
            outcome no-mdev-log
            echo "transcript/mdev.log is not mdev's log"
            exit 1
        fi
        ;;
    esac
done
outcome grown
echo "grown and checked: $(grep -c '^ok' check.log) checks; $(sed -n 's/^Time *//p' log)"
# What passed is of no further use; what failed is kept.
rm -f before disk
