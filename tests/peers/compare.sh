#!/bin/sh
# Runs the driver and the two plain scripts of the runbook on the same guest and the same disk, one after
# the other, checks each result from its bytes, and prints one Markdown table.
#
#   compare.sh ISO OUTDIR [RUNS]      RUNS of each (3)
#
# OUTDIR gets a folder for each run (its output and the checker's report) and results.tsv. Environment:
#   QEMU_GROW   the driver (build/qemu-grow)
#   TOOLS       what to run, of: driver expect pexpect expect-paced pexpect-paced (the first three);
#               a paced script types the line at `boot:` one key at a time, 50 ms apart
#   SETTINGS    attachment/SEQ/LOG, several (HDA/LOGIN/NO HDA/NO/NO VIRTIO/INIT/INIT USB/NO/SINGLE)
set -eu
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")

case $#,${3:-1} in
[23],*[!0-9]* | [!23],*)
    echo "usage: compare.sh ISO OUTDIR [RUNS]" >&2
    exit 2
    ;;
esac
iso=$(realpath -- "$1")
mkdir -p -- "$2"
XDG_STATE_HOME=$(realpath -- "$2")/state
export XDG_STATE_HOME
out=$(realpath -- "$2")
runs=${3:-3}
tools=${TOOLS:-driver expect pexpect}
settings=${SETTINGS:-HDA/LOGIN/NO HDA/NO/NO VIRTIO/INIT/INIT USB/NO/SINGLE}
driver=$(realpath -m -- "${QEMU_GROW:-$(dirname "$tests")/build/qemu-grow}")
size=536870912

case " $tools " in
*" driver "*)
    [ -x "$driver" ] || {
        echo "compare.sh: $driver is not there; build it, or set QEMU_GROW" >&2
        exit 2
    }
    ;;
esac

# run_tool TOOL DISK ATTACH SEQ LOG: one run of one tool in the current folder.
run_tool() {
    case $1 in
    driver) "$driver" --iso="$iso" --attach="$3" --seq="$4" --log="$5" "$2" "$size" ;;
    expect) expect -f "$here/runbook.exp" "$iso" "$2" "$size" "$3" "$4" "$5" ;;
    pexpect) python3 "$here/runbook.py" "$iso" "$2" "$size" "$3" "$4" "$5" ;;
    *-paced) PEER_PACE=50 run_tool "${1%-paced}" "$2" "$3" "$4" "$5" ;;
    *)
        echo "no tool called $1" >&2
        return 2
        ;;
    esac
}

# first_cause CODE: why this run failed, in a few words, or nothing when it did not.
first_cause() {
    if [ "$1" != 0 ]; then
        sed -n '/[^[:space:]]/ h; ${ g; p; }' stderr | grep . || echo "exit code $1"
    else
        sed -n 's/^FAIL  *//p' report | tr -s ' ' | head -n 1
    fi
}

# measure RUN SETTING TOOL: one run, one line in results.tsv.
measure() {
    attach=${2%%/*}
    log=${2##*/}
    seq=${2#*/}
    seq=${seq%/*}
    folder=$out/$1-$attach-$seq-$log-$3
    rm -rf "$folder"
    mkdir "$folder"
    cd "$folder"
    cp "$out/before.qcow2" disk.qcow2
    begun=$(date +%s.%N)
    run_tool "$3" disk.qcow2 "$attach" "$seq" "$log" >stdout 2>stderr </dev/null && code=0 || code=$?
    ended=$(date +%s.%N)
    "$tests/e2e/check/check-grown.sh" "$out/before.qcow2" disk.qcow2 "$size" >report 2>&1 || :
    grep -q '^ok   files-content' report || echo "FAIL not grown" >>report
    cause=$(first_cause "$code" | tr '\t|' '  ')
    seconds=$(echo "$begun $ended" | awk '{ printf "%.1f", $2 - $1 }')
    printf '%s\t%s\t%s\t%s\t%s\n' "$2" "$3" "$1" "$seconds" "${cause:-ok}" >>"$out/results.tsv"
    echo "run $1, $2, $3: $seconds s, ${cause:-ok}" >&2
    rm -f disk.qcow2
    cd "$out"
}

# report: the table, from results.tsv.
report() {
    awk -F '\t' -v settings="$settings" -v tools="$tools" '
        function median(list, count, n, i, j, t, value) {
            n = split(list, value, " ")
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && value[j - 1] + 0 > value[j] + 0; j--) {
                    t = value[j]; value[j] = value[j - 1]; value[j - 1] = t
                }
            return n % 2 ? value[(n + 1) / 2] : (value[n / 2] + value[n / 2 + 1]) / 2
        }
        {
            key = $1 SUBSEP $2
            runs[key]++
            if ($5 == "ok") { good[key]++; times[key] = times[key] " " $4 }
            else if (!(key in cause)) cause[key] = $5
        }
        END {
            print "| setting | tool | success | median of the successes | to the driver | first cause of failure |"
            print "|---|---|---|---|---|---|"
            ns = split(settings, setting, " ")
            nt = split(tools, tool, " ")
            for (s = 1; s <= ns; s++) {
                base = setting[s] SUBSEP "driver"
                for (t = 1; t <= nt; t++) {
                    key = setting[s] SUBSEP tool[t]
                    seconds = ratio = "-"
                    if (good[key]) {
                        seconds = sprintf("%.1f s", median(times[key]))
                        if (good[base]) ratio = sprintf("%.2f", median(times[key]) / median(times[base]))
                    }
                    printf "| %s | %s | %d of %d | %s | %s | %s |\n", setting[s], tool[t], good[key], runs[key], seconds, ratio, (key in cause ? cause[key] : "-")
                }
            }
        }' "$out/results.tsv"
}

"$tests/disks/make.sh" openwrt "$out/before.qcow2" qcow2
: >"$out/results.tsv"
for run in $(seq "$runs"); do
    for setting in $settings; do
        for tool in $tools; do
            measure "$run" "$setting" "$tool"
        done
    done
done
report
