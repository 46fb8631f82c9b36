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
NS = 1_000_000_000
PAGE = os.sysconf("SC_PAGE_SIZE")
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass
class Measured:
    code: int
    seconds: float
    cpu: float  # seconds, of all processes
    memory: int  # bytes: the most that all processes had at a time, as far as it was seen
    own_cpu: float  # seconds, of the program's own processes: itself and the one that writes the recording
    own_memory: int  # bytes, of the larger one


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


def executable(pid):
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe")
    return None


def on_processor(pid):
    """Seconds that the process, which has one thread, was on a processor, without its children; a zombie still has it."""
    with contextlib.suppress(OSError, IndexError), open(f"/proc/{pid}/schedstat", encoding="ascii") as numbers:
        return int(numbers.read().split()[0]) / NS
    return 0.0


class Own:
    """The program, and copies of itself that it forks. What a copy uses is looked at while it runs: of the last
    moments before it ends up to SAMPLE seconds are missed."""

    def __init__(self, pid):
        self.pid, self.memory, self.copies = pid, 0, {}
        self.program = executable(pid)

    def look(self, pids):
        for pid in pids:
            if pid == self.pid or (self.program is not None and executable(pid) == self.program):
                self.memory = max(self.memory, high_water(pid))
                if pid != self.pid:
                    self.copies[pid] = max(on_processor(pid), self.copies.get(pid, 0.0))

    def cpu(self):
        return on_processor(self.pid) + sum(self.copies.values())


def measure(argv, folder, env=None, out="out"):
    """Runs argv in a folder, with its output in the file `out` there."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what it leaves behind counts, too
    memory = 0
    with open(os.path.join(folder, out), "wb") as output:
        began = monotonic()
        # pylint: disable=consider-using-with
        process = subprocess.Popen(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT)
        handle = os.pidfd_open(process.pid)
        own = Own(process.pid)
        while not select.select([handle], [], [], SAMPLE)[0]:
            pids = tree(process.pid)
            memory = max(memory, resident(pids))
            own.look(pids)
        seconds = monotonic() - began
    os.close(handle)
    own_cpu = own.cpu()
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
    return Measured(code, seconds, cpu, memory, own_cpu, own.memory)
