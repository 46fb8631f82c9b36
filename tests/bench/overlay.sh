#!/bin/sh
# overlay.sh QEMU_GROW ISO FOLDER [ROUNDS]: what the overlay, the proof and the commit cost, beside --in-place, on a
# sparse raw disk of 10 GiB with 4 GiB of data in its last partition's ext4, grown to 12 GiB; in turns. FOLDER is made
# and emptied (it takes some 9 GiB). Prints each run's seconds, and those that it took outside the guest (all but what
# its own JSON says of the guest); how much more the run with the overlay took there, as a part of its time; the most
# that the files beside the disk took at any time; and what the disk itself takes afterwards.
set -eu
program=$(cd -- "$(dirname -- "$1")" && pwd)/$(basename -- "$1")
iso=$(cd -- "$(dirname -- "$2")" && pwd)/$(basename -- "$2")
rounds=${4:-3}
PATH=$PATH:/usr/sbin:/sbin
rm -rf "$3"
mkdir -p "$3"
XDG_STATE_HOME=$(realpath -- "$3")/state
export XDG_STATE_HOME
cd "$3"

mib=1048576
mkdir files
for i in $(seq 64); do
    head -c $((64 * mib)) /dev/urandom >"files/$i"
done
truncate -s $((10239 * mib)) part
mke2fs -q -t ext4 -d files part
rm -r files
truncate -s $((10240 * mib)) sample.raw
printf 'label: dos\nstart=2048, type=83\n' | sfdisk -q sample.raw
dd if=part of=sample.raw bs=1M seek=1 conv=sparse,notrunc status=none
rm part

allocated() { # bytes that the files take on the host
    du -cB1 -- "$@" 2>/dev/null | tail -n 1 | cut -f 1
}

# What stands beside the disk, looked at over and over until the run has ended.
watch_files() {
    most=0
    while kill -0 "$1" 2>/dev/null; do
        now=$(find . -name 'disk.raw.*' -exec du -cB1 {} + 2>/dev/null | tail -n 1 | cut -f 1)
        [ "${now:-0}" -le "$most" ] || most=$now
        sleep 0.2
    done
    echo "$most" >most
}

run() { # OPTION...
    rm -f disk.raw
    cp --sparse=always sample.raw disk.raw
    sync
    began=$(date +%s.%N)
    "$program" -q --iso="$iso" --format=raw --proof=proof.json "$@" disk.raw 12G >run.out 2>&1 &
    pid=$!
    watch_files "$pid"
    wait "$pid" || {
        cat run.out
        exit 1
    }
    echo "$(date +%s.%N) $began" | awk '{ printf "%.2f\n", $1 - $2 }' >seconds
}

echo "the disk takes $(($(allocated sample.raw) / mib)) MiB"
outside() { # the seconds of the run that were not the guest's
    /usr/bin/python3 -c 'import json, sys; print(float(sys.argv[1]) - json.load(open("proof.json"))["seconds"]["guest"])' \
        "$(cat seconds)"
}

for round in $(seq "$rounds"); do
    run --in-place
    i=$(cat seconds) x=$(outside) a=$(($(allocated disk.raw) / mib))
    run
    awk -v n="$round" -v i="$i" -v x="$x" -v a="$a" -v o="$(cat seconds)" -v y="$(outside)" -v m="$(cat most)" \
        -v b="$(($(allocated disk.raw) / mib))" 'BEGIN {
        printf "%d. in place %.1f s, %.2f s outside the guest, the disk then takes %d MiB\n", n, i, x, a
        printf "   overlay  %.1f s, %.2f s outside the guest, the disk then takes %d MiB, ", o, y, b
        printf "beside it at most %.1f MiB; cost %.1f %% of the run\n", m / 1048576, 100 * (y - x) / o }'
done
rm -f disk.raw sample.raw
