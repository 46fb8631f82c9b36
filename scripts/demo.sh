#!/bin/sh
# Installs what is missing, builds, makes an OpenWrt-like disk of 120 MiB, grows it to 512 MiB through the
# test guest, and shows the proof.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
root=$(cd -- "$here/.." && pwd)
work=$root/build/demo

sh "$here/build.sh" dev demo
mkdir -p "$work"
sh "$root/tests/guest/build.sh" "$root/build/guest"
sh "$root/tests/disks/make.sh" openwrt "$work/openwrt.qcow2" qcow2
cp "$work/openwrt.qcow2" "$work/before.qcow2"

echo
echo "The ISO is the test guest, which stands in for the Alpine virt ISO: see tests/guest/README.md."
echo
printf '%s\n' "\$ qemu-grow --iso=alpine-virt-test.iso openwrt.qcow2 512M"
"$root/build/dev/qemu-grow" --iso="$root/build/guest/alpine-virt-test.iso" "$work/openwrt.qcow2" 512M

echo
echo "The same disk, looked at by other programs (sfdisk, dumpe2fs, e2fsck, checksums of all files):"
sh "$root/tests/e2e/check/check-grown.sh" "$work/before.qcow2" "$work/openwrt.qcow2" 536870912
