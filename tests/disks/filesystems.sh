# shellcheck shell=sh disable=SC2154
# What fills the partitions of a sample disk (sourced by make.sh). Offsets and sizes are in sectors of
# 512 bytes. $name is the disk's name; the current folder is scratch.

# fill FILLER IMAGE START SECTORS LABEL TREE SEED: writes the content of one partition into IMAGE.
fill() {
    case $1 in
    none) ;;
    noise) seeded "$7" $(($4 * 512)) | fill_write "$2" "$3" ;;
    xfs) { printf 'XFSB\0\0\020\0' && seeded "$7" $(($4 * 512 - 8)); } | fill_write "$2" "$3" ;;
    swap) fill_swap "$2" "$3" "$4" "$5" "$7" ;;
    *) fill_ext "$@" ;;
    esac
}

# fill_write IMAGE START: standard input goes to sector START of IMAGE.
fill_write() {
    dd of="$1" bs=512 seek="$2" conv=notrunc iflag=fullblock status=none
}

# fill_swap IMAGE START SECTORS LABEL SEED
fill_swap() {
    truncate -s $(($3 * 512)) swap
    mkswap -q -L "$4" -U "$(seeded_uuid "$5")" swap 2>/dev/null
    fill_write "$1" "$2" <swap
    rm swap
}

# fill_ext_options FILLER: the options of mke2fs that make this kind of file system.
#   openwrt       as make_ext4fs -J makes it: no journal, 4 KiB blocks, nothing reserved
#   ext2, ext3    1 KiB blocks, so that there are several groups; -packed: no reserved descriptors
#   ext4          as a kernel of 2012 would have it; -64bit: all that e2fsprogs 1.47 knows;
#                 -bigalloc: clusters of 16 KiB
fill_ext_options() {
    off='^64bit,^metadata_csum'
    case $1 in
    openwrt)
        echo "-t ext4 -b 4096 -m 0 -i 16384 -I 256 -O $off,^has_journal,^flex_bg,^dir_index,^huge_file,^dir_nlink,^extra_isize,uninit_bg"
        ;;
    ext2) echo "-t ext2 -b 1024" ;;
    ext2-packed) echo "-t ext2 -b 1024 -O ^resize_inode" ;;
    ext3) echo "-t ext3 -b 1024 -J size=4" ;;
    ext4) echo "-t ext4 -b 4096 -J size=4 -O $off" ;;
    ext4-bigalloc) echo "-t ext4 -b 4096 -J size=4 -O $off,bigalloc -C 16384" ;;
    ext4-64bit) echo "-t ext4 -b 4096 -J size=4 -O 64bit,metadata_csum,orphan_file" ;;
    *)
        echo "make.sh: no filler called $1" >&2
        exit 1
        ;;
    esac
}

# fill_ext FILLER IMAGE START SECTORS LABEL TREE SEED
fill_ext() {
    tree=tree-$7
    mkdir "$tree"
    tree_make "$6" "$tree"
    options=$(fill_ext_options "$1")
    uuid=$(seeded_uuid "$7")
    # The options are words of their own.
    # shellcheck disable=SC2086
    mke2fs -q -F $options -L "$5" -U "$uuid" -d "$tree" \
        -E "nodiscard,root_owner=0:0,hash_seed=$uuid,lazy_itable_init=0,lazy_journal_init=0,offset=$(($3 * 512))" \
        "$2" "$(($4 / 2))k"
    fill_ext_touches "$6" | debugfs -w -f - "$2?offset=$(($3 * 512))" >debugfs.log 2>&1
    if grep -v -e '^debugfs' -e '^Allocated inode' debugfs.log >&2; then
        echo "make.sh: debugfs had something to say about $name" >&2
        exit 1
    fi
    # The boot block that a file system leaves alone.
    seeded "$7-boot" 1024 | fill_write "$2" "$3"
    rm -rf "$tree"
}

# fill_ext_touches TREE: debugfs commands for what a tree made by an ordinary user cannot have.
fill_ext_touches() {
    case $1 in
    full:*)
        cat <<'END'
sif /etc/shadow gid 42
sif /srv/shared uid 1000
sif /srv/shared gid 100
sif /usr/share/pieces/piece-003 uid 70000
ea_set /etc/passwd user.note "kept with the inode"
cd /srv
mknod console c 5 1
sif console mtime @1300000001
mknod disk b 8 2
sif disk mtime @1300000002
END
        ;;
    esac
}
