#!/bin/sh
# build.sh [PRESET [GROUP]]: builds a preset (default: dev) below build/, after installing what is missing of
# packages.txt up to GROUP (default: build).
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
preset=${1:-dev}

sh "$here/install-packages.sh" "${2:-build}"
cd -- "$here/.."
cmake --preset "$preset"
cmake --build --preset "$preset"
