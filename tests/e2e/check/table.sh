# shellcheck shell=sh
# Reads the partition table of a raw image with sfdisk (sourced by check-grown.sh).

# table_read IMAGE: one line for each primary partition: slot, start, sectors, type, boot flag (boot
# or -). IMAGE must be a name without digits at its end.
table_read() {
    sfdisk --dump "$1" | sed -n '
        /bootable/ !s/$/ -/
        s/, bootable/ boot/
        s/^.*[^0-9]\([1-4]\) : start= *\([0-9]*\), size= *\([0-9]*\), type=\([0-9a-fA-F]*\)/\1 \2 \3 \4/p'
}

# table_last FILE: the line of the partition that starts last, of what table_read printed.
table_last() {
    sort -n -k 2,2 "$1" | tail -n 1
}

# table_slot FILE SLOT: the line of one slot.
table_slot() {
    awk -v slot="$2" '$1 == slot' "$1"
}
