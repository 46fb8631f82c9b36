#!/bin/sh
# Grows the same OpenWrt-like disk with this program and with its peers, looks at each result from its bytes, and
# prints one Markdown table.
#
#   disk.sh ISO OUTDIR
#
# OUTDIR gets a folder for each tool (its output, the disk is removed). Environment:
#   QEMU_GROW   the program (build/dev/qemu-grow)
#   TOOLS       what to run, of: qemu-grow qemu-grow-in-place virt-resize growpart parted (all)
# The peers are Debian's guestfs-tools, cloud-guest-utils, parted and e2fsprogs (group `peers` of scripts/packages.txt).
set -eu
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C
# No KVM, no daemon: what works on every host.
export LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg

here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")
# shellcheck source-path=SCRIPTDIR source=../e2e/check/table.sh
. "$tests/e2e/check/table.sh"

[ $# -eq 2 ] || {
    echo "usage: disk.sh ISO OUTDIR" >&2
    exit 2
}
iso=$(realpath -- "$1")
mkdir -p -- "$2"
out=$(realpath -- "$2")
program=$(realpath -- "${QEMU_GROW:-$(dirname "$tests")/build/dev/qemu-grow}")
size=536870912
number=2

# The last partition's start and sectors in the image $1.
start_of() { table_read "$1" | awk -v n=$number '$1 == n { print $2 }'; }
sectors_of() { table_read "$1" | awk -v n=$number '$1 == n { print $3 }'; }

# The file system in the image `disk`, grown where it lies: resize2fs takes an offset, but then it must be told the
# size, since it would go beyond the partition's end.
grow_fs() {
    start=$(start_of disk)
    resize2fs "disk?offset=$((start * 512))" "$(sectors_of disk)s"
}

# run TOOL: grows ./disk to ./disk, with the tool's own files below the present folder.
run() {
    case $1 in
    qemu-grow) "$program" --iso="$iso" --format=raw disk $size ;;
    qemu-grow-in-place) "$program" --in-place --iso="$iso" --format=raw disk $size ;;
    virt-resize)
        truncate -s $size new
        virt-resize --format raw --output-format raw --expand "/dev/sda$number" disk new
        mv new disk
        ;;
    growpart)
        qemu-img resize -q -f raw disk $size
        growpart --update off disk $number
        grow_fs
        ;;
    parted)
        qemu-img resize -q -f raw disk $size
        parted -s disk resizepart $number 100%
        grow_fs
        ;;
    *)
        echo "no tool called $1" >&2
        return 2
        ;;
    esac
}

# watch FILE: the most KiB that this folder has taken, while FILE is there.
watch() {
    most=0
    while [ -e "$1" ]; do
        now=$(du -sk . 2>/dev/null | cut -f1)
        [ "${now:-0}" -gt "$most" ] && most=$now
        sleep 0.05
    done
    echo "$most" >most
}

same() { [ "$1" = "$2" ] && echo kept || echo "$3"; }
bytes_at() { od -An -tx1 -v "-j$2" "-N$3" "$1" | tr -d ' \n'; }

# judge TOOL CODE SECONDS: the row of the table.
judge() {
    if [ "$2" -ne 0 ]; then
        echo "| $1 | failed: $(tail -n 1 log | tr '|' ' ') | | | | | | $3 s | |"
        return
    fi
    start=$(start_of disk)
    sectors=$(sectors_of disk)
    dd if=disk of=part bs=512 skip="$start" count="$sectors" conv=sparse status=none
    truncate -s $((sectors * 512)) part
    e2fsck -fn part >fsck.log 2>&1 && clean=yes || clean="no ($?)"
    grep -q '? no$' fsck.log && clean="no: $(grep -m 1 -B 1 '? no$' fsck.log | head -n 1)"
    blocks=$(dumpe2fs -h part 2>/dev/null | sed -n 's/^Block count: *//p')
    block=$(dumpe2fs -h part 2>/dev/null | sed -n 's/^Block size: *//p')
    unused=$((size / 512 - start - blocks * block / 512))
    echo "| $1 | $(same "$start" "$old_start" "moved to $start") |" \
        "$(same "$(bytes_at disk 440 4)" "$old_signature" replaced) |" \
        "$(same "$(table_read disk | awk '{ print $5 }' | tr '\n' ' ')" "$old_flags" changed) |" \
        "$(same "$(bytes_at disk 0 440)" "$old_code" changed) |" \
        "$unused | $clean | $3 s | $(awk "BEGIN { printf \"%.1f\", ($(cat most) - $(cat before)) / 1024 }") MiB |"
}

sh "$tests/disks/make.sh" openwrt "$out/before" raw
old_start=$(start_of "$out/before")
old_signature=$(bytes_at "$out/before" 440 4)
old_code=$(bytes_at "$out/before" 0 440)
old_flags=$(table_read "$out/before" | awk '{ print $5 }' | tr '\n' ' ')
echo '| tool | start | signature | boot flags | boot code | unused sectors at the end | e2fsck -fn clean | time | extra space |'
echo '|---|---|---|---|---|---:|---|---:|---:|'
for tool in ${TOOLS:-qemu-grow qemu-grow-in-place virt-resize growpart parted}; do
    rm -rf "${out:?}/$tool"
    mkdir -p "$out/$tool/tmp"
    cd "$out/$tool"
    # libguestfs keeps what it builds of the host's own system; that is not counted.
    LIBGUESTFS_CACHEDIR=$out TMPDIR=$out/$tool/tmp
    export LIBGUESTFS_CACHEDIR TMPDIR
    cp --sparse=always ../before disk
    du -sk . | cut -f1 >before
    : >running
    watch running &
    began=$(date +%s%N)
    run "$tool" >log 2>&1 && code=0 || code=$?
    ended=$(date +%s%N)
    rm running
    wait
    judge "$tool" "$code" "$(awk "BEGIN { printf \"%.1f\", ($ended - $began) / 1e9 }")"
    rm -f disk new part
done
rm -rf "$out/before" "$out"/.guestfs-*
