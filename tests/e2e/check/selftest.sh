#!/bin/sh
# Tests the checkers: a disk grown by the host's own tools must pass, and each of many small harms done
# to it must fail, with the lines that name the harm and with no others.
#
#   selftest.sh      one line per test, exit 1 if one fails
#
# `harm` calls the functions below by name, which shellcheck cannot follow.
# shellcheck disable=SC2317
set -eu
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
make=$here/../../disks/make.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
cd "$work"
failed=0

# verdict WORDS WANTED: compares the names of the FAIL lines in ./report with WANTED.
verdict() {
    got=$(sed -n 's/^FAIL \([^ ]*\) .*/\1/p' report | tr '\n' ' ')
    if [ "${got% }" = "$2" ]; then
        echo "ok   $1: ${2:-passes}"
    else
        echo "FAIL $1: failed '${got% }', must fail '$2'"
        sed 's/^/     /' report
        failed=1
    fi
}

# grown NAME BYTES: a sample disk, grown on the host, must pass.
grown() {
    "$make" "$1" before raw
    "$here/grow-on-host.sh" before after "$2"
    "$here/check-grown.sh" before after "$2" >report 2>&1 || :
    grep -q '^ok   files-content' report || echo 'FAIL no-report -' >>report
    verdict "$1, grown" ''
}

# harm WORDS WANTED COMMAND...: after COMMAND on ./harmed, a copy of ./grown, exactly WANTED must fail. $option is given
# to the checker.
option=
harm() {
    words=$1
    wanted=$2
    shift 2
    cp --sparse=always grown harmed
    "$@" >log 2>&1 || {
        echo "FAIL $words: the harm itself failed"
        sed 's/^/     /' log
        failed=1
        return 0
    }
    "$here/check-grown.sh" ${option:+"$option"} before harmed "$bytes" >report 2>&1 && code=0 || code=$?
    [ "$code" = "${wanted:+1}" ] || [ "$code$wanted" = 0 ] || echo "FAIL exit-code $code" >>report
    verdict "$words" "$wanted"
}

# poke OFFSET [OCTAL]: changes one byte of ./harmed: to OCTAL, or to its complement.
poke() {
    value=${2:-$(printf '%o' $((255 - $(od -An -t u1 -j "$1" -N 1 harmed))))}
    # The format is the byte.
    # shellcheck disable=SC2059
    printf "\\$value" | dd of=harmed bs=1 seek="$1" conv=notrunc status=none
}

# part_do COMMAND...: runs COMMAND on ./part, the last partition of ./harmed, and puts it back.
part_do() {
    dd if=harmed of=part bs=512 skip="$start" status=none
    "$@"
    truncate -s $((start * 512)) harmed
    truncate -s "$bytes" harmed
    dd if=part of=harmed bs=512 seek="$start" conv=notrunc,sparse status=none
}

# debugfs_do COMMAND...: each a command of debugfs, which must not complain.
debugfs_do() {
    printf '%s\n' "$@" | debugfs -w -f - part 2>&1 | grep -v '^debugfs' >complaint || :
    cat complaint
    [ ! -s complaint ]
}

# table_do LINE: gives the partition's entry another start and size, in sfdisk's words.
table_do() {
    echo "$1" | sfdisk -q -N 4 --no-reread --no-tell-kernel --wipe never --wipe-partitions never harmed
}

block_of() {
    debugfs -R "bmap $1 $2" "grown?offset=$((start * 512))" 2>/dev/null
}

swap_slots() {
    dd if=grown of=harmed bs=1 skip=494 seek=478 count=16 conv=notrunc status=none
    dd if=grown of=harmed bs=1 skip=478 seek=494 count=16 conv=notrunc status=none
}

not_resized() {
    dd if=before of=part bs=512 skip="$start" count=65536 status=none
    e2fsck -fy part
    truncate -s $((start * 512)) harmed
    truncate -s "$bytes" harmed
    dd if=part of=harmed bs=512 seek="$start" conv=notrunc status=none
}

# move_up [COMMAND...]: the partition begins 1 MiB later, and COMMAND has been run on ./part.
move_up() {
    dd if=harmed of=part bs=512 skip="$start" status=none
    e2fsck -fy part
    resize2fs part $((bytes / 512 - start - 2048))s
    truncate -s $((bytes - (start + 2048) * 512)) part
    "$@"
    truncate -s $((start * 512)) harmed
    truncate -s "$bytes" harmed
    dd if=part of=harmed bs=512 seek=$((start + 2048)) conv=notrunc,sparse status=none
    table_do "$((start + 2048)),$((bytes / 512 - start - 2048))"
}

as_qcow2() {
    mv harmed raw
    qemu-img convert -f raw -O qcow2 raw harmed
}

harms_of_the_table() {
    harm 'a byte of the boot code' boot-code poke 100
    harm 'the last byte of the boot code' boot-code poke 439
    harm 'the disk signature' disk-signature poke 441
    harm "another entry's boot flag" entry-1 poke 446 000
    harm "another entry's geometry" entry-2 poke 463
    harm "another entry's size" entry-3 poke 490 001
    harm 'the boot flag' partition-flag poke 494 200
    harm 'the type' partition-type poke 498 014
    harm 'the start' 'partition-start fs-blocks' table_do "$((start + 8)),$((bytes / 512 - start - 8))"
    harm 'the end, one block short' 'partition-end fs-blocks' table_do "$start,$((bytes / 512 - start - 8))"
    harm 'the end, one sector short' 'partition-end fs-blocks' table_do "$start,$((bytes / 512 - start - 1))"
    harm 'the number' 'entry-3 partition-number partition-start partition-end fs-blocks' swap_slots
}

harms_of_other_bytes() {
    harm 'the gap behind the boot record' bytes-before poke 512
    harm 'the gap between partitions' bytes-before poke $((11000 * 512))
    harm "another partition's content" bytes-before poke $((3000 * 512))
    harm 'the last byte before the partition' bytes-before poke $((start * 512 - 1))
    harm 'the boot block' fs-boot-block poke $((start * 512 + 1023))
    harm 'the size' virtual-size truncate -s $((bytes + 4096)) harmed
    harm 'the format' format as_qcow2
}

harms_of_the_file_system() {
    harm 'the UUID' fs-uuid part_do tune2fs -U random part
    harm 'the label' fs-label part_do tune2fs -L other part
    harm 'a feature' fs-features part_do debugfs_do 'feature -dir_nlink'
    harm 'a setting' fs-settings part_do tune2fs -c 30 part
    harm 'not resized' fs-blocks not_resized
    harm 'resized to less' fs-blocks part_do resize2fs part 12000
    harm 'a state that is not clean' fs-clean part_do debugfs_do 'ssv state 2'
    harm 'a journal to recover' fs-clean part_do debugfs_do 'feature needs_recovery'
    harm 'a used block that is marked free' fs-clean part_do debugfs_do "freeb $(block_of /large.bin 5)"
    harm 'no superblock' 'fs-boot-block fs-superblock' \
        dd if=/dev/zero of=harmed bs=512 seek="$start" count=8 conv=notrunc
}

harms_of_files() {
    harm 'a byte of a large file' files-content poke $((start * 512 + $(block_of /large.bin 700) * 4096 + 9))
    harm 'a byte of a small file' files-content poke $((start * 512 + $(block_of /etc/passwd 0) * 4096))
    harm 'a mode' files-metadata part_do debugfs_do 'sif /etc/shadow mode 0100644'
    harm 'an owner' files-metadata part_do debugfs_do 'sif /etc/shadow uid 7'
    harm 'a group' files-metadata part_do debugfs_do 'sif /srv/shared gid 7'
    harm 'a time' files-metadata part_do debugfs_do 'sif /large.bin mtime @1700000001'
    harm 'a device number' files-metadata part_do debugfs_do 'sif /srv/console block[0] 1282'
    harm 'an extended attribute' files-metadata part_do debugfs_do 'ea_set /etc/passwd user.note other'
    harm 'a link count' 'fs-clean files-metadata' part_do debugfs_do 'sif /etc/passwd links_count 5'
    harm 'a symlink' 'files-metadata files-symlinks' part_do debugfs_do 'rm /etc/short' 'symlink /etc/short shadow' \
        'sif /etc/short mtime @1600000000'
    harm 'a long symlink' files-symlinks poke $((start * 512 + $(block_of /etc/longer-than-an-inode-can-hold 0) * 4096 + 8)) 170
    harm 'a file that is gone' 'files-metadata files-content' part_do debugfs_do 'rm /srv/with\ blank/quotes' 'rm "/srv/*"'
    harm 'a pipe that is gone' files-metadata part_do debugfs_do 'rm /srv/pipe'
    harm 'a name that has changed' 'files-metadata files-content' \
        part_do debugfs_do 'ln "/srv/-rf" /srv/new' 'unlink "/srv/-rf"'
}

harms_of_another_place() {
    harm 'another place' 'partition-start fs-boot-block fs-superblock' move_up true
    option=--moved
    harm 'another place, which may be' '' move_up true
    harm 'another place, and a file that is gone' 'files-metadata files-content' move_up debugfs_do 'rm /etc/passwd'
    harm 'another place, and another type' partition-type move_up poke 498 014
    harm 'another place, and another boot block' fs-boot-block move_up dd if=/dev/zero of=part count=1 conv=notrunc
    harm 'no more room than before' 'partition-size fs-blocks' table_do "$start,8"
    option=
}

tab=$(printf '\t')
"$make" --list >list
while IFS=$tab read -r name kind format size _; do
    if [ "$kind,$format" = grow,raw ]; then
        grown "$name" $((${size%M} * 1048576))
    fi
done <list

# A SIZE that leaves a last group with no room, one that is no multiple of a page, a single block more.
grown ext2 $((6291456 + 8193 * 6 * 1024 + 40960))
grown ext2 $((100 * 1048576 + 1536))
grown openwrt $((126353408 + 4096))

bytes=67108864
start=32768
"$make" four-primaries before raw
"$here/grow-on-host.sh" before grown "$bytes"
harms_of_the_table
harms_of_other_bytes
harms_of_the_file_system
harms_of_files
harms_of_another_place

qemu-img convert -f raw -O qcow2 before before.qcow2
qemu-img convert -f raw -O qcow2 grown grown.qcow2
mv before.qcow2 before
mv grown.qcow2 grown
harm 'the tables of the image' image-check poke $((0x20000 + 3)) 011

sum=$(sha256sum <before | cut -d ' ' -f 1)
"$here/check-unchanged.sh" "$sum" before >report 2>&1 || :
verdict 'an unchanged file' ''
poke_target=$(stat -c %s before)
printf x | dd of=before bs=1 seek="$poke_target" conv=notrunc status=none
"$here/check-unchanged.sh" "$sum" before >report 2>&1 && echo 'FAIL exit-code 0' >>report
verdict 'a file with one byte more' unchanged
"$here/check-unchanged.sh" "$sum" gone >report 2>&1 && echo 'FAIL exit-code 0' >>report
verdict 'a file that is gone' unchanged
exit "$failed"
