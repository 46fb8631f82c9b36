#!/bin/sh
# Proves that FILE is still what it was when its SHA-256 was BEFORE_SHA256.
#
#   check-unchanged.sh BEFORE_SHA256 FILE
#
# One line, `ok   unchanged ...` or `FAIL unchanged ...`; exit 0, 1, or 2 on wrong use.
set -eu

case $#,${1:-} in
2,*[!0-9a-f]*) usage=1 ;;
2,????????????????????????????????????????????????????????????????) usage=0 ;;
*) usage=1 ;;
esac
[ "$usage" = 0 ] || {
    echo "usage: check-unchanged.sh BEFORE_SHA256 FILE" >&2
    exit 2
}

[ -r "$2" ] || {
    printf 'FAIL %-18s %s\n' unchanged "$2 cannot be read"
    exit 1
}
now=$(sha256sum <"$2" | cut -d ' ' -f 1)
if [ "$now" = "$1" ]; then
    printf 'ok   %-18s %s\n' unchanged "$now"
else
    printf 'FAIL %-18s %s\n' unchanged "is $now, was $1"
    exit 1
fi
