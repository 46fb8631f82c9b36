# shellcheck shell=sh disable=SC2154
# The partition table, the boot code and the gaps of a sample disk (sourced by make.sh).

disk_signature=0xcbad8a62

# table_write TABLE IMAGE PARTS: writes the table of PARTS (lines `slot start sectors type flag ...`).
table_write() {
    [ "$1" = none ] && return
    {
        echo "label: $1"
        [ "$1" = gpt ] && echo "label-id: $(seeded_uuid "$name")" || echo "label-id: $disk_signature"
        echo 'unit: sectors'
        while read -r slot start sectors type flag _; do
            [ "$flag" = boot ] && flag=', bootable' || flag=
            echo "disk$slot : start=$start, size=$sectors, type=$type$flag"
        done <"$3"
    } | sfdisk -q --no-reread --no-tell-kernel --wipe never "$2"
}

# table_noise TABLE IMAGE PARTS: fills the boot code and every gap of the first 64 MiB, so that a stray
# write shows. The code starts with `int 18h`, by which a BIOS goes on to its next device.
table_noise() {
    case $1 in
    dos)
        { printf '\315\030' && seeded "$name-code" 438; } | fill_write "$2" 0
        first=1
        ;;
    gpt) first=34 ;;
    none) return ;;
    esac
    end=$(($(stat -c %s "$2") / 512))
    [ "$end" -gt 131072 ] && end=131072
    [ "$1" = gpt ] && end=$((end - 33))
    table_gaps "$first" "$end" "$3" | while read -r start sectors; do
        seeded "$name-gap-$start" $((sectors * 512)) | fill_write "$2" "$start"
    done
}

# table_gaps FIRST END PARTS: the free ranges between FIRST and END, as `start sectors`.
table_gaps() {
    sort -n -k 2,2 "$3" | awk -v at="$1" -v end="$2" '
        $2 > at { print at, $2 - at }
        { at = $2 + $3 }
        END { if (end > at) print at, end - at }'
}
