#!/bin/sh
# browser.sh PROGRAM BUILD [SCREENSHOTS]: --report's page in headless Chromium, driven by playwright-core. Needs chromium,
# node and npm, and npm's registry once: without them the test is skipped (exit code 77). SCREENSHOTS is a folder that gets
# the README's pictures.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
program=$1
build=$2/report
screenshots=${3:-}

skip() {
    echo "skipped: $1"
    exit 77
}
chromium=$(command -v chromium || command -v chromium-browser) || skip "there is no chromium"
command -v node >/dev/null || skip "there is no node"
mkdir -p "$build"
cp "$here/package.json" "$build/package.json"
if [ ! -e "$build/node_modules/playwright-core/package.json" ]; then
    command -v npm >/dev/null || skip "there is no npm"
    (cd "$build" && npm install --no-audit --no-fund --ignore-scripts --loglevel=error) ||
        skip "npm cannot install playwright-core"
fi

python3 "$here/recordings.py" "$here/recording" "$build/recordings"
for recording in "$build/recordings"/*/; do
    name=$(basename "$recording")
    "$program" --report="$build/$name.html" --explain="$recording" >/dev/null
done
cp "$here/browser.mjs" "$here/checks.mjs" "$build/"
exec node "$build/browser.mjs" "$chromium" "$build" "$screenshots"
