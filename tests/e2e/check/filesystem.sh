# shellcheck shell=sh
# What the superblock tells, and how large a file system must become (sourced by check-grown.sh).

# fs_read FS FILE: dumpe2fs' lines about the superblock.
fs_read() {
    dumpe2fs -h "$1" 2>/dev/null >"$2"
}

# fs_field FILE NAME: one field of it, empty if it is not there.
fs_field() {
    sed -n "s/^$2: *//p" "$1" | head -n 1
}

# fs_features FILE: one feature a line, without the marks of a crash, which a check removes.
fs_features() {
    fs_field "$1" 'Filesystem features' | tr ' ' '\n' | grep -v -e '^$' -e needs_recovery -e orphan_present | sort
}

# fs_settings FILE: the lines that nobody has a reason to change.
fs_settings() {
    grep -E '^(Filesystem (created|revision|OS)|Default (mount|directory)|Errors|Block size|Fragment|Blocks per group|Inodes per group|Group descriptor size|Reserved blocks [ug]id|First|Inode size|Required|Desired|Journal inode|Total journal|Directory Hash|Maximum|Check interval|Checksum type)' "$1"
}

# fs_blocks FILE SECTORS: the block count that resize2fs gives the file system of FILE in a partition of
# SECTORS: whole pages of 4 KiB, and no last group that has no room for more than its own tables.
fs_blocks() {
    awk -F ': *' -v sectors="$2" '
        function has_super(group, base, power) {
            if (group <= 1 || !sparse) return 1
            for (base = 3; base <= 7; base += 2) {
                for (power = base; power < group; power *= base);
                if (power == group) return 1
            }
            return 0
        }
        $1 == "Filesystem features" { sparse = (" " $2 " ") ~ / sparse_super /; wide = $2 ~ /64bit/ }
        $1 == "Block size" { size = $2 }
        $1 == "First block" { first = $2 }
        $1 == "Blocks per group" { per_group = $2 }
        $1 == "Inode blocks per group" { inodes = $2 }
        $1 == "Reserved GDT blocks" { reserved = $2 }
        $1 == "Group descriptor size" { descriptor = $2 }
        END {
            if (!size) exit 1
            blocks = int(sectors * 512 / size)
            if (size < 4096) blocks -= blocks % (4096 / size)
            rest = (blocks - first) % per_group
            groups = int((blocks - first + per_group - 1) / per_group)
            if (!descriptor) descriptor = 32
            need = 2 + inodes
            if (has_super(groups - 1)) need += 1 + int((groups * descriptor + size - 1) / size) + reserved
            if (groups > 1 && rest && rest < need + 50) blocks -= rest
            printf "%.0f\n", blocks
        }' "$1"
}
