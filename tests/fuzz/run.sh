#!/bin/sh
# run.sh BUILD SECONDS [TARGET...]: builds the fuzz targets in BUILD (preset fuzz) and runs each for so many
# seconds from its corpus in tests/fuzz/corpus/TARGET, if it has one. What they find stays in BUILD.
# With SEED in the environment libFuzzer takes that seed instead of a random one.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
root=$(cd -- "$here/../.." && pwd)
build=$1
seconds=$2
shift 2

cmake --preset fuzz -S "$root" -B "$build" >/dev/null
cmake --build "$build"
if [ $# -eq 0 ]; then
    for source in "$here"/fuzz_*.c; do
        set -- "$@" "$(basename "$source" .c)"
    done
fi
cd "$build"
for target in "$@"; do
    mkdir -p "corpus/$target"
    echo "fuzz: $target for $seconds s"
    "tests/$target" -max_total_time="$seconds" -timeout=20 ${SEED:+-seed="$SEED"} -print_final_stats=0 -verbosity=0 \
        "corpus/$target" "$here/corpus/$target"
done
