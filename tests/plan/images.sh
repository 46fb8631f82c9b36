# shellcheck shell=sh disable=SC2119,SC2120
# What the images of images.py are made with (sourced before each of its snippets). Everything happens in the current
# folder; the image is ./disk.img, a file system on its way into it ./fs.
set -eu
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin" MKE2FS_CONFIG=/dev/null
uuid=5935bdce-ed7c-488a-8e8f-3ae49664e184

# poke FILE OFFSET BYTES: BYTES as printf writes them.
poke() {
    # shellcheck disable=SC2059 # they are the format
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# table SIZE LINE...: an MBR of these sfdisk lines on a disk of that size.
table() {
    rm -f disk.img
    truncate -s "$1" disk.img
    shift
    { printf 'label: dos\nlabel-id: 0xcbad8a62\nunit: sectors\n' && printf '%s\n' "$@"; } |
        sfdisk -q --no-reread --no-tell-kernel --wipe never disk.img
}

# two: partition 2, the last one, has 8 MiB at sector 8192.
two() {
    table 12M 'start=2048, size=4096, type=83, bootable' 'start=8192, size=16384, type=83'
}

# ext SIZE FEATURES MKE2FS-OPTION...
ext() {
    rm -f fs
    truncate -s "$1" fs
    features=$2
    shift 2
    mke2fs -q -F -O "none,ext_attr,filetype,large_file$features" -I 256 -L root -U $uuid -E hash_seed=$uuid "$@" fs 2>mke2fs.log ||
        { cat mke2fs.log >&2 && exit 1; }
}

# ext4 MORE-FEATURES OPTION...: a common one, for partition 2, without a journal.
ext4() {
    more=$1
    shift
    [ $# -gt 0 ] || set -- -b 4096
    ext 8M ",dir_index,extent,64bit,flex_bg,sparse_super,huge_file,dir_nlink,extra_isize,metadata_csum,resize_inode$more" \
        -t ext4 -N 512 "$@"
}

# feature NAME: sets it, whatever it needs besides.
feature() {
    debugfs -w -R "feature $1" fs >debugfs.log 2>&1
}

# set_super FIELD VALUE
set_super() {
    debugfs -w -R "ssv $1 $2" fs >debugfs.log 2>&1
}

# put [SECTOR]: ./fs goes into the partition at that sector.
put() {
    dd if=fs of=disk.img bs=512 seek="${1:-8192}" conv=notrunc,sparse status=none
}

# plain [MORE-FEATURES [OPTION...]]: a disk that can be grown.
plain() {
    two
    [ $# -gt 0 ] || set -- ""
    ext4 "$@"
    put
}

# magic OFFSET BYTES: partition 2 holds nothing but this.
magic() {
    two
    poke disk.img $((8192 * 512 + $1)) "$2"
}

# convert FORMAT QEMU-IMG-OPTION...: the image in another format.
convert() {
    mv disk.img raw
    format=$1
    shift
    qemu-img convert -q -f raw -O "$format" "$@" raw disk.img
    rm raw
}

# mmp_mark BYTES: what the block of multiple mount protection says.
mmp_mark() {
    block=$(dumpe2fs -h fs 2>/dev/null | sed -n 's/^MMP block number: *//p')
    poke fs $((block * 4096 + 4)) "$1"
}

# iso E2FSPROGS: a file that looks like Alpine's ISO with that package on it.
iso() {
    mkdir -p tree/boot tree/apks/x86_64
    touch tree/boot/vmlinuz-virt tree/boot/initramfs-virt "tree/apks/x86_64/e2fsprogs-extra-$1.apk"
    xorriso -as mkisofs -quiet -r -V 'alpine-virt 3.20.3 x86_64' -o alpine.iso tree
}
