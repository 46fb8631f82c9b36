# shellcheck shell=sh
# Pseudo-random bytes that are the same on every host (sourced by make.sh).

# seeded SEED BYTES: BYTES bytes on standard output, fixed by SEED, no block of them like another.
seeded() (
    key=$(printf %s "$1" | openssl dgst -sha256 -r | cut -c1-32)
    head -c "$2" /dev/zero |
        openssl enc -aes-128-ctr -nosalt -K "$key" -iv 00000000000000000000000000000000
)

# seeded_uuid SEED: a UUID (version 4 in form) fixed by SEED.
seeded_uuid() {
    printf %s "$1" | openssl dgst -sha256 -r |
        sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-4\3-8\4-\5/'
}
