#!/usr/bin/python3
"""How long growing the same disk takes: on each route of the program, beside virt-resize and the runbook as plain
pexpect and Tcl scripts, in turns on one machine, without KVM.

  routes.py QEMU_GROW ISO FOLDER [ROUNDS] [--only=WORDS]

FOLDER is made and emptied. Each tool runs once a round (5 rounds), on its own copy of an OpenWrt-like qcow2 of 120.5 MiB
that becomes 512 MiB, attached by virtio. What can be made once is made before: libguestfs' appliance, the guest of the
route `warm`, and the unpacked kernel of `direct`. Each result is proved by e2e/check/check-grown.sh (virt-resize moves
the partition, which it is allowed to); a route that gave way to another one counts as failed.
Prints each run, then a Markdown table: the median with the least and the most, of the runs that were proved (of all,
where none was).

CPU is that of all processes, memory the most that they had at a time (looked at five times a second); own is the
program's own part, with the process that writes its recording, without QEMU and the tools that it calls."""

import os
import re
import shutil
import subprocess
import sys
from statistics import median

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from measure import measure  # noqa: E402

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SIZE = 512 << 20
# What each route is to take at most, as a part of virt-resize's time.
MARKS = {"warm": 0.06, "direct": 0.25, "early": 0.3}
OWN_CPU = 0.01  # of the run's CPU
OWN_MEMORY = 16_000_000  # bytes
PEERS = {"virt-resize": ("virt-resize",), "pexpect": ("/usr/bin/python3", "runbook.py"), "expect": ("expect", "-f", "runbook.exp")}


def routes_of(program):
    text = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    return re.search(r"--route=(\S+)", text)[1].split("|")


class Bench:
    def __init__(self, program, iso, folder):
        self.program, self.iso, self.folder = program, iso, folder
        self.before = os.path.join(folder, "before.qcow2")
        os.mkdir(os.path.join(folder, "cache"))
        self.env = {**os.environ, "LC_ALL": "C.UTF-8", "LIBGUESTFS_BACKEND": "direct",
                    "LIBGUESTFS_BACKEND_SETTINGS": "force_tcg", "LIBGUESTFS_CACHEDIR": os.path.join(folder, "cache"),
                    "XDG_CACHE_HOME": os.path.join(folder, "cache"),
                    "XDG_STATE_HOME": os.path.join(folder, "state"), "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}

    def command(self, tool):
        if tool == "virt-resize":
            return ["sh", "-e", "-c", 'qemu-img create -q -f qcow2 new "$1"; virt-resize --quiet --format qcow2 '
                    '--output-format qcow2 --expand /dev/sda2 disk new; mv new disk', "virt-resize", str(SIZE)]
        if tool in PEERS:
            words = [os.path.join(TESTS, "peers", word) if word.startswith("runbook") else word for word in PEERS[tool]]
            return [*words, self.iso, "disk", str(SIZE), "VIRTIO", "LOGIN", "NO"]
        return [self.program, f"--iso={self.iso}", f"--route={tool}", "--attach=virtio", "--accel=tcg", "disk", str(SIZE)]

    def run(self, tool, name):
        """One run: what was measured, and why it does not count, or an empty text."""
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        disk = os.path.join(folder, "disk")
        shutil.copyfile(self.before, disk)
        os.sync()
        m = measure(self.command(tool), folder, self.env)
        with open(os.path.join(folder, "out"), encoding="utf-8", errors="replace") as out:
            text = out.read()
        why = ""
        if m.code != 0:
            said = [line for line in text.splitlines() if line.startswith("qemu-grow: ")] or text.splitlines()[-1:]
            why = f"exit code {m.code}: {(said or [''])[-1][:160]}"
        elif "gives way" in text:
            why = "it gave way to another route"
        else:
            moved = ["--moved"] if tool == "virt-resize" else []
            check = subprocess.run(["sh", os.path.join(TESTS, "e2e/check/check-grown.sh"), *moved, self.before, disk, str(SIZE)],
                                   capture_output=True, text=True, check=False)
            bad = [re.sub(r" +", " ", line[5:]) for line in check.stdout.splitlines() if line.startswith("FAIL")]
            why = bad[0] if bad else "" if check.returncode == 0 else check.stderr.strip()
        os.unlink(disk)
        return m, why


def cell(numbers, form):
    return f"{form(median(numbers))} ({form(min(numbers))} to {form(max(numbers))})"


def table(tools, results):
    def seconds(value):
        return f"{value:.1f}"

    def mebibytes(value):
        return f"{value / (1 << 20):.1f}"

    base = [m.seconds for m, _ in results.get("virt-resize", ())]
    print("\n| tool | proved | seconds | to virt-resize | CPU seconds | memory, MiB | own CPU, ms | own CPU, % | own memory, MiB |")
    print("|---|---|---|---:|---|---|---:|---:|---:|")
    for tool in tools:
        runs = results[tool]
        good = [m for m, why in runs if not why]
        some = good or [m for m, _ in runs]
        own = tool not in PEERS
        cells = [tool, f"{len(good)} of {len(runs)}", cell([m.seconds for m in some], seconds),
                 f"{median(m.seconds for m in some) / median(base):.3f}" if base else "",
                 cell([m.cpu for m in some], seconds), cell([m.memory for m in some], mebibytes),
                 f"{1000 * median(m.own_cpu for m in some):.0f}" if own else "",
                 f"{100 * median(m.own_cpu / m.cpu for m in some):.2f}" if own else "",
                 mebibytes(max(m.own_memory for m in some)) if own else ""]
        print("| " + " | ".join(cells) + " |")
    print()
    for tool in tools:
        for why in sorted({why for _, why in results[tool] if why}):
            print(f"{tool}: {why}")
    for tool in tools:
        good = [m for m, why in results[tool] if not why]
        if tool in PEERS or not good:
            continue
        marks = [(f"own CPU {OWN_CPU:.0%}", median(m.own_cpu / m.cpu for m in good) < OWN_CPU),
                 ("own memory 16 MB", max(m.own_memory for m in good) < OWN_MEMORY)]
        if base and tool in MARKS:
            marks.append((f"{MARKS[tool]} of virt-resize", median(m.seconds for m in good) / median(base) <= MARKS[tool]))
        print(f"{tool}: " + ", ".join(f"{name}: {'met' if met else 'NOT met'}" for name, met in marks))


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--only=")]
    only = [word.split("=", 1)[1].split(",") for word in sys.argv[1:] if word.startswith("--only=")]
    if len(words) not in (3, 4):
        sys.exit(__doc__)
    program, iso, folder = (os.path.realpath(word) for word in words[:3])
    rounds = int(words[3]) if len(words) == 4 else 5
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    bench = Bench(program, iso, folder)
    subprocess.run(["sh", os.path.join(TESTS, "disks/make.sh"), "openwrt", bench.before, "qcow2"], check=True)
    tools = [*routes_of(program)[::-1], *(tool for tool in PEERS if shutil.which(PEERS[tool][0]))]
    tools = [tool for tool in tools if not only or tool in only[0]]
    results = {tool: [] for tool in tools}
    for tool in ("virt-resize", "warm", "direct"):
        if tool in tools:
            m, why = bench.run(tool, f"first-{tool}")
            memory = "" if tool in PEERS else f", own memory {m.own_memory / (1 << 20):.1f} MiB"
            print(f"before: {tool}: {m.seconds:.1f} s{memory}{', ' + why if why else ''}", flush=True)
    for number in range(1, rounds + 1):
        for tool in tools:
            m, why = bench.run(tool, f"{number}-{tool}")
            results[tool].append((m, why))
            print(f"round {number}: {tool}: {m.seconds:.1f} s{', ' + why if why else ''}", flush=True)
    table(tools, results)
    return 0 if all(not why for tool in tools if tool not in PEERS for _, why in results[tool]) else 1


if __name__ == "__main__":
    sys.exit(main())
