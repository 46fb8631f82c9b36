# shellcheck shell=sh disable=SC2154
# What the tests share of files that the program keeps in its cache (warm.sh, kept.sh). Sourced behind lib.sh, with
# $here and $iso set; `before` is the disk that is grown.

# check NAME: the disk NAME has been grown, by all that other programs can see.
check() {
    sh "$here/check/check-grown.sh" before "$1" "$(bytes_of 512M)" >check.log || {
        cat check.log
        exit 1
    }
}

# grow_by ROUTE NAME [OPTION...]: grows a new copy of the disk by the route; the program's words are in NAME.log.
grow_by() {
    route=$1
    name=$2
    shift 2
    cp --sparse=always before "$name"
    "$QEMU_GROW" -v --no-transcript --iso="$iso" --route="$route" "$@" "$name" 512M >"$name.log" 2>&1 || {
        tail -n 40 "$name.log"
        exit 1
    }
    check "$name"
    rm -f "$name"
}

# says NAME WORDS..., silent NAME WORDS: whether the run's words have these.
says() {
    log=$1.log
    shift
    for words in "$@"; do
        grep -q "$words" "$log" || {
            echo "$log does not say: $words"
            tail -n 40 "$log"
            exit 1
        }
    done
}
silent() {
    if grep "$2" "$1.log"; then
        echo "$1 should not say: $2"
        exit 1
    fi
}
