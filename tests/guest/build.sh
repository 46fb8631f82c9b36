#!/bin/sh
# Builds the test guest: an ISO that behaves like Alpine's virt ISO on the serial console, made from
# Debian 12's packages alone. Usage:
#
#   build.sh OUTDIR      makes OUTDIR/alpine-virt-test.iso, unless it is newer than its sources
#
# Packages are fetched once with "apt-get download" into OUTDIR/packages and only unpacked there,
# never installed. Needed on the host: gcc, libc6-dev, binutils, xorriso, cpio, gzip, perl-base.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || {
    echo "usage: $0 OUTDIR" >&2
    exit 2
}
mkdir -p "$1"
out=$(cd "$1" && pwd)
iso=$out/alpine-virt-test.iso

if [ -f "$iso" ] && [ -z "$(find "$here" -type f ! -name README.md -newer "$iso")" ]; then
    exit 0
fi

alpine=3.20.3
packages=$out/packages # *.deb as fetched
debian=$out/debian     # their files
tree=$out/tree         # what goes into the ISO, the initramfs and each package
image=$tree/iso
initramfs=$tree/initramfs
pool=$image/apks/x86_64

# ------------------------------------------------------------------ Debian's packages
kernel=$(apt-cache depends --no-recommends linux-image-amd64 |
    sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1)
[ -n "$kernel" ] || {
    echo "$0: apt knows no linux-image-amd64; run apt-get update" >&2
    exit 1
}
release=${kernel#linux-image-}

mkdir -p "$packages" "$debian"
for package in "$kernel" busybox-static isolinux syslinux-common openrc libeinfo1 librc1 libc6 \
    libaudit1 libcap-ng0 libpam0g libselinux1 libpcre2-8-0 e2fsprogs libext2fs2 libcom-err2 \
    libss2 libuuid1 libblkid1; do
    [ -n "$(find "$packages" -name "${package}_*.deb")" ] ||
        (cd "$packages" && apt-get -q download "$package")
    for deb in "$packages/$package"_*.deb; do
        mark=$debian/.${deb##*/}
        [ -e "$mark" ] || dpkg-deb -x "$deb" "$debian"
        : >"$mark"
    done
done

# ------------------------------------------------------------------ helpers
rm -rf "$tree"
mkdir -p "$pool" "$image/boot/syslinux" "$initramfs"

# copy_with_libraries ROOT FILE...: Debian's files into ROOT, with the libraries that they need and
# that are not in the base system (the list in $base_libraries).
copy_with_libraries() {
    copy_root=$1
    shift
    while [ $# -gt 0 ]; do
        mkdir -p "$copy_root/$(dirname "$1")"
        cp -a "$debian/$1" "$copy_root/$1"
        for library in $(objdump -p "$debian/$1" 2>/dev/null | awk '/NEEDED/ { print $2 }'); do
            case " $base_libraries " in *" $library "*) continue ;; esac
            copy_library "$copy_root" "$library"
        done
        shift
    done
}

# copy_library ROOT SONAME: one library and those that it needs, flat in ROOT/lib/x86_64-linux-gnu.
copy_library() {
    [ ! -e "$1/lib/x86_64-linux-gnu/$2" ] || return 0
    found=$(find "$debian/lib/x86_64-linux-gnu" "$debian/usr/lib/x86_64-linux-gnu" -name "$2" |
        head -n 1)
    [ -n "$found" ] || {
        echo "$0: no library $2" >&2
        exit 1
    }
    mkdir -p "$1/lib/x86_64-linux-gnu"
    cp -L "$found" "$1/lib/x86_64-linux-gnu/$2"
    for library in $(objdump -p "$found" | awk '/NEEDED/ { print $2 }'); do
        case " $base_libraries " in *" $library "*) continue ;; esac
        (copy_library "$1" "$library")
    done
}

# pack NAME VERSION [NEED...]: the files in $tree/NAME as a package, and its entry in the index.
: >"$tree/APKINDEX"
pack() {
    pack_name=$1
    pack_version=$2
    shift 2
    mkdir -p "$tree/$pack_name"
    tar -C "$tree/$pack_name" --owner=0 --group=0 -czf "$pool/$pack_name-$pack_version.apk" .
    printf 'P:%s\nV:%s\nA:x86_64\nI:%s\nD:%s\n\n' "$pack_name" "$pack_version" \
        "$(du -sk "$tree/$pack_name" | awk '{ print $1 * 1024 }')" "$*" >>"$tree/APKINDEX"
}

# overlay NAME FILE...: our own files, from root/.
overlay() {
    overlay_name=$1
    shift
    for file in "$@"; do
        mkdir -p "$tree/$overlay_name/$(dirname "$file")"
        cp "$here/root/$file" "$tree/$overlay_name/$file"
    done
}

# ------------------------------------------------------------------ busybox and our own tools
# Debian's ash greets with two lines before its first prompt, Alpine's does not: an empty greeting.
busybox=$tree/busybox/bin/busybox
mkdir -p "$tree/busybox/bin" "$tree/busybox/sbin"
perl -0777 -pe 's/\n\n%s %s\nEnter \x27help\x27/\0\n%s %s\nEnter \x27help\x27/' \
    "$debian/bin/busybox" >"$busybox"
chmod 755 "$busybox"
"$busybox" --list-full | while read -r applet; do
    [ "$applet" = bin/busybox ] && continue
    mkdir -p "$tree/busybox/$(dirname "$applet")"
    ln -sf /bin/busybox "$tree/busybox/$applet"
done
gcc -std=gnu17 -Os -static -s -Wall -Wextra -o "$tree/busybox/sbin/guest-tools" "$here"/tools/*.c
for tool in blkid kmsg-noise nlplug-findfs uevent-forwarder; do
    ln -sf guest-tools "$tree/busybox/sbin/$tool"
done

# ------------------------------------------------------------------ kernel modules
# Those that lead to the CD and the disks; and some that only hwdrivers loads, for devices that every
# QEMU machine has: their events come when mdev is already the helper, as on Alpine.
boot_modules='ata_piix sd_mod sr_mod isofs virtio_pci virtio_blk uhci-hcd ehci-pci usb-storage ext4
    crc32c_generic loop squashfs'
later_modules='button evdev i2c-piix4 pcspkr psmouse pvpanic-mmio'
modules=lib/modules/$release
take_modules() { # ROOT NAME...: modules and all that they need
    module_root=$1
    shift
    for name in "$@"; do
        module=$(grep "/${name}[.]ko:" "$debian/$modules/modules.dep") || {
            echo "$0: no module $name" >&2
            exit 1
        }
        for file in $(echo "$module" | tr -d ':'); do
            mkdir -p "$module_root/$modules/$(dirname "$file")"
            cp "$debian/$modules/$file" "$module_root/$modules/$file"
        done
    done
    "$busybox" depmod -b "$module_root" "$release"
}
[ -s "$debian/$modules/modules.dep" ] || "$busybox" depmod -b "$debian" "$release"

# ------------------------------------------------------------------ the packages on the CD
base_libraries='libc.so.6 ld-linux-x86-64.so.2'
mkdir -p "$tree/musl/lib/x86_64-linux-gnu" "$tree/musl/lib64"
cp -L "$debian/lib/x86_64-linux-gnu/libc.so.6" "$tree/musl/lib/x86_64-linux-gnu/"
cp -L "$debian/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" "$tree/musl/lib64/"

overlay alpine-baselayout etc/inittab.head etc/motd etc/issue etc/profile etc/shrc etc/rc.conf \
    etc/passwd etc/group etc/shadow etc/hostname etc/fstab \
    etc/insserv.conf etc/init.d/hostname etc/init.d/syslog
for dir in dev media/cdrom mnt proc root run sys tmp var/log; do
    mkdir -p "$tree/alpine-baselayout/$dir"
done

copy_with_libraries "$tree/openrc" sbin/openrc sbin/openrc-run sbin/rc-service
(cd "$debian" && find lib/rc -type f) | while read -r file; do
    copy_with_libraries "$tree/openrc" "$file"
done
# Debian's ash runs md5sum without an exec, which OpenRC's test of /proc takes for a broken /proc.
sed -i 's,=\([ab]\) md5sum ,=\1 /usr/bin/md5sum ,g' "$tree/openrc/lib/rc/sh/init.sh"
for level in sysinit boot default shutdown; do mkdir -p "$tree/openrc/etc/runlevels/$level"; done

overlay mdev-conf etc/mdev.conf lib/mdev/persistent-storage
overlay busybox-mdev-openrc etc/init.d/mdev etc/init.d/hwdrivers
mkdir -p "$tree/busybox-mdev-openrc/etc/runlevels/sysinit" \
    "$tree/alpine-baselayout/etc/runlevels/boot" "$tree/alpine-baselayout/etc/insserv.conf.d" \
    "$tree/alpine-baselayout/etc/conf.d"
for service in mdev hwdrivers; do
    ln -s "/etc/init.d/$service" "$tree/busybox-mdev-openrc/etc/runlevels/sysinit/$service"
done
for service in hostname syslog; do
    ln -s "/etc/init.d/$service" "$tree/alpine-baselayout/etc/runlevels/boot/$service"
done
overlay apk-tools sbin/apk
mkdir -p "$tree/alpine-base/etc"
echo "$alpine" >"$tree/alpine-base/etc/alpine-release"

# shellcheck disable=SC2086 # a list of words
take_modules "$tree/linux-virt" $boot_modules $later_modules

pack alpine-baselayout 3.6.5-r0
pack musl 1.2.5-r0
pack busybox 1.36.1-r29
pack openrc 0.54-r1 musl
pack mdev-conf 4.7-r0
pack busybox-mdev-openrc 1.36.1-r29 openrc mdev-conf
pack apk-tools 2.14.4-r0 musl
pack linux-virt 6.6.49-r0
pack alpine-base "$alpine-r0" alpine-baselayout musl busybox openrc busybox-mdev-openrc apk-tools \
    linux-virt

# e2fsprogs as Alpine cuts it: each library package takes its own, the rest is e2fsprogs-libs.
copy_library "$tree/libcom_err" libcom_err.so.2
copy_library "$tree/libuuid" libuuid.so.1
copy_library "$tree/libblkid" libblkid.so.1
base_libraries="$base_libraries libcom_err.so.2 libuuid.so.1 libblkid.so.1"
for library in libext2fs.so.2 libe2p.so.2 libss.so.2; do
    copy_library "$tree/e2fsprogs-libs" "$library"
done
base_libraries="$base_libraries libext2fs.so.2 libe2p.so.2 libss.so.2"
copy_with_libraries "$tree/e2fsprogs" sbin/e2fsck sbin/mke2fs etc/mke2fs.conf
copy_with_libraries "$tree/e2fsprogs-extra" sbin/resize2fs sbin/dumpe2fs sbin/tune2fs
pack libcom_err 1.47.0-r5 musl
pack libuuid 2.40.1-r1 musl
pack libblkid 2.40.1-r1 musl
pack e2fsprogs-libs 1.47.0-r5 libcom_err libuuid libblkid
pack e2fsprogs 1.47.0-r5 e2fsprogs-libs
pack e2fsprogs-extra 1.47.0-r5 e2fsprogs
tar -C "$tree" --owner=0 --group=0 -czf "$pool/APKINDEX.tar.gz" APKINDEX
echo 'alpine-virt' >"$image/apks/.boot_repository"
echo "alpine-virt $alpine 240906" >"$image/.alpine-release"

# ------------------------------------------------------------------ kernel and initramfs
# shellcheck disable=SC2086 # a list of words
take_modules "$initramfs" $boot_modules

# Of busybox the program and sh alone: its first program makes the other links, and the folders that
# are missing here (/tmp and /usr), as on Alpine. Whoever runs a shell in its place has none of them.
(cd "$initramfs" && mkdir -p bin dev proc sys sbin run etc/apk media/cdrom media/floppy media/usb newroot)
cp -a "$tree/mdev-conf/." "$tree/apk-tools/." "$initramfs/"
cp -a "$busybox" "$tree/busybox/bin/sh" "$initramfs/bin/"
for tool in guest-tools blkid kmsg-noise nlplug-findfs uevent-forwarder; do
    cp -a "$tree/busybox/sbin/$tool" "$initramfs/sbin/"
done
cp "$here/root/etc/shrc" "$here/root/etc/passwd" "$here/root/etc/group" "$initramfs/etc/"
cp "$here/initramfs/init" "$initramfs/init"
(cd "$initramfs" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) |
    gzip -n -9 >"$image/boot/initramfs-virt"
cp "$debian/boot/vmlinuz-$release" "$image/boot/vmlinuz-virt"

# ------------------------------------------------------------------ boot loader, ISO
cp "$debian/usr/lib/ISOLINUX/isolinux.bin" "$image/boot/syslinux/"
for module in ldlinux libcom32 libutil mboot; do
    cp "$debian/usr/lib/syslinux/modules/bios/$module.c32" "$image/boot/syslinux/"
done
cp "$here/syslinux.cfg" "$image/boot/syslinux/syslinux.cfg"

xorriso -as mkisofs -quiet -o "$iso.new" -V "alpine-virt $alpine x86_64" -sysid LINUX -J -R \
    -b boot/syslinux/isolinux.bin -c boot/syslinux/boot.cat -no-emul-boot -boot-load-size 4 \
    -boot-info-table -isohybrid-mbr "$debian/usr/lib/ISOLINUX/isohdpfx.bin" "$image"
mv "$iso.new" "$iso"
