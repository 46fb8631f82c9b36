"""Runs a program and measures it with all that it starts: seconds, processor time, memory; and the program itself."""

import contextlib
import ctypes
import os
import select
import subprocess
from dataclasses import dataclass
from time import monotonic

SAMPLE = 0.2  # seconds between two looks at the memory
PR_SET_CHILD_SUBREAPER = 36
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass
class Measured:
    code: int
    seconds: float
    cpu: float  # seconds, of all processes
    memory: int  # bytes: the most that all processes had at a time, as far as it was seen
    own_cpu: float  # of the program itself
    own_memory: int


def children_of(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as numbers:
        return [int(number) for number in numbers.read().split()]
    return []


def tree(pid):
    found = [pid]
    for one in found:
        found += children_of(one)
    return found


def resident(pids):
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/statm", encoding="ascii") as numbers:
            total += int(numbers.read().split()[1]) * PAGE
    return total


def high_water(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def own_ticks(pid):
    """User and system time of the process without its children; a zombie still has it."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        numbers = stat.read().rpartition(")")[2].split()
    return int(numbers[11]) + int(numbers[12])


def measure(argv, folder, env=None, out="out"):
    """Runs argv in a folder, with its output in the file `out` there."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what it leaves behind counts, too
    memory = own_memory = 0
    with open(os.path.join(folder, out), "wb") as output:
        began = monotonic()
        # pylint: disable=consider-using-with
        process = subprocess.Popen(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT)
        handle = os.pidfd_open(process.pid)
        while not select.select([handle], [], [], SAMPLE)[0]:
            memory = max(memory, resident(tree(process.pid)))
            own_memory = max(own_memory, high_water(process.pid))
        seconds = monotonic() - began
    os.close(handle)
    own_cpu = own_ticks(process.pid) / TICKS
    cpu, code = 0.0, -1
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu += usage.ru_utime + usage.ru_stime
        if pid == process.pid:
            code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    return Measured(code, seconds, cpu, memory, own_cpu, own_memory)
