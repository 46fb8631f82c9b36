#!/bin/sh
# Makes the sample disks of the tests, on the host, without root and without loop devices.
#
#   make.sh NAME OUTFILE [FORMAT]   makes one disk; FORMAT is raw or one of QEMU's
#   make.sh --list                  one line each: name, kind, format, SIZE to ask for, words (tabs)
#
# The disks are described in layouts.txt. A file called OUTFILE is replaced when the new one is whole.
set -eu
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=seeded.sh
. "$here/seeded.sh"
# shellcheck source-path=SCRIPTDIR source=tree.sh
. "$here/tree.sh"
# shellcheck source-path=SCRIPTDIR source=filesystems.sh
. "$here/filesystems.sh"
# shellcheck source-path=SCRIPTDIR source=table.sh
. "$here/table.sh"
# shellcheck source-path=SCRIPTDIR source=defects.sh
. "$here/defects.sh"

usage() {
    echo "usage: make.sh NAME OUTFILE [FORMAT]" >&2
    echo "       make.sh --list" >&2
    exit 2
}

list() {
    while read -r word name kind format _ _ _ size words; do
        [ "$word" = disk ] || continue
        printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$kind" "${format#only:}" "$size" "$words"
    done <"$here/layouts.txt"
}

# layout_find NAME: sets the disk's own words and writes the lines of its partitions to ./parts.
layout_find() {
    awk -v name="$1" '
        $1 == "disk" { found = ($2 == name) }
        found && $1 == "disk" { print $4, $5, $6, $7 >"disk" }
        found && $1 == "part" { $1 = ""; print >"parts" }
    ' "$here/layouts.txt"
    [ -e disk ] || {
        echo "make.sh: no disk called $1; make.sh --list tells them" >&2
        exit 2
    }
    touch parts
    read -r default bytes table defect <disk
}

# make_raw IMAGE: the disk as raw bytes.
make_raw() {
    truncate -s "$bytes" "$1"
    table_write "$table" "$1" parts
    while read -r slot start sectors _ _ filler label tree; do
        fill "$filler" "$1" "$start" "$sectors" "$label" "$tree" "$name-$slot"
    done <parts
    table_noise "$table" "$1" parts
    defect_raw "$defect" "$1" parts
}

[ "${1:-}" = --list ] && [ $# -eq 1 ] && {
    list
    exit
}
case $# in
2 | 3) ;;
*) usage ;;
esac
name=$1
file=$(basename -- "$2")
folder=$(cd -- "$(dirname -- "$2")" && pwd)

# All work is done in a scratch folder beside OUTFILE, under short relative names: neither debugfs nor
# qemu-img takes every path.
work=$(mktemp -d "$folder/.make-disk.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
cd "$work"

layout_find "$name"
format=${3:-${default#only:}}
case $format in
raw | qcow2 | qed | vmdk | vdi | vpc | vhdx | parallels) ;;
*) usage ;;
esac
[ "${default#only:}" = "$default" ] || [ "$format" = "${default#only:}" ] || {
    echo "make.sh: $name is made as ${default#only:} only" >&2
    exit 2
}

make_raw disk.raw
if [ "$format" = raw ]; then
    mv disk.raw image
else
    # vpc: without it the size would be rounded.
    set --
    [ "$format" != vpc ] || set -- -o force_size=on
    qemu-img convert -q -f raw -O "$format" "$@" disk.raw image
fi
defect_format "$defect" image base "$file.base"
[ ! -e base ] || mv -f base "$folder/$file.base"
mv -f image "$folder/$file"
