#!/bin/sh
# Grows a raw disk image with the host's own tools, the way check-grown.sh wants to see it: the
# self-test's stand-in for the driver.
#
#   grow-on-host.sh BEFORE AFTER SIZE_BYTES
set -eu
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=table.sh
. "$here/table.sh"

[ $# -eq 3 ] || {
    echo "usage: grow-on-host.sh BEFORE AFTER SIZE_BYTES" >&2
    exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

ln -s "$(realpath -- "$1")" "$work/before"
table_read "$work/before" >"$work/table"
read -r slot start sectors _ <<END
$(table_last "$work/table")
END

# The partition, checked and grown as a file of its own.
part=$work/part
dd if="$work/before" of="$part" bs=512 skip="$start" count="$sectors" conv=sparse status=none
truncate -s $((sectors * 512)) "$part"
e2fsck -fy "$part" >"$work/log" 2>&1 || [ $? = 1 ]
truncate -s $(($3 - start * 512)) "$part"
resize2fs "$part" >"$work/log" 2>&1

# The new disk: what was before the partition, the partition, the changed entry.
truncate -s "$3" "$work/after"
dd if="$work/before" of="$work/after" bs=512 count="$start" conv=notrunc status=none
dd if="$part" of="$work/after" bs=512 seek="$start" conv=notrunc,sparse status=none
echo "$start,$(($3 / 512 - start))" |
    sfdisk -q -N "$slot" --no-reread --no-tell-kernel --wipe-partitions never --wipe never "$work/after" >"$work/log" 2>&1
mv -f -- "$work/after" "$2"
