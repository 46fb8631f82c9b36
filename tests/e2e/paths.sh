#!/bin/sh
# A disk with a name that is hard on shells, QEMU's options and its monitor, reached by a symbolic link.
#
#   paths.sh NAME ATTACH [OPTION...]
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
need QEMU_GROW GUEST_ISO WORK
name=$1
shift

fresh "$name"
sample one-partition qcow2
odd="-a, \"b\" 'c' \$d;e:f=g %{h} \\ ü 漢.qcow2"
mkdir 'folder, with=comma'
mv disk "folder, with=comma/$odd"
ln -s -- "folder, with=comma/$odd" "./-link,: $odd"
"$QEMU_GROW" -v --iso="$GUEST_ISO" --transcript=transcript "$@" -- "-link,: $odd" 128M >log 2>&1 || {
    show_failure log
    exit 1
}
mv "folder, with=comma/$odd" disk
sh "$here/check/check-grown.sh" before disk "$(bytes_of 128M)" >check.log || {
    cat check.log
    exit 1
}
echo "grown and checked: $(grep -c '^ok' check.log) checks"
rm -f before disk
