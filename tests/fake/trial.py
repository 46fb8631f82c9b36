"""One trial of the program with the fake guest: a folder, a sample disk, a run, and what must hold afterwards."""

import contextlib
import hashlib
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
SOURCE = os.path.dirname(TESTS)
GUEST = os.path.join(HERE, "guest.py")
LONG = 300  # seconds after which a trial has certainly failed; nothing waits for them

# What the sentence of an error has to say of the disk, by the stage that it had come to.
STAGES = {
    "untouched": "has not been touched",
    "enlarged": "its partition table and file systems are as they were",
    "attached": "its old partition table",
    "table": "partition table is the old or the new one",
    "check": "in the middle of a repair by e2fsck",
    "fs": "in the middle of being grown",
    "grown": "not powered off in order",
    "off": "as the guest left it at its power-off",
    "spared": "the disk is byte for byte what it was",
    "commit": "qemu-grow --recover DISK finishes it",
    "done": "the disk has been grown and proved",
}
BESIDE = ("journal", "journal.new", "overlay", "copy")  # what a run keeps beside the disk while it lasts


class Wrong(Exception):
    """What was seen is not what must be."""


def must(holds, *words):
    if not holds:
        raise Wrong(" ".join(str(word) for word in words))


@dataclass
class Case:
    """A row of the tables in cases.py."""

    name: str
    options: tuple = ()
    faults: str = ""
    exit: int = 0
    says: tuple = ()  # words of the error's sentence; of the output when there is none
    stage: str = ""  # what the error says of the disk: a key of STAGES
    state: str = "grown"  # what the disk is: same, enlarged, table, grown or any
    disk: str = "one-partition"  # a sample of tests/disks
    format: str = "raw"
    size: str = "128M"
    file: str = "disk.raw"  # the disk's name in the trial's folder
    before: object = None  # done to the trial before the run
    after: object = None  # and after it: more that must hold
    keeps: bool = False  # something may be left beside the disk
    run: object = None  # runs the program in another way than the plain one
    env: dict = field(default_factory=dict)


@dataclass
class Result:
    code: int
    out: str
    err: str


class Samples:
    """Sample disks, each made once, and the results that have been proved already."""

    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()
        self.locks = {}
        self.proved = set()

    def get(self, name, kind):
        with self.lock:
            own = self.locks.setdefault((name, kind), threading.Lock())
        path = os.path.join(self.folder, f"{name}.{kind}")
        with own:
            if not os.path.exists(path):
                make = [os.path.join(TESTS, "disks/make.sh"), name, path, kind]
                done = subprocess.run(["sh", *make], capture_output=True, text=True, check=False)
                must(done.returncode == 0, "the sample disk cannot be made:", done.stderr)
        return path

    def iso(self):
        """An ISO that is Alpine's virt at first sight. The fake guest does not read it."""
        path = os.path.join(self.folder, "alpine.iso")
        with self.lock:
            if not os.path.exists(path):
                tree = os.path.join(self.folder, "tree")
                for name in ("boot/vmlinuz-virt", "boot/initramfs-virt", "apks/x86_64/e2fsprogs-extra-1.47.0-r5.apk"):
                    os.makedirs(os.path.join(tree, os.path.dirname(name)), exist_ok=True)
                    with open(os.path.join(tree, name), "w", encoding="ascii") as file:
                        file.write(name)
                done = subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "alpine-virt 3.20.3 x86_64", "-o",
                                       path, tree], capture_output=True, text=True, check=False)
                must(done.returncode == 0, "the ISO cannot be made:", done.stderr)
        return path

    def prove(self, before, after, size):
        """Equal bytes need no second proof: the slow checker looks at each outcome once."""
        key = (before, digest(after))
        with self.lock:
            own = self.locks.setdefault(key, threading.Lock())
        with own:
            if key in self.proved:
                return
            check = [os.path.join(TESTS, "e2e/check/check-grown.sh"), before, after, str(size)]
            done = subprocess.run(["sh", *check], capture_output=True, text=True, check=False)
            bad = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
            must(done.returncode == 0, "the disk is not as it must be:", *bad, done.stderr)
            self.proved.add(key)


def copy_sparse(source, target):
    subprocess.run(["cp", "--sparse=always", "--", source, target], check=True)


def digest(path):
    total = hashlib.sha256()
    with open(path, "rb") as data:
        while piece := data.read(1 << 20):
            total.update(piece)
    return total.hexdigest()


def bytes_of(size, now):
    units = {"K": 10, "M": 20, "G": 30, "T": 40}
    added = now if size.startswith("+") else 0
    digits = size.lstrip("+")
    return added + (int(digits[:-1]) << units[digits[-1]] if digits[-1] in units else int(digits))


class Trial:
    def __init__(self, case, folder, samples, program, seed):
        self.case = case
        self.folder = folder
        self.samples = samples
        self.program = program
        self.seed = seed
        self.disk = os.path.join(folder, case.file)
        self.iso = os.path.join(folder, "alpine.iso")
        self.record_path = os.path.join(folder, "record")
        self.transcript = os.path.join(folder, "transcript")
        self.options = list(case.options)
        self.faults = [case.faults]
        self.open = contextlib.ExitStack()  # what must be closed in the end
        self.sample = None

    # Before.

    def prepare(self):
        os.mkdir(self.folder)
        try:
            os.link(self.samples.iso(), self.iso)
        except OSError:  # another file system
            shutil.copyfile(self.samples.iso(), self.iso)
        if self.case.disk:
            self.sample = self.samples.get(self.case.disk, self.case.format)
            copy_sparse(self.sample, self.disk)
        if self.case.before:
            self.case.before(self)
        if self.case.disk and os.path.exists(self.disk):
            self.digest = digest(self.disk)

    def patch(self, offset, data):
        """Changes the disk before the run; its sample is then no measure any more."""
        with open(self.disk, "r+b") as disk:
            disk.seek(offset)
            disk.write(data)

    def own_scripts(self):
        """A copy of scripts/, for this trial to change; its folder of dialogues."""
        folder = os.path.join(self.folder, "scripts")
        shutil.copytree(os.path.join(SOURCE, "scripts/dialogues"), os.path.join(folder, "dialogues"))
        self.options.append(f"--scripts={folder}")
        return os.path.join(folder, "dialogues")

    def gate(self, state):
        """The guest will stop at a state until its gate is opened. Returns the gate's path."""
        path = os.path.join(self.folder, "gate")
        os.mkfifo(path)
        self.faults.append(f"gate={state}:{path}")
        return path

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    # The run.

    def environment(self):
        # A run that types at boot: has all the time for it; another one has nothing to wait for.
        types = any(word in " ".join(self.options).lower() for word in ("single", "init", "console", "append", "plug=boot", "early", "fast"))
        faults = [f"seed={self.seed}", f"time-out={20 if types else 0.05}", f"record={self.record_path}", *self.faults]
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        return {**kept, "HOME": self.folder, "FAKE_GUEST": " ".join(faults), "FAKE_TRIAL": self.folder, "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": os.path.join(self.folder, "state"),
                "PYTHONPYCACHEPREFIX": os.path.join(self.samples.folder, "python"), **self.case.env}

    def command(self):
        given = " ".join(self.options)
        for number in itertools.count(2):  # each run has a recording of its own
            if not os.path.exists(self.transcript):
                break
            self.transcript = os.path.join(self.folder, f"transcript-{number}")
        words = [self.program]
        for name, value in (("iso", self.iso), ("qemu", GUEST), ("format", self.case.format),
                            ("scripts", os.path.join(SOURCE, "scripts")), ("transcript", self.transcript)):
            if f"--{name}=" not in given and f"--no-{name}" not in given:
                words.append(f"--{name}={value}")
        ends = [] if "--check-scripts" in given else ["--", self.case.file, self.case.size]
        return [*words, *self.options, *ends]

    def start(self, **how):
        """The program, started with its output in pipes."""
        how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **how}
        return subprocess.Popen(self.command(), cwd=self.folder, env=self.environment(), start_new_session=True, **how)

    def run(self, limit=LONG):
        with self.start() as process:
            out, err = process.communicate(timeout=limit)
        return Result(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))

    # Afterwards.

    def record(self):
        if not os.path.exists(self.record_path):
            return []
        with open(self.record_path, encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def commands(self):
        """(state, command) in the order in which the guest got them."""
        return [(line["state"], line["did"]) for line in self.record()]

    def left_over(self):
        """Processes of this trial that still run."""
        mark = f"FAKE_TRIAL={self.folder}\0".encode()
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as environ:
                if mark in environ.read() + b"\0":
                    found.append(int(pid))
        return found

    def check_output(self, result):
        case = self.case
        besides = ("qemu-grow: warning: ", "qemu-grow: also: ")
        # The diagnosis is indented, below the sentence.
        errors = [line for line in result.err.splitlines() if not line.startswith((*besides, "  "))]
        must(result.code == case.exit, "exit code", result.code, "instead of", f"{case.exit}:", *errors)
        text = result.out
        if result.code not in (0, 3, 26):
            must(len(errors) == 1, "an error is one line, not", len(errors), errors)
        if result.code not in (0, 3):
            must(errors and errors[0].startswith("qemu-grow: ") and errors[-1].endswith("."), "not a sentence:", errors)
            text = "\n".join(errors)
        else:
            must(not errors, "standard error has", errors)
        for word in case.says:
            must(word in text, f"`{word}` is not in:", text)
        if case.stage:
            must(STAGES[case.stage] in text, f"the stage is not {case.stage}:", text)
        must("\x1b" not in result.out + result.err, "there is an escape character in the output")

    def check_disk(self):
        case = self.case
        if not case.disk or case.state == "any":
            return
        if case.state == "same":
            must(digest(self.disk) == self.digest, "the disk has changed")
            return
        size = bytes_of(case.size, os.path.getsize(self.sample))
        must(os.path.getsize(self.disk) == size, "the disk has", os.path.getsize(self.disk), "bytes, not", size)
        if case.state == "grown":
            self.samples.prove(self.sample, self.disk, size)
            return
        wanted = os.path.join(self.folder, "wanted")
        copy_sparse(self.sample, wanted)
        os.truncate(wanted, size)
        if case.state == "table":
            self.take_entry(wanted)
        must(digest(wanted) == digest(self.disk), f"the disk is not what {case.state} means")

    def take_entry(self, wanted):
        """The one entry that fdisk writes may differ: it is taken over, once it is seen to reach to the end."""
        with open(self.disk, "rb") as disk, open(wanted, "r+b") as other:
            raw, old = disk.read(512), other.read(512)
            places = [at for at in range(446, 510, 16) if raw[at : at + 16] != old[at : at + 16]]
            must(len(places) == 1, "entries that were changed:", places)
            entry = raw[places[0] : places[0] + 16]
            start, sectors = (int.from_bytes(entry[at : at + 4], "little") for at in (8, 12))
            end = os.path.getsize(self.disk) // 512
            must(start + sectors == end, "the partition ends at", start + sectors, "not at", end)
            other.seek(places[0])
            other.write(entry)

    def check(self, result):
        self.check_output(result)
        self.check_disk()
        if self.case.after:
            self.case.after(self, result)
        if not self.case.keeps:
            must(not self.beside(), "files are left beside the disk:", self.beside())
        self.wait_for_nbd()
        must(not self.left_over(), "processes are left over:", self.left_over())

    def beside(self):
        """What a run has left beside the disk."""
        paths = (f"{os.path.realpath(self.disk)}.qemu-grow-{name}" for name in BESIDE)
        return [path for path in paths if os.path.lexists(path)]

    def wait_for_nbd(self):
        """The fake QEMU's block layer and the recording's keeper are processes of their own, which end a moment later."""
        for pid in self.left_over():
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/comm", encoding="ascii") as name:
                    if name.read() not in ("qemu-nbd\n", "qemu-grow-rec\n"):
                        continue
                with contextlib.closing(os.fdopen(os.pidfd_open(pid))) as handle:
                    select.select([handle], [], [], LONG)

    def go(self):
        """Runs the trial; raises Wrong."""
        with self.open:
            self.prepare()
            self.check(self.case.run(self) if self.case.run else self.run())


def run_case(case, folder, samples, program, seed, args):
    """None, or what is wrong. args: run.py's."""
    trial = Trial(case, folder, samples, program, seed)
    trial.faults.insert(0, args.faults)
    try:
        trial.go()
    except (Wrong, OSError, subprocess.SubprocessError) as wrong:
        return f"{type(wrong).__name__}: {wrong}" if not isinstance(wrong, Wrong) else str(wrong)
    finally:
        for pid in trial.left_over():
            with contextlib.suppress(OSError):
                os.kill(pid, 9)
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return None


if __name__ == "__main__":
    sys.exit("this is run by run.py")
