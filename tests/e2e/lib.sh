# shellcheck shell=sh disable=SC2154
# Helpers of the end-to-end tests. Sourced; $here is the folder of this file.
#
# Environment: QEMU_GROW (the program), GUEST_ISO (the test guest), WORK (a folder for what tests leave).

# need NAME...: ends the test when a variable is not set.
need() {
    for name in "$@"; do
        eval "value=\${$name:-}"
        [ -n "$value" ] || {
            echo "set $name first" >&2
            exit 2
        }
    done
}

# fresh NAME: an empty folder of that name below WORK, and the present folder from now on.
fresh() {
    rm -rf "${WORK:?}/$1"
    mkdir -p "$WORK/$1"
    cd "$WORK/$1" || exit 2
    export XDG_STATE_HOME="$WORK/$1/state"
}

# sample NAME FORMAT: the sample disk as ./before and a copy as ./disk.
sample() {
    sh "$here/../disks/make.sh" "$1" before "$2"
    cp --sparse=always before disk
}

# bytes_of SIZE: in bytes what the disk ./before is to have: 512M, or +80M more than it has.
bytes_of() {
    case $1 in
    +*) echo $(($(qemu-img info --output=json before | sed -n 's/^    "virtual-size": \([0-9]*\),$/\1/p') + $(numfmt --from=iec "${1#+}"))) ;;
    *) numfmt --from=iec "$1" ;;
    esac
}

# show_failure LOG: what a person needs to see of a failed run.
show_failure() {
    tail -n 30 "$1"
    if [ -f transcript/output.log ]; then
        echo "--- the console's last bytes:"
        tail -c 1500 transcript/output.log | cat -v
    fi
}
