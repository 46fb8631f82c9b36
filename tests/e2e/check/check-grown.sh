#!/bin/sh
# Proves that AFTER is BEFORE, grown to SIZE_BYTES: by other means than the driver's, on the host.
#
#   check-grown.sh [--moved] BEFORE AFTER SIZE_BYTES
#
# With --moved the partition may have moved, and need not end where the disk does, as other programs than
# ours have it (virt-resize): what was in the partition counts, and that it has become larger.
#
# BEFORE and AFTER are disk images of any format that qemu-img reads. One line per check,
# `ok   NAME  words` or `FAIL NAME  words`; exit 0 when all are ok, 1 when one failed, 2 on wrong use.
set -eu
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=table.sh
. "$here/table.sh"
# shellcheck source-path=SCRIPTDIR source=filesystem.sh
. "$here/filesystem.sh"
# shellcheck source-path=SCRIPTDIR source=manifest.sh
. "$here/manifest.sh"

moved=no
[ "${1:-}" != --moved ] || {
    moved=yes
    shift
}
[ $# -eq 3 ] || {
    echo "usage: check-grown.sh [--moved] BEFORE AFTER SIZE_BYTES" >&2
    exit 2
}
before_path=$(realpath -- "$1")
after_path=$(realpath -- "$2")
wanted_bytes=$3

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
cd "$work"
failed=0

pass() {
    printf 'ok   %-18s %s\n' "$1" "$2"
}

fail() {
    printf 'FAIL %-18s %s\n' "$1" "$2"
    failed=1
}

# equal NAME BEFORE AFTER: the two words must be the same.
equal() {
    if [ "$2" = "$3" ]; then
        pass "$1" "$2"
    else
        fail "$1" "is '$3', must be '$2'"
    fi
}

# same_bytes NAME FIRST COUNT WORDS: this range must be the same in both images; FIRST may be BEFORE:AFTER.
same_bytes() {
    if cmp -n "$3" -i "$2" before after >cmp.log 2>&1; then
        pass "$1" "$4"
    else
        fail "$1" "$4 differ, first at byte $(sed 's/.* \([0-9]*\), line.*/\1/' cmp.log) of them"
    fi
}

# same_lines NAME BEFORE AFTER WORDS: the two files must be the same; the first difference is shown.
same_lines() {
    if diff "$2" "$3" >diff.log; then
        pass "$1" "$(wc -l <"$2") $4"
    else
        fail "$1" "$(grep -c '^<' diff.log || :) $4 gone, $(grep -c '^>' diff.log || :) new; first: $(sed -n '/^[<>]/ { p; q; }' diff.log)"
    fi
}

# image_raw PATH NAME: makes ./NAME, the image as raw bytes, and ./NAME.info, qemu-img's words on it.
image_raw() {
    qemu-img info --output=json "file:$1" >"$2.info"
    if [ "$(image_field "$2" format)" = raw ]; then
        ln -s "$1" "$2"
    else
        qemu-img convert -q -f "$(image_field "$2" format)" -O raw "file:$1" "$2"
    fi
}

# image_field NAME FIELD: a field of the image itself, not of the files below it.
image_field() {
    sed -n "s/^    \"$2\": \"*\([^\",]*\)\"*,*$/\1/p" "$1.info"
}

check_image() {
    equal virtual-size "$wanted_bytes" "$(image_field after virtual-size)"
    equal format "$(image_field before format)" "$(image_field after format)"
    qemu-img check -q -f "$(image_field after format)" "file:$after_path" >check.log 2>&1 && code=0 || code=$?
    case $code in
    0) pass image-check 'qemu-img check found nothing' ;;
    63) pass image-check 'this format has nothing to check' ;;
    *) fail image-check "qemu-img check returned $code: $(head -n 1 check.log)" ;;
    esac
}

# The master boot record but for the one entry that must change.
check_boot_record() {
    same_bytes boot-code 0 440 'bytes 0 to 439'
    same_bytes disk-signature 440 6 'bytes 440 to 445'
    same_bytes boot-mark 510 2 'bytes 510 and 511'
    for number in 1 2 3 4; do
        [ "$number" = "$slot" ] || same_bytes "entry-$number" $((430 + number * 16)) 16 'the 16 bytes of the entry'
    done
}

# The entry that must change: the same slot, start, type and flag, and an end at the disk's last sector.
check_entry() {
    read -r _ new_start new_sectors new_type new_flag <<END
$(table_slot after.table "$slot")
END
    equal partition-number "$slot" "$(table_last after.table | cut -d ' ' -f 1)"
    equal partition-type "$type" "$new_type"
    equal partition-flag "$flag" "$new_flag"
    if [ "$moved" = no ]; then
        equal partition-start "$start" "$new_start"
        equal partition-end $((wanted_bytes / 512)) $((${new_start:-0} + ${new_sectors:-0}))
    elif [ "${new_sectors:-0}" -gt "$sectors" ]; then
        pass partition-size "$new_sectors sectors in place of $sectors"
    else
        fail partition-size "${new_sectors:-0} sectors in place of $sectors"
    fi
}

# Everything before the partition: gaps and other partitions. Then the boot block within it.
check_other_bytes() {
    [ "$moved" = yes ] || same_bytes bytes-before 512 $(((start - 1) * 512)) "sectors 1 to $((start - 1))"
    same_bytes fs-boot-block $((start * 512)):$((fs_start * 512)) 1024 'the first 1024 bytes of the partition'
}

check_superblock() {
    equal fs-uuid "$(fs_field before.fs 'Filesystem UUID')" "$(fs_field after.fs 'Filesystem UUID')"
    equal fs-label "$(fs_field before.fs 'Filesystem volume name')" "$(fs_field after.fs 'Filesystem volume name')"
    fs_features before.fs >before.features
    fs_features after.fs >after.features
    same_lines fs-features before.features after.features features
    fs_settings before.fs >before.settings
    fs_settings after.fs >after.settings
    same_lines fs-settings before.settings after.settings 'lines of the superblock'
    equal fs-blocks "$(fs_blocks after.fs "${new_sectors:-0}")" "$(fs_field after.fs 'Block count')"
}

check_clean() {
    e2fsck -fn "$after_fs" >fsck.log 2>&1 && code=0 || code=$?
    state=$(fs_field after.fs 'Filesystem state')
    if [ "$code" != 0 ]; then
        fail fs-clean "e2fsck -fn returned $code: $(grep -v -e '^e2fsck' -e '^Pass' -e '^$' fsck.log | head -n 1)"
    elif [ "$state" != clean ] || grep -q -e needs_recovery -e orphan_present after.fs; then
        fail fs-clean "state '$state', features $(fs_field after.fs 'Filesystem features')"
    else
        pass fs-clean 'e2fsck -fn found nothing'
    fi
}

check_files() {
    manifest "$after_fs" after.manifest
    if [ -s after.manifest/trouble ]; then
        fail files-readable "$(head -n 1 after.manifest/trouble)"
    else
        pass files-readable 'debugfs read all'
    fi
    same_lines files-metadata before.manifest/files after.manifest/files paths
    same_lines files-symlinks before.manifest/links after.manifest/links symlinks
    same_lines files-content before.manifest/content after.manifest/content 'regular files'
}

# The file system of BEFORE, as it is once its journal is replayed: a copy, so that BEFORE stays as it is.
before_filesystem() {
    dd if=before of=before.part bs=1M iflag=skip_bytes,count_bytes skip=$((start * 512)) \
        count=$((sectors * 512)) conv=sparse status=none
    truncate -s $((sectors * 512)) before.part
    e2fsck -y -E journal_only before.part >journal.log 2>&1 || :
    fs_read before.part before.fs || return 1
    manifest before.part before.manifest
    rm before.part
}

image_raw "$before_path" before
image_raw "$after_path" after
table_read before >before.table
table_read after >after.table || :
read -r slot start sectors type flag <<END
$(table_last before.table)
END
[ -n "$slot" ] || {
    echo "check-grown.sh: $1 has no partition that could be grown" >&2
    exit 2
}
before_filesystem || {
    echo "check-grown.sh: the last partition of $1 holds no ext2, ext3 or ext4" >&2
    exit 2
}

check_image
[ "$moved" = yes ] || check_boot_record
check_entry
fs_start=$start
[ "$moved" = no ] || fs_start=${new_start:-0}
after_fs="after?offset=$((fs_start * 512))"
check_other_bytes
if fs_read "$after_fs" after.fs; then
    check_superblock
    check_clean
    check_files
else
    fail fs-superblock 'there is no file system where it was'
fi
exit "$failed"
