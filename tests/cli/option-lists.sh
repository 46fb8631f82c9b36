#!/bin/sh
# Every place that lists the options or the exit codes lists the same ones: --help, the man page, the
# completions of bash, zsh and fish, and the tables of README.md.
#
#   option-lists.sh PROGRAM [README]            one line per list, `ok` or `FAIL`; exit 0, or 1 if one differs
#   option-lists.sh --update PROGRAM [README]   writes the tables into README
#
# README (default: this tree's) holds each table between <!-- NAME:begin --> and <!-- NAME:end -->, as --print=readme writes them.
set -eu
export LC_ALL=C

update=no
if [ "${1:-}" = --update ]; then
    update=yes
    shift
fi
[ $# -eq 1 ] || [ $# -eq 2 ] || {
    echo "usage: option-lists.sh [--update] PROGRAM [README]" >&2
    exit 2
}
program=$1
readme=${2:-$(dirname -- "$0")/../../README.md}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

"$program" --print=readme >"$work/tables"

# The lines of the table NAME in FILE, with its two comments.
table() {
    sed -n "/^<!-- $1:begin -->\$/,/^<!-- $1:end -->\$/p" "$2"
}

if [ "$update" = yes ]; then
    awk 'FNR == NR { if (/:begin -->$/) name = $2; text[name] = text[name] $0 "\n"; next }
         /^<!-- [a-z]+:begin -->$/ { printf "%s", text[$2]; skip = 1 }
         !skip { print }
         /^<!-- [a-z]+:end -->$/ { skip = 0 }' "$work/tables" "$readme" >"$work/readme"
    cat "$work/readme" >"$readme"
    exit 0
fi

# Each list, one option a line: --name.
"$program" --help |
    sed -n 's/^  -.,/     /;s/^      \(--[a-z0-9-]*\).*/\1/p' >"$work/options.help"
"$program" --print=man | mandoc -T ascii -O width=78 | col -bx |
    sed -n 's/^     \(-., \)*\(--[a-z0-9-]*\).*/\2/p' >"$work/options.man"
"$program" --print=bash |
    sed -n "/compgen -W '--/{s/.*-W '//;s/'.*//;p;}" | tr ' ' '\n' | tr -d = >"$work/options.bash"
# zsh: '--name[...]', or '(-n --name)'{-n,--name}'[...]'.
"$program" --print=zsh |
    sed -n "s/^    '(-. --[a-z0-9-]*)'{-.+*,/    '/;s/^    '\(--[a-z0-9-]*\).*/\1/p" >"$work/options.zsh"
"$program" --print=fish |
    sed -n 's/^complete .* -l \([a-z0-9-]*\).*/--\1/p' >"$work/options.fish"
# shellcheck disable=SC2016 # the backquotes are Markdown's
table options "$readme" |
    sed -n 's/^| `\(-.`, `\)*\(--[a-z0-9-]*\).*/\2/p' >"$work/options.readme"

# Each list of exit codes, one a line: code, blank, name.
"$program" --help | sed '1,/^Exit codes/d' | tr -s ' ' '\n' | sed '/^$/d' | paste -d ' ' - - >"$work/exits.help"
"$program" --print=man | mandoc -T ascii -O width=78 | col -bx |
    sed -n '/^EXIT STATUS/,/^EXAMPLES/s/^  *\([0-9][0-9]*\)  *\([a-z0-9-]*\)  .*/\1 \2/p' >"$work/exits.man"
table exits "$readme" | sed -n 's/^| \([0-9]*\) | \([a-z0-9-]*\) | .*/\1 \2/p' >"$work/exits.readme"

failed=0
# compare KIND PLACE: the list against that of --help, which must not be short.
compare() {
    sort "$work/$1.help" >"$work/expected"
    sort "$work/$1.$2" >"$work/found"
    count=$(wc -l <"$work/found")
    if [ "$count" -ge 20 ] && diff "$work/expected" "$work/found" >"$work/diff"; then
        echo "ok   $1 in $2: $count"
    else
        echo "FAIL $1 in $2: $count; < is only in --help, > only there"
        cat "$work/diff"
        failed=1
    fi
}
: >"$work/diff"
for place in help man bash zsh fish readme; do
    compare options $place
done
for place in help man readme; do
    compare exits $place
done

# The README's tables are the printed ones, letter by letter.
for name in options exits reasons; do
    table $name "$readme" >"$work/found"
    table $name "$work/tables" >"$work/expected"
    if [ -s "$work/expected" ] && diff "$work/expected" "$work/found" >"$work/diff"; then
        echo "ok   README's table of $name"
    else
        echo "FAIL README's table of $name; to mend it: sh tests/cli/option-lists.sh --update PROGRAM"
        cat "$work/diff"
        failed=1
    fi
done
exit $failed
