#!/bin/sh
# Installs what is missing, builds with gcc and clang, and runs all tests but the long ones (labels matrix,
# soak and peers, which have targets of their own: see tests/README.md).
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
root=$(cd -- "$here/.." && pwd)

sh "$here/build.sh" dev test
sh "$here/install-packages.sh" browser ||
    echo "The test report/browser will be skipped: its packages cannot be installed."
cmake --preset clang -S "$root" >/dev/null
cmake --build "$root/build/clang"
sh "$here/build.sh" sanitize test

# Unit and fake-guest tests with the sanitizers first: they are quick and say most.
ctest --test-dir "$root/build/sanitize" --output-on-failure -j2 -L 'unit|fake'
# A fixed seed: what a change breaks is found here, new inputs by the long runs.
SEED=1 sh "$root/tests/fuzz/run.sh" "$root/build/fuzz" 10
ctest --test-dir "$root/build/dev" --output-on-failure -j2 -LE 'matrix|soak|peers'
