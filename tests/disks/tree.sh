# shellcheck shell=sh
# The directory trees that go into the sample file systems (sourced by make.sh). All content is
# fixed by a seed; times are fixed too.

# tree_make SPEC DIR: fills the empty directory DIR. SPEC is one of
#   boot      GRUB's folder and a kernel of 5 MiB
#   small     a few files
#   full:MIB  some hundred files of every kind, with one large file of MIB MiB
tree_make() (
    cd "$2" || exit 1
    case $1 in
    boot) tree_boot ;;
    small) tree_small ;;
    full:*) tree_full "${1#full:}" ;;
    *)
        echo "make.sh: no tree called $1" >&2
        exit 1
        ;;
    esac
    tree_times
)

tree_boot() {
    mkdir -p boot/grub
    seeded kernel 5242880 >boot/vmlinuz
    cat >boot/grub/grub.cfg <<'END'
serial --unit=0 --speed=115200
set default="0"
set root='(hd0,msdos1)'
menuentry "OpenWrt" {
    linux /boot/vmlinuz root=PARTUUID=cbad8a62-02 rootfstype=ext4 rootwait console=ttyS0,115200n8 noinitrd
}
END
}

tree_small() {
    mkdir sub
    echo 'a small tree' >readme
    seeded small 300000 >sub/data
    ln -s sub/data link
    ln sub/data hard
}

tree_full() {
    tree_pieces
    tree_links
    tree_names
    tree_modes
    seeded large $(($1 * 1048576)) >large.bin
    tree_sparse srv/sparse.img
}

# Some hundred files: a folder of many entries, files of odd sizes, a chain of folders.
tree_pieces() {
    mkdir -p usr/lib/many usr/share/pieces etc srv deep/1/2/3/4/5/6/7/8/9/end empty-folder
    seeded many 210000 | split -b 700 -a 3 -d - usr/lib/many/entry-with-a-rather-long-name-
    seeded pieces 900001 | split -b 9001 -a 3 -d - usr/share/pieces/piece-
    seeded deep 4097 >deep/1/2/3/4/5/6/7/8/9/end/file
    echo 'root:x:0:0:root:/root:/bin/ash' >etc/passwd
    echo 'root::0:0:99999:7:::' >etc/shadow
    : >etc/empty
}

tree_links() {
    ln etc/passwd etc/passwd-
    for n in 1 2 3; do
        ln usr/share/pieces/piece-007 "srv/hard-$n"
    done
    ln deep/1/2/3/4/5/6/7/8/9/end/file deep/1/file
    ln -s passwd etc/short
    ln -s /nowhere/at/all etc/dangling
    ln -s ../usr/share srv/folder
    ln -s ../deep/1/2/3/4/5/6/7/8/9/../9/../9/../9/../9/../9/../9/end/file etc/longer-than-an-inode-can-hold
}

# Names that a careless tool gets wrong: not ASCII, not even UTF-8, blanks, quotes, a leading dash.
tree_names() {
    mkdir 'srv/日本語' 'srv/with blank'
    echo 1 >'srv/日本語/ファイル 一.txt'
    echo 2 >'srv/Ünïcödé-Größe'
    echo 3 >"srv/$(printf 'latin1-caf\351')"
    echo 4 >'srv/with blank/ leading'
    echo 5 >"srv/with blank/quotes '\" end"
    echo 6 >'srv/-rf'
    echo 7 >'srv/*'
    echo 8 >"srv/$(printf '%0255d' 0 | tr 0 n)"
}

tree_modes() {
    mkdir srv/sticky srv/shared
    cp etc/passwd srv/setuid
    mkfifo srv/pipe
    chmod 1777 srv/sticky
    chmod 2770 srv/shared
    chmod 4755 srv/setuid
    chmod 0600 etc/shadow
    chmod 0444 'srv/-rf'
}

# tree_sparse FILE: 16 MiB that are holes but for three places.
tree_sparse() {
    truncate -s 16M "$1"
    for at in 0 1793 4080; do
        seeded "sparse-$at" 20000 | dd of="$1" bs=4096 seek="$at" conv=notrunc status=none
    done
}

# Every inode gets a time that depends on its kind, so that a lost or swapped time shows.
tree_times() {
    find . -type f -exec touch -h -d '@1700000000.123456789' {} +
    find . -name '*7' -exec touch -h -d '@1400000007' {} +
    find . ! -type f ! -type d -exec touch -h -d '@1600000000' {} +
    find . -depth -type d -exec touch -h -d '@1500000000' {} +
}
