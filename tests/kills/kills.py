#!/usr/bin/python3
"""Kills runs of the program with the fake guest, which really grows the disk, and recovers them.

  kills.py PROGRAM [--sets=phases,moments,calls,full] [--formats=raw,qcow2,vdi] [--moments=N] [--thin=N] [--seed=N]
                   [--jobs=N] [--keep] [--route=ROUTE]

phases    SIGKILL of qemu-grow, QEMU, qemu-img and all of them, as soon as the journal tells of each phase
moments   SIGKILL of one of them or all at N random moments
calls     SIGKILL of qemu-grow just before each of its calls that change a file or start a program, and of `qemu-img
          commit` before each of its writes (needs strace)
full      no room is left on the file system (a small tmpfs; needs root) from each phase on
--thin=N  takes every N-th trial of each set only

After each of them: as long as the commit has not begun, the disk's SHA-256 is what it was; --recover ends well and leaves
nothing beside the disk; the disk is then byte for byte what it was, or grown; a new run ends with the grown disk, which
tests/e2e/check/check-grown.sh finds right: table, e2fsck -fn, the checksum of each file. Prints a table of counts."""

import argparse
import contextlib
import ctypes
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "fake"))

# pylint: disable=wrong-import-position
from trial import LONG, Case, Samples, Trial, Wrong, digest, must  # noqa: E402

PHASES = {"commit": ("overlay", "guest", "proof", "commit", "check", "clean"),
          "copy": ("overlay", "guest", "proof", "copy", "rename", "check", "clean")}
SPARED = ("overlay", "guest", "proof", "copy")  # phases in which the disk is only read
UNCHANGED = 3  # exit code of a run that finds nothing to be done
CALLS = ("rename", "unlink", "rmdir", "mkdir", "fsync", "fchmod", "fchown", "fsetxattr", "clone3", "clone", "vfork", "fork")
IN_MOVED_TO, IN_CLOEXEC = 0x80, 0o2000000
RAW = threading.Lock()
LIBC = ctypes.CDLL(None, use_errno=True)
WRAPPER = """#!/bin/sh
if [ "$1" = commit ]; then
    exec strace -f -o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={when} qemu-img "$@"
fi
exec qemu-img "$@"
"""


def way(kind):
    return "commit" if kind in ("raw", "qcow2", "qed") else "copy"


@dataclass
class Shot:
    """One trial: when, and who is killed."""

    group: str  # the table's row
    kind: str  # the image's format
    at: str = ""  # a phase, a call, or "" for a moment
    when: float = 0  # seconds after the start, or the number of the call
    victim: str = "driver"


class Watch:
    """The journal's phases, as they are written."""

    def __init__(self, trial):
        self.path = f"{trial.disk}.qemu-grow-journal"
        self.fd = LIBC.inotify_init1(IN_CLOEXEC)
        folder = os.path.dirname(self.path).encode()
        must(self.fd >= 0 and LIBC.inotify_add_watch(self.fd, folder, IN_MOVED_TO) >= 0, "inotify does not work")

    def until(self, phase, process):
        """True once that phase has begun; False when the program has ended."""
        handle = os.pidfd_open(process.pid)
        with contextlib.closing(os.fdopen(handle)), contextlib.closing(os.fdopen(self.fd)):
            while True:
                ready = select.select([self.fd, handle], [], [], LONG)[0]
                must(ready, "the program does not end")
                if self.fd in ready:
                    os.read(self.fd, 65536)
                    if self.phase() == phase:
                        return True
                elif handle in ready:
                    return False

    def phase(self):
        return phase_of(self.path)


def phase_of(path):
    """The phase that a journal tells of; None without one."""
    with contextlib.suppress(FileNotFoundError), open(path, encoding="ascii") as journal:
        found = re.search(r"^phase (\w+)$", journal.read(), re.M)
        must(found, "a journal without a phase")
        return found[1]
    return None


def children(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as numbers:
        return [int(number) for number in numbers.read().split()]
    return []


def name_of(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="ascii") as name:
        return name.read().strip()
    return ""


def kill(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Killed(Trial):
    """A trial whose run is killed."""

    route = "runbook"

    def __init__(self, shot, folder, samples, program, seed, small=None):
        case = Case(name="kill", options=(f"--route={Killed.route}",), format=shot.kind, file=f"disk.{shot.kind}", size="96M")
        super().__init__(case, folder, samples, program, seed)
        self.shot = shot
        self.small = small
        self.filler = os.path.join(small, "filler") if small else None

    def find(self, process, victim):
        """Who is to be killed; waits until it is there, or the program has ended."""
        if victim == "driver":
            return [process.pid]
        if victim == "all":
            # The driver is stopped first, so that it starts nothing while its children are counted.
            os.kill(process.pid, signal.SIGSTOP)
            return [process.pid, *self.left_over()]
        while process.poll() is None:
            found = [pid for pid in children(process.pid) if (name_of(pid) == "qemu-img") == (victim == "qemu-img")]
            found = [pid for pid in found if name_of(pid) in ("qemu-img", "guest.py")]
            if found:
                return found
        return []

    def shoot(self):
        """Runs the program; kills. Returns its exit code."""
        shot = self.shot
        if shot.group == "calls":
            return self.run().code
        watch = Watch(self) if shot.at else None
        with self.start() as process:
            if watch:
                hit = watch.until(shot.at, process)
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(shot.when)
                hit = process.poll() is None
            if hit and shot.group == "full":
                self.fill(process)
            elif hit:
                kill(self.find(process, shot.victim))
            process.communicate(timeout=LONG)
        return process.returncode

    def fill(self, process):
        """From here on nothing has room."""
        os.kill(process.pid, signal.SIGSTOP)
        with contextlib.suppress(OSError), open(self.filler, "wb", buffering=0) as filler:
            while True:
                filler.write(bytes(1 << 16))
        with contextlib.suppress(OSError), open(self.filler, "ab", buffering=0) as filler:
            while True:
                filler.write(b"x")
        os.kill(process.pid, signal.SIGCONT)

    def command(self):
        shot, words = self.shot, super().command()
        if shot.group == "calls" and shot.victim == "driver":
            call = f"{shot.at}:signal=KILL:when={int(shot.when)}"
            return ["strace", "-o", "/dev/null", "-e", f"trace={shot.at}", "-e", f"inject={call}", *words]
        if shot.group == "calls":
            wrapper = self.write("qemu-img", WRAPPER.format(call=shot.at, when=int(shot.when)), 0o755)
            return [words[0], f"--qemu-img={wrapper}", *words[1:]]
        return words

    def environment(self):
        # LeakSanitizer cannot work under strace; the same runs without strace look for leaks.
        given = super().environment()
        return {**given, "ASAN_OPTIONS": given.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}

    def calm(self):
        """What is left of the run ends by itself; the next run must not need that to be waited for, --recover neither."""
        for pid in self.left_over():
            with contextlib.suppress(OSError), contextlib.closing(os.fdopen(os.pidfd_open(pid))) as handle:
                must(select.select([handle], [], [], LONG)[0], "process", pid, name_of(pid), "does not end")

    def recover(self):
        done = subprocess.run([self.program, "--recover", "--", self.case.file], cwd=self.folder, capture_output=True,
                              env=self.environment(), text=True, check=False)
        if done.returncode == 11:  # something of the killed run still works on the disk: it is said, and nothing is done
            self.calm()
            return self.recover()
        must(done.returncode == 0, "--recover ends with", done.returncode, done.stdout + done.stderr)
        return done.stdout

    def check_grown(self):
        raw = os.path.join(self.folder, "raw")
        subprocess.run(["qemu-img", "convert", "-f", self.case.format, "-O", "raw", self.disk, raw], check=True)
        self.samples.prove(self.before, raw, 96 << 20)
        if self.case.format in ("qcow2", "qed"):
            check = subprocess.run(["qemu-img", "check", "-f", self.case.format, self.disk], capture_output=True, text=True,
                                   check=False)
            must(check.returncode == 0, "qemu-img check:", check.stdout, check.stderr)

    def prepare(self):
        """Also the sample as a raw disk, made once: what the checker compares with."""
        super().prepare()
        self.before = f"{self.sample}.raw"
        with RAW:
            if not os.path.exists(self.before):
                convert = ["qemu-img", "convert", "-f", self.case.format, "-O", "raw", self.sample, self.before]
                subprocess.run(convert, check=True)

    def go(self):
        """What became of it: finished, spared or committed."""
        self.prepare()
        before = self.digest
        code = self.shoot()
        journal = f"{self.disk}.qemu-grow-journal"
        phase = phase_of(journal)
        spared = phase in SPARED or (phase is None and code != 0 and digest(self.disk) == before)
        if self.shot.group == "full":
            with contextlib.suppress(OSError):
                os.unlink(self.filler)
        if phase in SPARED:
            must(digest(self.disk) == before, "the disk has changed before the commit, in phase", phase)
        self.shot = replace(self.shot, group="")
        self.recover()
        must(not self.beside(), "left beside the disk:", self.beside())
        if spared:
            must(digest(self.disk) == before, "recovering has changed the disk")
        else:
            self.check_grown()
        again = self.run()
        must(again.code == (0 if spared else UNCHANGED), "the next run ends with", again.code, again.err)
        must(not self.beside(), "left beside the disk:", self.beside())
        self.check_grown()
        self.calm()
        return "finished before it" if code == 0 else "undone" if spared else "finished by --recover"


# What is tried.


def phase_shots(kinds):
    for kind in kinds:
        for phase in PHASES[way(kind)]:
            victims = ["driver", "all"]
            if phase == "guest":
                victims.append("qemu")
            if phase in ("overlay", "commit", "copy"):
                victims.append("qemu-img")
            for victim in victims:
                yield Shot("phases", kind, phase, victim=victim)


def moment_shots(kinds, count, duration, chance):
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield Shot("moments", kind, when=chance.uniform(0, duration[kind]),
                   victim=chance.choice(("driver", "driver", "all", "qemu", "qemu-img")))


def call_shots(kinds, make):
    """As many as the calls that a run makes, which a run tells."""
    for kind in kinds:
        for call, count in make(Shot("count", kind)).items():
            for number in range(1, count + 1):
                yield Shot("calls", kind, call, number)
        if way(kind) == "commit":
            for call, count in (("pwrite64", 12), ("fdatasync", 4), ("ftruncate", 2), ("fallocate", 2)):
                for number in range(1, count + 1):
                    yield Shot("calls", kind, call, number, "qemu-img")


def full_shots(kinds):
    for kind in kinds:
        for phase in PHASES[way(kind)][:-1]:
            yield Shot("full", kind, phase, victim="room")


class Counting(Killed):
    """A run under strace -c."""

    def command(self):
        return ["strace", "-o", os.path.join(self.folder, "calls"), "-e", "trace=" + ",".join(CALLS), *Trial.command(self)]

    def count(self):
        self.prepare()
        result = self.run()
        must(result.code == 0, "a run under strace fails:", result.err)
        with open(os.path.join(self.folder, "calls"), encoding="utf-8") as lines:
            return Counter(found[1] for line in lines if (found := re.match(r"(\w+)\(", line)))


@contextlib.contextmanager
def small_tmpfs(folder):
    os.mkdir(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--sets", default="phases,moments,calls,full")
    parser.add_argument("--formats", default="raw,qcow2,vdi")
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--thin", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", action="store_true", help="keep the folders")
    parser.add_argument("--route", default="runbook", help="the runs' way through the guest")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    Killed.route = args.route
    kinds, sets = args.formats.split(","), args.sets.split(",")
    chance = random.Random(args.seed)
    work = tempfile.mkdtemp(prefix="qemu-grow-kills-")
    samples = Samples(os.path.join(work, "samples"))
    os.mkdir(samples.folder)
    program = os.path.abspath(args.program)
    lock = threading.Lock()
    numbers = iter(range(1 << 30))
    wrong = []

    def folder():
        with lock:
            return os.path.join(work, str(next(numbers)))

    def plain(shot):
        """Seconds of a run that nobody kills."""
        trial = Killed(shot, folder(), samples, program, args.seed)
        trial.prepare()
        began = time.monotonic()
        result = trial.run()
        must(result.code == 0, "a run fails:", result.err)
        trial.check_grown()
        shutil.rmtree(trial.folder)
        return time.monotonic() - began

    def count(shot):
        trial = Counting(shot, folder(), samples, program, args.seed)
        counts = trial.count()
        shutil.rmtree(trial.folder)
        return counts

    def one(shot):
        """A moment that comes after the run's end was none: an earlier one is taken."""
        while True:
            shot, outcome = attempt(shot)
            gives_way = shot.victim == "qemu" and Killed.route != "runbook"  # and the run goes on without that QEMU
            if shot.group != "moments" or outcome != "finished before it" or gives_way:
                return shot, outcome
            shot = replace(shot, when=shot.when * 0.7)

    def attempt(shot):
        place = folder()
        text = f"{shot.group} {shot.kind} {shot.at or 'moment'} {shot.when:g} {shot.victim}"
        with contextlib.ExitStack() as stack:
            small = stack.enter_context(small_tmpfs(place + ".small")) if shot.group == "full" else None
            where = os.path.join(small, "trial") if small else place
            trial = Killed(shot, where, samples, program, args.seed, small)
            try:
                outcome = trial.go()
            except (Wrong, OSError, subprocess.SubprocessError) as why:
                outcome = None
                print(f"FAIL {text}: {why}" + (f" (in {where})" if args.keep else ""), flush=True)
            finally:
                kill(trial.left_over())
            if outcome or not args.keep:
                shutil.rmtree(where, ignore_errors=True)
        if outcome is None:
            wrong.append(text)
        return shot, outcome

    shots = []
    if "phases" in sets:
        shots += phase_shots(kinds)
    if "moments" in sets:
        duration = {kind: plain(Shot("plain", kind)) for kind in kinds}
        shots += moment_shots(kinds, args.moments, duration, chance)
    if "calls" in sets and shutil.which("strace"):
        shots += call_shots(kinds, count)
    if "full" in sets and os.geteuid() == 0:
        shots += full_shots(kinds)
    with ThreadPoolExecutor(args.jobs) as pool:
        done = list(pool.map(one, shots[:: args.thin]))
    table(done)
    if not args.keep:
        shutil.rmtree(work, ignore_errors=True)
    print(f"\n{len(done) - len(wrong)} of {len(done)} as they must be.")
    return 1 if wrong or not done else 0


TITLES = {"phases": "as phase `{}` began", "moments": "at a random moment", "calls": "before a `{}`",
          "full": "no room from phase `{}` on"}


def table(done):
    outcomes = ("undone", "finished by --recover", "finished before it", "wrong")
    print("\n| what | who | format | trials | " + " | ".join(outcomes) + " |\n|" + "---|" * (4 + len(outcomes)))
    rows = {}
    for shot, outcome in done:
        key = (TITLES[shot.group].format(shot.at), shot.victim, shot.kind)
        rows.setdefault(key, Counter())[outcome or "wrong"] += 1
    for key, counts in rows.items():
        cells = [*key, str(sum(counts.values())), *(str(counts[outcome]) for outcome in outcomes)]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    sys.exit(main())
