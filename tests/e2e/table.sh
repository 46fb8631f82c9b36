#!/bin/sh
# table.sh RESULTS_TSV: the results of the matrix and the soak as Markdown, the newest of each name.
set -eu
printf '| run | result | seconds | mdev -s needed | lines typed again |\n|---|---|---|---|---|\n'
tac "$1" | awk -F '\t' '!seen[$1]++' | sort |
    awk -F '\t' '{ printf "| %s | %s | %s | %s | %s |\n", $1, $2, $3, $4, $5; n++; good += ($2 == "grown") }
                 END { printf "\n%d of %d grown and checked.\n", good, n }'
