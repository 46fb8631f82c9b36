#!/bin/sh
# Every shell script is clean for shellcheck.
set -eu
cd -- "$(dirname -- "$0")/../.."
git ls-files -z --cached --others --exclude-standard -- '*.sh' '*.sbatch' .ci/run | xargs -0 shellcheck -x
echo "clean"
