#!/bin/sh
# install-packages.sh [GROUP]: installs the Debian packages of packages.txt that are missing, up to the end of
# GROUP (build, demo, test, browser, peers; default: test), and nothing else. A name that ends in a question mark is
# installed only where there is no command of that name: some have a node with an npm of its own, which Debian's conflicts with.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
last=${1:-test}

missing=
group=
while read -r package _; do
    case $package in
    '' | '#'*) continue ;;
    '['*)
        [ "$group" != "$last" ] || break
        group=${package#?}
        group=${group%?}
        continue
        ;;
    *'?')
        package=${package%?}
        ! command -v "$package" >/dev/null || continue
        ;;
    esac
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done <"$here/packages.txt"
[ -n "$missing" ] || exit 0

echo "Installing:$missing"
sudo=
if [ "$(id -u)" -ne 0 ]; then
    sudo=sudo
fi
$sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q
# shellcheck disable=SC2086 # one word a package
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
