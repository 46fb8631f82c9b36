#!/bin/sh
# Installs what is missing, builds, makes an OpenWrt-like disk of 120 MiB, grows it to 512 MiB, and shows the proof.
# With a network the real Alpine ISO is fetched and used; without, the test guest stands in for it.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
root=$(cd -- "$here/.." && pwd)
work=$root/build/demo

sh "$here/build.sh" dev demo
mkdir -p "$work"
export XDG_STATE_HOME="$work/state"
sh "$root/tests/disks/make.sh" openwrt "$work/openwrt.qcow2" qcow2
cp "$work/openwrt.qcow2" "$work/before.qcow2"

# One round over one mirror tells whether there is a network.
mkdir -p "$work/config/qemu-grow"
echo 'transfer: {connect: 10, rounds: 1}' >"$work/config/qemu-grow/isos.yaml"
echo
if XDG_CONFIG_HOME="$work/config" "$root/build/dev/qemu-grow" --fetch \
    --mirror=https://dl-cdn.alpinelinux.org/alpine; then
    echo "The ISO is the real one, Alpine's."
    set --
else
    echo "The ISO cannot be fetched here, so the test guest stands in for it: see tests/guest/README.md."
    sh "$root/tests/guest/build.sh" "$root/build/guest"
    set -- --iso="$root/build/guest/alpine-virt-test.iso"
fi
echo
printf '$ qemu-grow%s openwrt.qcow2 512M\n' "${1:+ --iso=alpine-virt-test.iso}"
"$root/build/dev/qemu-grow" "$@" "$work/openwrt.qcow2" 512M

echo
echo "The same disk, looked at by other programs (sfdisk, dumpe2fs, e2fsck, checksums of all files):"
sh "$root/tests/e2e/check/check-grown.sh" "$work/before.qcow2" "$work/openwrt.qcow2" 536870912
