#!/bin/sh
# Guests that really die: each way of dying is made, and the run must end with its exit code and its words, with the
# disk byte for byte what it was and no QEMU left.
#
#   deaths.sh HOW
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
need QEMU_GROW GUEST_ISO WORK
how=$1

fresh "death-$how"
sample one-partition qcow2
iso=$GUEST_ISO
qemu=$(command -v qemu-system-x86_64)

# wrapper SED-SCRIPT: a QEMU whose arguments are changed, each on its own, as ./qemu.
wrapper() {
    {
        echo '#!/bin/sh'
        echo 'n=$#'
        # shellcheck disable=SC2016 # it is the wrapper that expands them
        printf 'for arg; do\n    set -- "$@" "$(printf %%s "$arg" | sed %s)"\ndone\nshift "$n"\n' "'$1'"
        echo "exec $qemu \"\$@\""
    } >qemu
    chmod 755 qemu
    qemu=$PWD/qemu
}

# edited FILE SED-SCRIPT: dialogue files of which one is changed, as ./scripts.
edited() {
    cp -r "$here/../../scripts" scripts
    sed -i "$2" "scripts/dialogues/$1"
    set -- "$(diff "$here/../../scripts/dialogues/$1" "scripts/dialogues/$1" || true)"
    [ -n "$1" ] || {
        echo "the dialogue file was not changed" >&2
        exit 2
    }
}

# broken XORRISO-COMMAND...: the ISO with something done to it, as ./broken.iso.
broken() {
    xorriso -indev "$GUEST_ISO" -outdev broken.iso -boot_image any replay "$@" -- 2>xorriso.log
    iso=broken.iso
}

# first_sector FILE: of a file on the ISO, in units of 512 bytes.
first_sector() {
    xorriso -indev "$GUEST_ISO" -find "$1" -exec report_lba -- 2>/dev/null |
        sed -n 's/^File data lba: *[0-9]* , *\([0-9]*\) ,.*/\1/p' | awk '{ print $1 * 4 }'
}

# blkdebug EVENT ERRNO [SECTOR]: QEMU's options for a file that fails so.
blkdebug() {
    echo "file.driver=blkdebug,file.inject-error.0.event=$1,file.inject-error.0.errno=$2${3:+,file.inject-error.0.sector=$3}"
}

case $how in
panic) # no first program: the kernel's end, on the serial console
    code=45 words='panicked: it has no initramfs'
    set -- --console --append=rdinit=/none
    ;;
panic-unseen) # the same where the kernel has no serial console: it is read off the screen
    code=45 words='panicked: it has no initramfs'
    set -- --append=rdinit=/none
    ;;
panic-late) # by hand, once the guest is up: its kernel tells QEMU
    code=45 words=panic
    edited apk.yaml 's/command: apk add.*/command: echo c >\/proc\/sysrq-trigger/'
    set -- --scripts=scripts
    ;;
emergency) # a CD without packages
    code=46 words='did not find Alpine.s packages'
    broken -rm /apks/.boot_repository
    set -- --console
    ;;
kernel-path) # ISOLINUX would boot its default after a second
    code=44 words='Loading /boot/vmlinuz-lts'
    edited boot.yaml 's/vmlinuz-virt/vmlinuz-lts/'
    set -- --scripts=scripts --console
    ;;
kernel-path-quiet) # and is told to say nothing
    code=44 words='Loading /boot/vmlinuz-lts'
    edited boot.yaml 's/vmlinuz-virt/vmlinuz-lts/'
    set -- --scripts=scripts --append=quiet
    ;;
cd-unreadable) # where e2fsck's package begins
    code=91 words='could not read the CD'
    sector=$(first_sector /apks/x86_64/e2fsprogs-1.47.0-r5.apk)
    # -cdrom's own value becomes a drive by way of -drive: the option's name is an argument like others.
    wrapper "s|^-cdrom\$|-drive|; s|^\\(/.*\\.iso\\)\$|if=ide,index=2,media=cdrom,driver=raw,$(blkdebug read_aio 5 "$sector"),file.image.filename=\\1|"
    set -- --console
    ;;
disk-io) # no write comes through
    code=90 words='I/O errors from the disk'
    wrapper "s|^if=none,id=disk0,file=\\(.*\\),format=qcow2\$|if=none,id=disk0,driver=qcow2,$(blkdebug write_aio 5),file.image.filename=\\1|"
    set -- --console
    ;;
target-full) # QEMU stops a guest whose image cannot grow, without a word on the console
    code=41 words='No space left on device'
    wrapper "s|^if=none,id=disk0,file=\\(.*\\),format=qcow2\$|if=none,id=disk0,driver=qcow2,$(blkdebug write_aio 28),file.image.filename=\\1|"
    ;;
*)
    echo "there is no death '$how'" >&2
    exit 2
    ;;
esac
[ "$1" != "$how" ] || shift

got=0
"$QEMU_GROW" -v --iso="$iso" --qemu="$qemu" --transcript=transcript "$@" disk 128M >log 2>&1 || got=$?
last=$(grep '^qemu-grow: ' log | tail -n 1)
if [ "$got" -ne "$code" ] || ! echo "$last" | grep -q -- "$words"; then
    echo "exit code $got, not $code with '$words': $last"
    show_failure log
    exit 1
fi
cmp before disk || {
    echo "the disk was changed"
    exit 1
}
echo "exit code $code: $last"
rm -f before disk broken.iso
