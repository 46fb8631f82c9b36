#!/bin/sh
# clang-tidy.sh BUILD: the driver's sources are clean for clang-tidy, with BUILD's compile commands. One file a call:
# with several its analyzer of va_list sees ghosts.
set -eu
build=$1
cd -- "$(dirname -- "$0")/../.."
find driver -name '*.c' -print0 | xargs -0 -n 1 -P "$(nproc)" clang-tidy -quiet -p "$build"
echo "clean"
