"""The images of the golden tests: what each is made by (images.sh has the words), and which reason it is for."""

from dataclasses import dataclass


@dataclass
class Image:
    name: str
    make: str  # a shell snippet that makes disk.img
    codes: tuple = ()  # the reasons that must be among those that are told
    size: str = "64M"
    options: tuple = ()
    exit: int = 0
    wrap: str = ""  # a shell snippet that runs the program, "$@", in another way
    locked: bool = False  # somebody writes to the image meanwhile


def refused(name, make, exit_code, *codes, **more):
    return Image(name, make, codes or (name,), exit=exit_code, **more)


def told(name, make, *codes, **more):
    return Image(name, make, codes or (name,), **more)


TMPFS = 'exec unshare -rm sh -c \'mount -t tmpfs -o size=%s none small && cp --sparse=always disk.img small/ && cd small && "$@"\' sh "$@"'
READ_ONLY = 'exec unshare -rm sh -c \'mount --bind . . && mount -o remount,ro,bind . && cd "$PWD" && "$@"\' sh "$@"'
OLD = "ext 8M ,sparse_super -t ext2 -b 1024 -N 512"

IMAGES = [
    # Nothing to be said, or little.
    Image("grow", "plain"),
    Image("grow-qcow2", "plain; convert qcow2"),
    Image("grow-known-iso", "plain ,orphan_file,has_journal -b 1024 -J size=1; iso 1.47.0-r5", options=("--iso=alpine.iso",)),
    Image("grow-in-place", "plain", options=("--in-place", "--attach=virtio", "--seq=init", "--log=single")),
    Image("grow-usb", "plain", options=("--attach=usb", "--plug=boot", "--plug-by=drive", "--dmesg")),
    Image("unchanged", "plain", size="12M", exit=3),
    Image("unchanged-qcow2", "plain; convert qcow2", size="+0", exit=3),
    told("cut-off-run", "plain; truncate -s 64M disk.img"),
    Image("four-primaries", "table 16M 'start=20480, size=4096, type=83' 'start=24576, size=8192, type=83' "
          "'start=2048, size=4096, type=82' 'start=8192, size=8192, type=83'; ext 4M '' -t ext2 -b 4096; put 24576"),

    # The image as a file.
    refused("disk-unreadable", "", 10),
    refused("disk-kind-folder", "mkdir disk.img", 10, "disk-kind"),
    refused("disk-kind-fifo", "mkfifo disk.img", 10, "disk-kind"),
    refused("disk-read-only", "plain", 10, wrap=READ_ONLY),
    refused("disk-locked", "plain", 11, locked=True),
    refused("program-missing-qemu-img", "plain", 25, "program-missing", options=("--qemu-img=/nowhere/qemu-img",)),
    refused("program-missing-qemu", "plain", 25, "program-missing", options=("--qemu=/nowhere/qemu",)),
    refused("iso-unusable-missing", "plain", 24, "iso-unusable", options=("--iso=./nothing.iso",)),
    refused("iso-unusable-wrong", "plain; truncate -s 1M other.iso", 35, "iso-unusable", options=("--iso=./other.iso",)),
    refused("journal-bad", "plain; echo nothing >disk.img.qemu-grow-journal", 81),
    refused("no-room", f"two; {OLD}; put; mkdir small", 72, size="4G", wrap=TMPFS % "16m"),
    told("room-tight", "plain; mkdir small", wrap=TMPFS % "12m"),
    refused("file-limit", "plain", 72, wrap='ulimit -f 40000; exec "$@"'),

    # The image as QEMU sees it.
    refused("format-unreadable-other", "plain", 12, "format-unreadable", options=("--format=vmdk",)),
    refused("format-unreadable-unknown", "plain", 12, "format-unreadable", options=("--format=no-such",)),
    refused("format-unreadable-noise", r"printf 'QFI\373\0\0\0\003' >disk.img; truncate -s 1M disk.img", 12,
            "format-unreadable"),
    refused("backing-unreadable", "plain; mv disk.img base; qemu-img create -q -f qcow2 -F raw -b base disk.img; rm base", 13),
    refused("encrypted", r"plain; convert qcow2; poke disk.img 35 '\001'", 12),
    refused("marked-corrupt", r"plain; convert qcow2; poke disk.img 79 '\002'", 12),
    refused("marked-dirty", r"plain; convert qcow2; poke disk.img 79 '\001'", 12),
    refused("cut-short", "plain; convert qcow2; truncate -s 150000 disk.img", 12),
    refused("tables-damaged", r"plain; convert qcow2; poke disk.img 262150 '\377'", 12),
    refused("bitmap-in-use", r"""plain; convert qcow2; qemu-img bitmap --add disk.img daily
        at=$(python3 -c 'print(open("disk.img", "rb").read().rindex(b"daily") - 24)')
        poke disk.img $((at + 12)) '\0\0\0\003'""", 14),
    refused("old-snapshots", "plain; convert qcow2 -o compat=0.10; qemu-img snapshot -c one disk.img", 14),
    told("has-backing", "plain; mv disk.img base; qemu-img create -q -f qcow2 -F raw -b base disk.img"),
    told("has-snapshots", "plain; convert qcow2; qemu-img snapshot -c one disk.img; qemu-img snapshot -c two disk.img"),
    told("has-bitmaps", "plain; convert qcow2; qemu-img bitmap --add disk.img daily"),
    told("has-data-file", "plain; convert qcow2 -o data_file=content.raw"),

    told("grown-copy-vmdk", "plain; convert vmdk", "grown-copy"),
    told("grown-copy-vdi", "plain; convert vdi", "grown-copy"),
    told("grown-copy-vpc", "plain; convert vpc -o force_size=on", "grown-copy"),
    told("grown-copy-vhdx", "plain; convert vhdx", "grown-copy"),
    refused("format-fixed-in-place", "plain; convert vmdk", 14, "format-fixed", options=("--in-place",)),
    refused("format-fixed-qcow", "plain; convert qcow", 14, "format-fixed"),
    refused("copy-refused", "plain; convert vdi; ln disk.img other", 82),

    # SIZE.
    refused("size-invalid-word", "plain", 15, "size-invalid", size="8X"),
    refused("size-invalid-odd", "plain", 15, "size-invalid", size="12345679"),
    refused("size-smaller", "plain", 16, size="8M"),
    refused("nothing-to-grow", "plain", 16, size="+512"),
    refused("size-beyond-mbr", "plain", 17, size="2T"),

    # The partition table.
    refused("no-mbr", "truncate -s 8M disk.img", 18),
    refused("no-mbr-empty", ": >disk.img", 18, "no-mbr"),
    refused("no-table-ext", "ext4 ''; mv fs disk.img", 18, "no-table"),
    refused("no-table-fat", r"truncate -s 8M disk.img; poke disk.img 0 '\353\074\220'; poke disk.img 54 'FAT16   '; "
            r"poke disk.img 446 'x'; poke disk.img 510 '\125\252'", 18, "no-table"),
    refused("no-table-luks", r"truncate -s 8M disk.img; poke disk.img 0 'LUKS\272\276'", 18, "no-table"),
    refused("gpt", "truncate -s 12M disk.img; printf 'label: gpt\\n,,L\\n' | sfdisk -q disk.img", 19),
    refused("gpt-header", "plain; poke disk.img 512 'EFI PART'", 19),
    refused("extended-05", "table 12M 'start=2048, size=4096, type=83' 'start=8192, size=16384, type=5'", 20, "extended"),
    refused("extended-0f", "table 12M 'start=2048, size=4096, type=83' 'start=8192, size=16384, type=f'", 20, "extended"),
    refused("no-partition", "table 12M ''", 21),
    refused("bad-boot-byte", r"plain; poke disk.img 446 '\001'", 22),
    refused("unused-not-empty", r"plain; poke disk.img 478 '\200'", 22),
    refused("zero-partition", r"plain; poke disk.img 482 '\203'", 22),
    refused("beyond-end", "plain; truncate -s 11M disk.img", 22),
    refused("overlap", r"plain; poke disk.img 458 '\000\060\0\0'", 22),
    told("start-unaligned", "table 12M 'start=8191, size=16384, type=83'; ext4 ''; put 8191"),
    told("type-unusual", "table 12M 'start=8192, size=16384, type=c'; ext4 ''; put"),

    # What the last partition holds.
    refused("not-ext", "magic 0 'neither this nor that'", 23),
    refused("lvm", "magic 512 LABELONE", 23),
    refused("luks", r"magic 0 'LUKS\272\276'", 23),
    refused("raid-member-1.2", r"magic 4096 '\374\116\053\251'", 23, "raid-member"),
    refused("raid-member-over-ext", r"plain; poke disk.img $((8192 * 512)) '\374\116\053\251'", 23, "raid-member"),
    refused("swap", "magic 4086 SWAPSPACE2", 23),
    refused("xfs", "magic 0 XFSB", 23),
    refused("btrfs", "magic 65600 _BHRfS_M", 23),
    refused("other-content-ntfs", "magic 3 'NTFS    '", 23, "other-content"),
    refused("other-content-squashfs", "magic 0 hsqs", 23, "other-content"),
    refused("other-content-f2fs", r"magic 1024 '\020\040\365\362'", 23, "other-content"),
    refused("journal-device", f"two; truncate -s 8M fs; mke2fs -q -F -O journal_dev -b 1024 -U $uuid fs; put", 23),
    refused("ext-damaged", r"two; ext4 ''; poke fs 1048 '\011'; put", 23),

    # The ext file system.
    refused("bigalloc", "two; ext4 ,bigalloc -b 4096 -C 16384; put", 70),
    refused("external-journal", "two; ext4 ''; feature has_journal; set_super journal_dev 0x801; put", 70),
    refused("resize-inode-meta-bg", "two; ext4 ''; feature meta_bg; put", 70),
    refused("fs-beyond-plan", "two; ext 20M ,sparse_super -t ext2 -b 4096 -N 512; truncate -s 8M fs; put", 70, size="16M"),
    refused("too-many-groups", "two; ext 8M ,sparse_super -t ext2 -b 1024 -g 256 -N 512; put", 70, size="4G"),
    refused("too-many-inodes", "two; ext 8M ,sparse_super -t ext2 -b 4096 -g 2048 -N 32768 -I 128; put", 70,
            size="1536G"),
    refused("mmp-fsck", r"two; ext4 ,mmp; mmp_mark '\120\115\115\342'; put", 70),
    refused("features-unknown-compat", "two; ext4 ''; feature FEATURE_C20; put", 71, "features-unknown"),
    refused("features-unknown-incompat", "two; ext4 ''; feature FEATURE_I20; put", 71, "features-unknown"),
    refused("features-unknown-ro", "two; ext4 ''; feature FEATURE_R20; put", 71, "features-unknown"),
    refused("features-too-new", "plain ,orphan_file,has_journal -b 1024 -J size=1; iso 1.46.6-r0", 71,
            options=("--iso=alpine.iso",)),
    told("features-unchecked", "plain ,casefold,large_dir,ea_inode,inline_data,metadata_csum_seed"),
    told("fs-larger", "plain; printf '8192,16376,83\\n' | sfdisk -q --no-reread -N 2 disk.img"),
    told("fs-smaller", "two; ext 6M ,sparse_super -t ext2 -b 4096 -N 512; put"),
    told("journal-dirty", "two; ext4 ,has_journal -b 1024 -J size=1; feature needs_recovery; put"),
    told("fs-unclean", "two; ext4 ''; set_super state 0; put"),
    told("fs-errors", "two; ext4 ''; set_super state 3; put"),
    told("orphans", "two; ext4 ,has_journal,orphan_file -b 1024 -J size=1; feature orphan_present; put"),
    told("mmp", r"two; ext4 ,mmp; mmp_mark '\5\0\0\0'; put"),
    Image("mmp-clean", "plain ,mmp"),
    told("tables-move-no-resize-inode", f"two; {OLD}; put", "tables-move", "small-blocks", size="512M"),
    told("resize-inode-small", "two; ext 8M ,sparse_super,resize_inode -t ext2 -b 1024 -N 512; set_super reserved_gdt_blocks 1; put",
         size="2G"),
    told("meta-bg", "two; ext 8M ,sparse_super,extent,meta_bg -t ext4 -b 4096 -N 512; put"),
    told("shared-blocks", "two; ext4 ''; feature shared_blocks; put"),
    told("small-blocks-1k", f"two; {OLD}; put", "small-blocks", size="15M"),
    told("small-blocks-2k", "two; ext 8M ,sparse_super -t ext2 -b 2048 -N 512; put", "small-blocks"),
    told("rest-unused", f"two; {OLD}; put", size="20991488"),

    # Several at a time: all are told.
    refused("many-image", r"""magic 0 XFSB; convert qcow2; qemu-img bitmap --add disk.img daily; poke disk.img 79 '\001'
        at=$(python3 -c 'print(open("disk.img", "rb").read().rindex(b"daily") - 24)')
        poke disk.img $((at + 12)) '\0\0\0\003'""", 12, "marked-dirty", "bitmap-in-use", "xfs"),
    refused("many-table", r"plain; poke disk.img 446 '\001'; poke disk.img 458 '\000\060\0\0'; poke disk.img 478 '\200'", 22,
            "bad-boot-byte", "overlap", "unused-not-empty"),
    refused("many-fs", "two; ext 8M ,sparse_super -t ext2 -b 1024 -g 256 -N 512; set_super state 2; feature FEATURE_R20; put",
            71, "features-unknown", "too-many-groups", "fs-unclean", "fs-errors", size="4G"),
]
