#!/bin/sh
# Every C file is as clang-format would have it.
set -eu
cd -- "$(dirname -- "$0")/../.."
git ls-files -z --cached --others --exclude-standard -- '*.c' '*.h' | xargs -0 clang-format --dry-run -Werror
echo "clean"
