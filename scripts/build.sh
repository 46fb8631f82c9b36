#!/bin/sh
# Builds one preset (default: dev) below build/, after installing what is missing.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
preset=${1:-dev}

sh "$here/install-packages.sh"
cd -- "$here/.."
cmake --preset "$preset"
cmake --build --preset "$preset"
