#!/usr/bin/python3
"""What a recording costs: the driver's own processor time on 50 MB of console, and the guest's time in a run.

  recording.py BENCH_CONSOLE QEMU_GROW ISO FOLDER [STREAMS [RUNS]]     31 and 11

FOLDER is made and emptied. Each is done with a recording and without, in turns, and each is first as often as the other.
The stream is that of bench_console (`link` and `record`). A run is one of the route `direct` without KVM; its guest's time is
that of the QEMU process, from its start to its end, and `waiting` what QEMU's threads waited for a processor in it (looked at
twenty times a second). Prints medians with the quartiles, and the ratio of the medians."""

import contextlib
import os
import select
import shutil
import subprocess
import sys
from statistics import median, quantiles
from time import clock_gettime, CLOCK_BOOTTIME

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from measure import NS, children_of, executable  # noqa: E402

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICKS = os.sysconf("SC_CLK_TCK")
LOOK = 0.05  # seconds
WAYS = ("without", "with")


def in_turns(rounds, once):
    """once(way) as often for each way; what it returned, by way."""
    results = {way: [] for way in WAYS}
    for number in range(rounds):
        for way in WAYS if number % 2 == 0 else WAYS[::-1]:
            results[way].append(once(way))
    return results


def stream(bench, way):
    """Seconds of wall and of the driver's own processor, and of the keeper's."""
    words = [bench, "record" if way == "with" else "link", "50"]
    numbers = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    return float(numbers[0]), float(numbers[1]), float(numbers[3])


def waited(pid):
    """Seconds that the process's threads were ready and had no processor."""
    total = 0
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as numbers:
                total += int(numbers.read().split()[1])
    return total / NS


def started(pid):
    """When the process was started, by the clock that the kernel has for it."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as line:
        return int(line.read().rsplit(")", 1)[1].split()[19]) / TICKS


def is_emulator(pid):
    return os.path.basename(executable(pid) or "").startswith("qemu-system-")


class Run:
    def __init__(self, program, iso, folder):
        self.disk = os.path.join(folder, "disk")
        self.before = os.path.join(folder, "before.qcow2")
        self.words = [program, "-q", f"--iso={iso}", "--route=direct", "--attach=virtio", "--accel=tcg", self.disk, "512M"]
        self.env = {**os.environ, "XDG_CACHE_HOME": os.path.join(folder, "cache"),
                    "XDG_STATE_HOME": os.path.join(folder, "state")}
        subprocess.run(["sh", os.path.join(TESTS, "disks/make.sh"), "openwrt", self.before, "qcow2"], check=True)

    def once(self, way):
        """Seconds of the guest, and of its waiting."""
        shutil.copyfile(self.before, self.disk)
        os.sync()
        with subprocess.Popen(self.words + ([] if way == "with" else ["--no-transcript"]), env=self.env) as process:
            guest = None
            while guest is None and process.poll() is None:
                guest = next((pid for pid in children_of(process.pid) if is_emulator(pid)), None)
            if guest is None:
                sys.exit("the run has started no QEMU")
            began, handle, waiting = started(guest), os.pidfd_open(guest), 0.0
            while not select.select([handle], [], [], LOOK)[0]:
                waiting = max(waiting, waited(guest))
            took = clock_gettime(CLOCK_BOOTTIME) - began
            os.close(handle)
        if process.returncode != 0:
            sys.exit(f"the run has ended with {process.returncode}")
        return took, waiting


def row(name, numbers):
    """A row of the table: a value for each run, by way."""
    def cell(values):
        low, _, high = quantiles(values, n=4)
        return f"{median(values):.3f} ({low:.3f} to {high:.3f})"

    ratio = median(numbers["with"]) / median(numbers["without"])
    print(f"| {name} | {cell(numbers['without'])} | {cell(numbers['with'])} | {ratio:.3f} |", flush=True)


def column(results, index):
    return {way: [values[index] for values in results[way]] for way in WAYS}


def main():
    if len(sys.argv) not in (5, 6, 7):
        sys.exit(__doc__)
    bench, program, iso, folder = (os.path.realpath(word) for word in sys.argv[1:5])
    streams, runs = (int(word) for word in (sys.argv[5:] + ["31", "11"][len(sys.argv) - 5:]))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    print("| seconds | without a recording | with one | ratio |\n|---|---|---|---:|")
    results = in_turns(streams, lambda way: stream(bench, way))
    row("the driver's processor time, 50 MB of console", column(results, 1))
    row("the reading of it", column(results, 0))
    keeper = {way: column(results, 2)[way] for way in WAYS}
    run = Run(program, iso, folder)
    run.once("with")  # what can be made once is made before
    results = in_turns(runs, run.once)
    row("the guest's time, a run by `direct`", column(results, 0))
    row("of it, waiting for a processor", column(results, 1))
    print(f"\nThe keeper, a process of its own, took {median(keeper['with']) - median(keeper['without']):.2f} s of the stream's.")


if __name__ == "__main__":
    main()
