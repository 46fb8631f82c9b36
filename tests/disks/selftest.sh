#!/bin/sh
# Makes every sample disk and looks whether each is what its name and its line in layouts.txt say.
#
#   selftest.sh [NAME...]     all disks by default; one line per check, exit 1 if one fails
#
# `expect` calls the functions below by name, which shellcheck cannot follow.
# shellcheck disable=SC2317
set -eu
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
failed=0

# expect WORDS COMMAND...: COMMAND must succeed.
expect() {
    words=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok   $words"
    else
        echo "FAIL $words"
        sed 's/^/     /' "$work/log"
        failed=1
    fi
}

# output WANTED COMMAND...: WANTED (a basic regular expression) must be in COMMAND's output.
output() {
    wanted=$1
    shift
    "$@" 2>&1 | grep -e "$wanted"
}

# table_of NAME: the partitions of layouts.txt, in sfdisk's words.
table_of() {
    awk -v name="$1" '
        $1 == "disk" { found = ($2 == name) }
        found && $1 == "part" {
            sub(/^0/, "", $5)
            printf "%d %d %d %s%s\n", $2, $3, $4, $5, ($6 == "boot" ? " bootable" : "")
        }' "$here/layouts.txt"
}

# table_in IMAGE: the primary partitions that sfdisk sees, in the same words.
table_in() {
    sfdisk --dump "$1" 2>&1 | sed -n 's/^disk\([1-4]\) : start= *\([0-9]*\), size= *\([0-9]*\), type=\([0-9a-f]*\),*/\1 \2 \3 \4/p'
}

same_table() {
    [ "$(table_of "$1")" = "$(table_in "$2")" ]
}

# last_fs NAME: what e2fsprogs takes for the last partition's file system.
last_fs() {
    echo "disk?offset=$(($(table_of "$1" | sort -n -k 2,2 | awk 'END { print $2 }') * 512))"
}

no_zeros() {
    [ "$(dd if="$1" bs=1 skip="$2" count="$3" status=none | tr -d '\0' | wc -c)" -gt $(($3 * 9 / 10)) ]
}

many_files() {
    [ "$(dumpe2fs -h "$1" 2>/dev/null |
        awk -F: '/^Inode count/ { n = $2 } /^Free inodes/ { n -= $2 } END { print n }')" -gt 400 ]
}

fails() {
    ! "$@"
}

# check_common NAME KIND FORMAT: what holds of every disk that has a table.
check_common() {
    expect "$1: the table is as described" same_table "$1" disk
    expect "$1: the disk signature" output 0xcbad8a62 sfdisk --dump disk
    expect "$1: boot code" no_zeros disk 0 440
    [ "$2" = grow ] || return 0
    fs=$(last_fs "$1")
    expect "$1: some hundred files" many_files "$fs"
    expect "$1: bytes before the last partition" no_zeros disk $((${fs##*=} - 512)) 512
    [ "$1" = openwrt-padding ] || expect "$1: e2fsck has nothing to say" e2fsck -fn "$fs"
}

# check_special NAME: what the disk is there for.
check_special() {
    case $1 in
    openwrt)
        expect "$1: 126353408 bytes" [ "$(stat -c %s disk)" = 126353408 ]
        expect "$1: no journal" fails output has_journal dumpe2fs -h "$fs"
        expect "$1: 26624 blocks" output 'Block count: *26624$' dumpe2fs -h "$fs"
        expect "$1: nothing reserved" output 'Reserved block count: *0$' dumpe2fs -h "$fs"
        expect "$1: label" output 'volume name: *rootfs$' dumpe2fs -h "$fs"
        ;;
    openwrt-padding)
        expect "$1: the padding" output 'Padding at end of inode bitmap is not set' e2fsck -fn "$fs"
        dd if=disk of=part bs=512 skip=33792 status=none
        e2fsck -fy part >log 2>&1 && code=0 || code=$?
        expect "$1: e2fsck repairs it and returns 1" [ "$code" = 1 ]
        ;;
    ext3-dirty)
        expect "$1: needs recovery" output needs_recovery dumpe2fs -h "$fs"
        expect "$1: not yet there" output 'File not found' debugfs -R 'stat /written-before-the-crash' "$fs"
        dd if=disk of=part bs=512 skip=12288 count=65536 status=none
        e2fsck -fy part >log 2>&1 && code=0 || code=$?
        expect "$1: e2fsck recovers it and returns 1" [ "$code" = 1 ]
        expect "$1: recovered" output 'Size: 60000' debugfs -R 'stat /written-before-the-crash' part
        ;;
    ext2) expect "$1: several groups" output '^Group 3:' dumpe2fs "$fs" ;;
    ext2-no-resize-inode)
        expect "$1: no resize inode" fails output resize_inode dumpe2fs -h "$fs"
        ;;
    ext4-64bit)
        for feature in 64bit metadata_csum orphan_file; do
            expect "$1: $feature" output " $feature\\b" dumpe2fs -h "$fs"
        done
        ;;
    odd-start) expect "$1: no multiple of 8" [ $((${fs##*=} / 512 % 8)) != 0 ] ;;
    no-mbr) expect "$1: only zeros" cmp -n 16777216 disk /dev/zero ;;
    whole-disk-ext4)
        expect "$1: ext4" e2fsck -fn disk
        expect "$1: no table" output 'does not contain a recognized' sfdisk --dump disk
        ;;
    gpt)
        expect "$1: protective entry" output 'type=ee' sfdisk --label-nested dos --dump disk
        expect "$1: both headers are whole" fails output -i 'corrupt\|mismatch' sfdisk --verify disk
        ;;
    extended) expect "$1: logical partition" output 'disk5 :.*type=83' sfdisk --dump disk ;;
    last-xfs) expect "$1: magic" output '^XFSB' dd if=disk bs=4 skip=1572864 count=1 ;;
    last-not-ext) expect "$1: no file system" fails blkid -p -O 6291456 disk ;;
    swap-last) expect "$1: swap" output swap blkid -p -O 6291456 disk ;;
    bigalloc) expect "$1: the feature" output ' bigalloc' dumpe2fs -h "$(last_fs "$1")" ;;
    too-big) expect "$1: no room in the table" [ "$(stat -c %s disk)" = $((4294967295 * 512 - 512)) ] ;;
    esac
}

# check_damaged NAME: the images that are not whole.
check_damaged() {
    case $1 in
    overlay) expect "$1: backing file" output 'disk.base' qemu-img info image ;;
    backing-missing)
        expect "$1: cannot be opened" fails qemu-img map image
        expect "$1: the reason" output 'No such file' qemu-img map image
        ;;
    corrupt-qcow2) expect "$1: cannot be opened" output 'Could not open' qemu-img info image ;;
    truncated-qcow2) expect "$1: no table is left" output 'does not contain a recognized' sfdisk --dump disk ;;
    truncated-data-qcow2) expect "$1: qemu-img check tells" fails qemu-img check image ;;
    esac
}

cd "$work"
tab=$(printf '\t')
"$here/make.sh" --list >list
while IFS=$tab read -r name kind format _; do
    case " ${*:-$name} " in
    *" $name "*) ;;
    *) continue ;;
    esac
    rm -f disk disk.base image
    expect "$name: is made" "$here/make.sh" "$name" disk
    expect "$name: format $format" output "file format: $format\|Unsupported cluster size" qemu-img info disk
    [ "$format" = raw ] || {
        mv disk image
        [ ! -e disk.base ] || ln -f disk.base image.base
        qemu-img convert -f "$format" -O raw image disk 2>/dev/null || :
    }
    check_damaged "$name"
    case $name in
    backing-missing | corrupt-qcow2 | truncated-* | no-mbr | whole-disk-ext4) ;;
    gpt) ;;
    *) check_common "$name" "$kind" ;;
    esac
    check_special "$name"
done <list

for format in qcow2 vmdk; do
    expect "odd-start: as $format" "$here/make.sh" odd-start "image.$format" "$format"
    expect "odd-start: $format it is" output "file format: $format" qemu-img info "image.$format"
done
expect "an unknown name is refused" fails "$here/make.sh" no-such-disk disk
expect "a format that makes no sense is refused" fails "$here/make.sh" corrupt-qcow2 disk vmdk
exit "$failed"
