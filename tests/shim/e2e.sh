#!/bin/sh
# Grows a sample disk through the test guest under real QEMU while every K-th key is lost, doubled, delayed or swapped.
#
#   e2e.sh MODE K
#
# Environment: see ../e2e/lib.sh. The result is checked as by e2e/grow.sh, and the shim's log by check.py.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
name=shim-$1-$2
log=$WORK/$name.shim.log
SHIM="mode=$1 to=guest k=$2 seed=1 log=$log"
export SHIM
sh "$here/../e2e/grow.sh" "$name" openwrt qcow2 512M --console --qemu="$here/shim.py"
head -n 1 "$log"
python3 "$here/check.py" "$log" "$WORK/$name/log"
