#!/bin/sh
# fetch.sh QEMU_GROW DATA [MIB [ROUNDS]]: the throughput of a fetch (https on loopback, from nginx, with the SHA-256
# checked and the file brought to the disk) beside that of `curl -o` of the same file, and of `curl -o` and `sha256sum`
# after it, in turns. DATA is made by tests/iso/make.sh. Prints each time in seconds, and of the medians and of the best
# times the ratio: curl's time by the program's. The server, the transfer and the digest want two CPUs to themselves: where others use them, what is
# compared is the sum of the work, and curl does not hash. So the load (of the last minute) is printed, too.
set -eu
program=$(cd -- "$(dirname -- "$1")" && pwd)/$(basename -- "$1")
data=$(cd -- "$2" && pwd)
mib=${3:-512}
rounds=${4:-7}
port=${PORT:-18443}
PATH=$PATH:/usr/sbin

work=$(mktemp -d "${TMPDIR:-/tmp}/qemu-grow-bench-XXXXXX")
chmod 755 "$work" # nginx gives its own rights up
nginx=
trap '[ -z "$nginx" ] || kill "$nginx"; rm -rf "$work"' EXIT
path=v3.20/releases/x86_64/alpine-virt-3.20.3-x86_64.iso
mkdir -p "$work/files/${path%/*}" "$work/isos"

# An ISO that the program takes, made long by one large file.
mkdir -p "$work/tree/boot" "$work/tree/apks/x86_64"
head -c "${mib}M" /dev/urandom >"$work/tree/boot/vmlinuz-virt"
: >"$work/tree/boot/initramfs-virt"
: >"$work/tree/apks/x86_64/e2fsprogs-extra-1.47.0-r5.apk"
xorriso -as mkisofs -quiet -o "$work/files/$path" -V 'alpine-virt 3.20.3 x86_64' -J -R "$work/tree" 2>/dev/null
rm -rf "$work/tree"
sha256=$(sha256sum "$work/files/$path" | cut -d ' ' -f 1)
cat >"$work/isos/catalogue.yaml" <<EOF
default: 3.20.3
mirrors: ["https://localhost:$port"]
releases: [{version: 3.20.3, sha256: $sha256, size: $(stat -c %s "$work/files/$path")}]
EOF
cat >"$work/conf" <<EOF
daemon off;
pid $work/pid;
error_log $work/error.log;
events { }
http {
    access_log off;
    client_body_temp_path $work/body;
    proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate $data/tls/good.pem;
        ssl_certificate_key $data/tls/good.key;
        root $work/files;
    }
}
EOF
nginx -c "$work/conf" -p "$work" 2>/dev/null &
nginx=$!
url=https://localhost:$port/$path
export CURL_CA_BUNDLE="$data/tls/ca.pem" XDG_STATE_HOME="$work/state" XDG_CACHE_HOME="$work/cache" XDG_CONFIG_HOME="$work"
unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY
curl -s --retry 50 --retry-connrefused --retry-delay 1 -I -o /dev/null "$url"

# seconds COMMAND...: how long it takes.
seconds() {
    begin=$(date +%s.%N)
    "$@" >/dev/null
    end=$(date +%s.%N)
    echo "$begin $end" | awk '{ printf "%.3f\n", $2 - $1 }'
}
one_by_curl() {
    rm -rf "$work/cache" "$work/curl.iso"
    sync
    seconds curl -s -o "$work/curl.iso" "$url" >>"$work/curl"
}
curl_and_sum() {
    curl -s -o "$work/curl.iso" "$url" && echo "$sha256  $work/curl.iso" | sha256sum -c --quiet
}
one_by_both() {
    rm -rf "$work/cache" "$work/curl.iso"
    sync
    seconds curl_and_sum >>"$work/both"
}
one_by_program() {
    rm -rf "$work/cache" "$work/curl.iso"
    sync
    seconds "$program" -q --isos="$work/isos" --fetch >>"$work/program"
}
load=$(cut -d ' ' -f 1 /proc/loadavg)
round=0
while [ "$round" -lt "$rounds" ]; do
    round=$((round + 1))
    if [ $((round % 2)) -eq 0 ]; then # each is first as often as the other
        one_by_curl
        one_by_program
        one_by_both
    else
        one_by_program
        one_by_both
        one_by_curl
    fi
done
paste "$work/curl" "$work/both" "$work/program" |
    awk '{ print "curl -o " $1 " s, curl -o and sha256sum " $2 " s, qemu-grow --fetch " $3 " s" }'
# of ROW-IN-100 FILE: the time that so many of 100 rounds are not longer than.
of() {
    sort -n "$2" | awk -v part="$1" '{ a[NR] = $1 } END { i = int(NR * part / 100 + 0.5); print a[i < 1 ? 1 : i] }'
}
compare() { # NAME ROW-IN-100
    echo "$(of "$2" "$work/curl") $(of "$2" "$work/both") $(of "$2" "$work/program")" |
        awk -v mib="$mib" -v name="$1" '{
            printf "%s: curl -o %.0f MiB/s, with sha256sum %.0f MiB/s, qemu-grow --fetch %.0f MiB/s, ", name, mib / $1, mib / $2, mib / $3
            printf "ratio to curl -o %.2f, to both %.2f\n", $1 / $3, $2 / $3
        }'
}
echo "$rounds rounds of $mib MiB, load $load before, $(cut -d ' ' -f 1 /proc/loadavg) after, $(nproc) CPUs"
compare median 50
compare best 0
