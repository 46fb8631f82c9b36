#!/bin/sh
# make.sh OUTDIR: all that the tests of the ISO need, made once: small ISOs, a CA with certificates, keys with
# signatures. OUTDIR/ready says that it is complete.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$1"
out=$(cd -- "$1" && pwd)
[ ! -e "$out/ready" ] || [ -n "$(find "$here/make.sh" -newer "$out/ready")" ] || exit 0
rm -rf "${out:?}"/*
cd "$out"

# ------------------------------------------------------------------ ISOs of about 3 MiB
# iso FILE LABEL [LEFT-OUT [NAMES]]: like Alpine's, with random bytes for kernel and initramfs. NAMES: xorriso's
# options that say how names are written.
iso() {
    rm -rf tree
    mkdir -p tree/boot tree/apks/x86_64
    head -c 1000000 /dev/urandom >tree/boot/vmlinuz-virt
    head -c 2000000 /dev/urandom >tree/boot/initramfs-virt
    echo 3.20.3 >tree/.alpine-release
    : >"tree/boot/$(printf 'long%.0s' $(seq 60))" # Rock Ridge's entries of it go on elsewhere
    for package in e2fsprogs-1.47.0-r5 e2fsprogs-extra-1.47.0-r5 e2fsprogs-libs-1.47.0-r5; do
        echo "$package" >"tree/apks/x86_64/$package.apk"
    done
    [ -z "${3:-}" ] || rm "tree/$3"
    # shellcheck disable=SC2086 # several options
    xorriso -as mkisofs -quiet -o "$1" -V "$2" -sysid LINUX ${4:--J -R} tree 2>xorriso.log || {
        cat xorriso.log >&2
        exit 1
    }
    rm -rf tree
}
mkdir iso
iso iso/good.iso 'alpine-virt 3.20.3 x86_64'
iso iso/other.iso 'alpine-virt 3.20.3 x86_64'
iso iso/3.20.2.iso 'alpine-virt 3.20.2 x86_64'
iso iso/3.20.1.iso 'alpine-virt 3.20.1 x86_64'
iso iso/standard.iso 'alpine-std 3.20.3 x86_64'
iso iso/aarch64.iso 'alpine-virt 3.20.3 aarch64'
iso iso/debian.iso 'Debian 12.0.0 amd64 n'
iso iso/no-kernel.iso 'alpine-virt 3.20.3 x86_64' boot/vmlinuz-virt
iso iso/no-initramfs.iso 'alpine-virt 3.20.3 x86_64' boot/initramfs-virt
iso iso/no-e2fsprogs.iso 'alpine-virt 3.20.3 x86_64' apks/x86_64/e2fsprogs-extra-1.47.0-r5.apk
iso iso/joliet.iso 'alpine-virt 3.20.3 x86_64' '' '-J --norock'
iso iso/plain.iso 'alpine-virt 3.20.3 x86_64' '' '--norock -U -iso-level 3'
head -c 1500000 iso/good.iso >iso/truncated.iso
head -c 20000 iso/good.iso >iso/beginning.iso
: >iso/empty.iso
printf '<!DOCTYPE html>\n<html><body>Please log in</body></html>\n' >iso/login.iso
head -c 100000 /dev/zero >iso/zeros.iso

# ------------------------------------------------------------------ certificates
# certificate NAME SUBJECT DAYS: signed by the CA.
certificate() {
    openssl req -newkey rsa:2048 -nodes -keyout "tls/$1.key" -out "tls/$1.csr" -subj "/CN=$2" 2>/dev/null
    printf 'subjectAltName=DNS:%s\n' "$2" >"tls/$1.ext"
    openssl x509 -req -in "tls/$1.csr" -CA tls/ca.pem -CAkey tls/ca.key -CAcreateserial \
        -out "tls/$1.pem" -extfile "tls/$1.ext" -days "$3" 2>/dev/null
}
mkdir tls
openssl req -x509 -newkey rsa:2048 -nodes -keyout tls/ca.key -out tls/ca.pem -days 3650 \
    -subj '/CN=CA of the tests' 2>/dev/null
certificate good localhost 3650
certificate name elsewhere.example 3650
certificate expired localhost -1

# ------------------------------------------------------------------ keys and signatures
# key NAME FPR-FILE OPTION...: a key without a passphrase, exported.
export GNUPGHOME="$out/gnupg"
mkdir -m 700 gnupg
mkdir keys asc
key() {
    name=$1
    expire=$2
    shift 2
    gpg -q --batch --passphrase '' "$@" --quick-gen-key "$name <$name@example>" rsa2048 sign "$expire" 2>/dev/null
    gpg --batch --armor --export "$name@example" >"keys/$name.asc"
    gpg --batch --with-colons --list-keys "$name@example" | sed -n 's/^fpr:::::::::\(.*\):$/\1/p' |
        head -n 1 >"keys/$name.fpr"
}
sign() { # NAME FILE OUT OPTION...
    name=$1
    file=$2
    signature=$3
    shift 3
    gpg -q --batch --trust-model always "$@" -u "$name@example" --armor --output "$signature" --detach-sign "$file" 2>/dev/null
}
key release never
key stranger never
key old 1d --faked-system-time 20200101T000000
key second never
sign release iso/3.20.2.iso asc/good
sign stranger iso/3.20.2.iso asc/stranger
sign old iso/3.20.2.iso asc/old --faked-system-time 20200101T120000
sign release iso/3.20.1.iso asc/other-file
sign second iso/3.20.2.iso asc/second
sed '5s/./-/g' asc/good >asc/broken
head -n 4 asc/good >asc/cut
printf 'not a signature\n' >asc/nothing
cat keys/stranger.asc keys/release.asc >keys/both.asc
sed '6s/./-/g' keys/release.asc >keys/broken.asc
gpgconf --kill all
rm -rf gnupg
: >ready
