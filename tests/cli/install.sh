#!/bin/sh
# install.sh BUILD: an installed copy finds its dialogue files and the template of its report, and its man page and completions are there.
set -eu
build=$1
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

cmake --install "$build" --prefix "$prefix" >/dev/null
"$prefix/bin/qemu-grow" --check-scripts | grep -F "$prefix/share/qemu-grow"
"$prefix/bin/qemu-grow" --report="$prefix/report.html" --explain="$(dirname -- "$0")/../recordings/grown-hda" >/dev/null
grep -q '^</html>$' "$prefix/report.html"
mandoc -T lint -W warning "$prefix/share/man/man1/qemu-grow.1"
for file in qemu-grow/expect/engine.exp qemu-grow/many/grow.sbatch bash-completion/completions/qemu-grow zsh/site-functions/_qemu-grow \
    fish/vendor_completions.d/qemu-grow.fish; do
    test -s "$prefix/share/$file"
done
# Moved as a whole, it still finds them.
mv "$prefix/bin" "$prefix/share" "$(mkdir "$prefix/moved" && echo "$prefix/moved")"
"$prefix/moved/bin/qemu-grow" --check-scripts | grep -F "$prefix/moved/share/qemu-grow"
