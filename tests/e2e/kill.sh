#!/bin/sh
# Kills a run in the middle. The disk must be byte for byte what it was; after --recover, which leaves nothing beside
# it, the same command grows it. With --in-place among the options the disk may have changed, and the same command alone
# must finish the job. In the end every file in the disk is intact.
#
#   kill.sh NAME SIGNAL WHOM WHERE PATTERN DISK FORMAT SIZE [OPTION...]
#
# WHOM: driver, qemu, or all (both at once). It is done when PATTERN (an extended regular expression) is seen
# in a line of WHERE: log (the output of -v) or transcript (the guest's console: the tool itself is at work then).
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
need QEMU_GROW GUEST_ISO WORK
name=$1
signal=$2
whom=$3
where=$4
pattern=$5
disk=$6
format=$7
size=$8
shift 8

fresh "$name"
sample "$disk" "$format"
case $where in
transcript) where=transcript/output.log ;;
esac
: >log
# A shell starts what runs in the background with SIGINT ignored, and the program leaves an ignored signal ignored.
env --default-signal=INT "$QEMU_GROW" -v --iso="$GUEST_ISO" --transcript=transcript "$@" disk "$size" >log 2>err &
driver=$!
if ! tail -n +1 -s 0.01 --pid="$driver" -F "$where" 2>/dev/null | grep -a -m 1 -E "$pattern"; then
    echo "the run never came to '$pattern'"
    show_failure log
    exit 1
fi
qemu=$(pgrep -P "$driver" -f qemu-system || true)
case $whom in
driver) kill -"$signal" "$driver" ;;
qemu) kill -"$signal" "$qemu" ;;
all) kill -"$signal" "$driver" "$qemu" ;;
esac
code=0
wait "$driver" 2>wait.err || code=$?
if [ "$code" -eq 0 ]; then
    echo "the run ended well in spite of the signal"
    exit 1
fi
echo "killed at '$pattern': exit code $code: $(cat err)"

# QEMU must go, too, once its terminal is gone: its lock on the disk would keep the next run away.
if [ -n "${qemu:-}" ]; then
    tail --pid="$qemu" -f /dev/null
fi

case " $* " in
*" --in-place "*) ;;
*)
    cmp before disk || {
        echo "the disk has changed"
        exit 1
    }
    if ! "$QEMU_GROW" --recover disk >log 2>&1 || ! cmp before disk; then
        cat log
        exit 1
    fi
    if ls disk.* 2>/dev/null; then
        echo "left beside the disk by --recover"
        exit 1
    fi
    ;;
esac

code=0
"$QEMU_GROW" -v --iso="$GUEST_ISO" --transcript=transcript2 "$@" disk "$size" >log 2>&1 || code=$?
# 3, unchanged: in place, it was killed after the last write, and there was nothing left to be done.
if [ "$code" -ne 0 ] && [ "$code" -ne 3 ]; then
    show_failure log
    exit 1
fi
sh "$here/check/check-grown.sh" before disk "$(bytes_of "$size")" >check.log || {
    cat check.log
    exit 1
}
echo "run again (exit code $code): grown and checked: $(grep -c '^ok' check.log) checks"
rm -f before disk
