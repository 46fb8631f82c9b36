# shellcheck shell=sh disable=SC2154
# What is done to a sample disk after it is made (sourced by make.sh): the state that the disk's name
# promises. Each function takes the raw image; those of one format are in defect_format.

# defect_raw DEFECT IMAGE PARTS: changes the raw image.
defect_raw() {
    last_start=$(sort -n -k 2,2 "$3" | awk 'END { print $2 }')
    last_sectors=$(sort -n -k 2,2 "$3" | awk 'END { print $3 }')
    case $1 in
    inode-padding) defect_inode_padding "$2" "$last_start" ;;
    dirty-journal) defect_dirty_journal "$2" "$last_start" "$last_sectors" ;;
    logical) defect_logical "$2" "$last_start" "$last_sectors" ;;
    whole-disk-ext4) fill ext4 "$2" 0 81920 whole small "$name" ;;
    esac
}

# The bits behind the last inode of a group's bitmap must be ones; make_ext4fs leaves zeros.
defect_inode_padding() {
    fs="$1?offset=$(($2 * 512))"
    inodes=$(dumpe2fs -h "$fs" 2>/dev/null | sed -n 's/^Inodes per group: *//p')
    dumpe2fs "$fs" 2>/dev/null | sed -n 's/.*Inode bitmap at \([0-9]*\).*/\1/p' >bitmaps
    while read -r block; do
        head -c $((4096 - inodes / 8)) /dev/zero |
            dd of="$1" bs=1 seek=$(($2 * 512 + block * 4096 + inodes / 8)) conv=notrunc status=none
    done <bitmaps
}

# A crash before the journal was written back: the changes from state a to state b are in a's journal
# only. The superblock is left out, as the kernel leaves its counts to the next check.
defect_dirty_journal() {
    dd if="$1" of=a bs=512 skip="$2" count="$3" status=none
    cp a b
    seeded "$name-new" 60000 >new
    debugfs -w -f - b >debugfs.log 2>&1 <<END
write new written-before-the-crash
sif written-before-the-crash mtime @1650000000
rm etc/passwd-
sif etc/passwd mode 0100640
ln etc/shadow shadow-link
sif etc/shadow links_count 2
sif usr/share/pieces/piece-011 mtime @1650000011
END
    e2fsck -fn b >b.log 2>&1 || {
        cat b.log >&2
        exit 1
    }
    cmp -l a b |
        awk '{ b = int(($1 - 1) / 1024) } b != last && b > 1 { print b } { last = b }' >blocks
    while read -r block; do
        dd if=b bs=1024 skip="$block" count=1 status=none
    done <blocks >journal
    debugfs -w -f - a >>debugfs.log 2>&1 <<END
jo
jw -b $(paste -s -d , blocks) journal
jc
END
    dumpe2fs -h a 2>/dev/null | grep -q needs_recovery
    fill_write "$1" "$2" <a
}

# An extended partition's own table, with one logical partition in it.
defect_logical() {
    printf 'start=%d, size=%d, type=83\n' $(($2 + 2048)) $(($3 - 4096)) |
        sfdisk -q --append --no-reread --no-tell-kernel --wipe never "$1"
    fill ext2 "$1" $(($2 + 2048)) $(($3 - 4096)) logical small "$name-logical"
}

# defect_format DEFECT IMAGE BASE NAME: changes the finished image. An overlay's content goes to BASE,
# which the overlay knows as NAME, relative to its own folder.
defect_format() {
    case $1 in
    overlay | backing-missing)
        mv "$2" "$3"
        qemu-img create -q -f qcow2 -u -b "$4" -F qcow2 "$2" "$(qemu-img info "$3" |
            sed -n 's/^virtual size.*(\([0-9]*\) bytes)$/\1/p')"
        [ "$1" = overlay ] || rm "$3"
        ;;
    corrupt-header) { printf 'QFI\373\0\0\0\003' && seeded "$name" 262136; } >"$2" ;;
    cut-tables) truncate -s 150000 "$2" ;;
    cut-data) truncate -s $(($(stat -c %s "$2") / 2)) "$2" ;;
    esac
}
