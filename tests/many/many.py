#!/usr/bin/python3
"""The recipes for many disks, as they stand in README.md, with the fake guest.

  many.py PROGRAM parallel|ssh|slurm

Six disks: two are to be grown, one has been grown already, a run on one was cut off within its commit, one fails in the
guest, one is refused. Exit code 77: what this needs is not here."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(SOURCE, "tests/fake"))

# pylint: disable=wrong-import-position
import slurm  # noqa: E402
import sshd  # noqa: E402
from trial import GUEST, Samples, copy_sparse, digest, must  # noqa: E402

SKIPPED = 77
SIZE = 128 << 20
NEEDS = {"parallel": ("parallel",), "ssh": ("parallel", "ssh", "ssh-keygen", sshd.SSHD),
         "slurm": ("sbatch", "scontrol", "munge", slurm.MUNGED, slurm.SLURMCTLD, slurm.SLURMD)}
GROWN, UNCHANGED, REFUSED, CUT_OFF, FAILED = 0, 3, 19, 68, 90
# What the first round ends with, by qemu-grow itself.
DISKS = {"a.qcow2": GROWN, "b c.qcow2": GROWN, "cut.qcow2": CUT_OFF, "done.qcow2": UNCHANGED, "fails.qcow2": FAILED,
         "gpt.qcow2": REFUSED}
# What is started in a PID namespace of its own cannot outlive the test, even if that is killed: Slurm's steps are nobody's
# children. Its first process waits for those.
ALONE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
FIRST = ("sh", "-c", '"$@"; exit $?', "sh")
# The README's command, with an ISO and, for the one disk, a fault; what each guest was told goes beside its disk.
COMMAND = """#!/bin/sh
for disk; do
    case $disk in *.qcow2) break ;; esac
done
FAKE_GUEST="time-out=20 record={work}/records/$(echo "$disk" | tr ' ' -)"
case $disk in
fails.qcow2) [ -e {work}/mended ] || FAKE_GUEST="$FAKE_GUEST e2fsck=4" ;;
esac
export FAKE_GUEST
case " $* " in
*" --recover "*) exec {program} "$@" ;;
*) exec {program} --iso={iso} "$@" ;;
esac
"""
# The driver is killed as it begins to write to the disk.
CUT = '#!/bin/sh\n[ "$1" != commit ] || { kill -9 $PPID; exit 1; }\nexec qemu-img "$@"\n'


def recipe(name):
    """The lines of README.md that are marked with it, for disks of 40 MiB."""
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as file:
        found = re.search(rf"<!-- many:{name} -->\n\n((?:    .*\n)+)", file.read())
    must(found, "README.md has no recipe", name)
    lines = re.sub(r"^    ", "", found[1], flags=re.M)
    return re.sub(r"\b8G\b", "128M", lines).replace("scripts/many/", f"{SOURCE}/scripts/many/")


class Many:
    def __init__(self, program, work):
        self.work = work
        self.disks = os.path.join(work, "disks")
        for name in ("samples", "disks", "records", "bin"):
            os.mkdir(os.path.join(work, name))
        self.samples = Samples(os.path.join(work, "samples"))
        command = COMMAND.format(work=work, program=os.path.abspath(program), iso=self.samples.iso())
        self.write("bin/qemu-grow", command)
        # What the programs on this machine and on the others have in common.
        self.given = {"PATH": f"{work}/bin:{os.environ['PATH']}", "QEMU": GUEST, "LC_ALL": "C.UTF-8",
                      "XDG_CACHE_HOME": f"{work}/cache", "XDG_STATE_HOME": f"{work}/state"}
        self.given.update({name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ})
        self.env = {**os.environ, **self.given, "PARALLEL_HOME": f"{work}/parallel"}
        self.sample = self.samples.get("one-partition", "qcow2")
        for disk in DISKS:
            copy_sparse(self.samples.get("gpt", "qcow2") if disk == "gpt.qcow2" else self.sample, self.path(disk))
        self.prepare()
        self.before = {disk: digest(self.path(disk)) for disk in DISKS}

    def path(self, disk):
        return os.path.join(self.disks, disk)

    def write(self, name, text):
        with open(os.path.join(self.work, name), "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(out.name, 0o755)
        return out.name

    def prepare(self):
        """One disk has been grown already, and the driver was killed with another one. Not by the recipes' guest."""
        own = {"XDG_CACHE_HOME": f"{self.work}/own-cache"}
        grow = "qemu-grow -q --route=direct --no-transcript {} 128M"
        done = self.sh(grow.format("done.qcow2"), own)
        must(done.returncode == GROWN, "the disk cannot be grown:", done.stderr)
        done = self.sh(grow.format("cut.qcow2"), {**own, "QEMU_IMG": self.write("cut", CUT)})
        must(done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), "the driver was not killed:", done)
        shutil.rmtree(f"{self.work}/records")
        os.mkdir(f"{self.work}/records")

    def sh(self, text, env=None):
        return subprocess.run(["sh", "-c", text], cwd=self.disks, env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)

    def run(self, name, code, env=None):
        """A recipe, which ends with that exit code. Returns what it printed."""
        done = self.sh(recipe(name), env)
        must(done.returncode == code, name, "ended with", done.returncode, "not", code, done.stdout, done.stderr)
        print(f"ok   {name}: exit code {code}", flush=True)
        return done.stdout + done.stderr

    # What must hold.

    def joblog(self):
        """parallel's exit code of each disk."""
        with open(self.path("grown.tsv"), encoding="utf-8") as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines][1:]
        must(all(row[7] == "0" for row in rows), "a run was ended by a signal:", rows)
        return {re.search(r"json (.*?) 128M", row[8])[1].replace("\\", "").strip("'"): int(row[6]) for row in rows}

    def codes(self, found, wanted):
        must(found == wanted, "exit codes:", found, "not", wanted)
        print("ok   exit codes:", *found.values(), flush=True)

    def same(self, *disks):
        for disk in disks:
            must(digest(self.path(disk)) == self.before[disk], disk, "has changed")
            must(not os.path.exists(self.path(disk) + ".json"), disk, "has a proof")
        print("ok   as before, byte for byte:", *disks, sep="  ", flush=True)

    def grown(self, *disks):
        """By other programs than the driver."""
        for disk in disks:
            self.samples.prove(self.sample, self.path(disk), SIZE)
        left = [name for name in os.listdir(self.disks) if ".qemu-grow-" in name and name[: name.index(".qemu-grow-")] in disks]
        must(not left, "left beside the disks:", left)
        print("ok   grown, and checked by other programs:", *disks, sep="  ", flush=True)

    def once(self, *disks):
        """All those were grown by one prepared guest, which was made once."""
        starts = {}
        for name in os.listdir(f"{self.work}/records"):
            with open(f"{self.work}/records/{name}", encoding="utf-8") as lines:
                did = [row["did"] for row in map(json.loads, lines) if row["state"] == "start"]
            starts[name] = ["-incoming" in words for words in did]
        made = sum(not warm for runs in starts.values() for warm in runs)
        used = {name for name, runs in starts.items() if True in runs}
        must(made == 1 and used == {disk.replace(" ", "-") for disk in disks}, "starts of QEMU (True: warm):", starts)
        states = [name for name in os.listdir(f"{self.work}/cache/qemu-grow/warm") if name.endswith(".state")]
        must(len(states) == 1, "prepared guests:", states)
        print(f"ok   one guest was prepared, for {len(used)} disks", flush=True)

    def proofs(self, *disks):
        """The README's way to gather them."""
        rows = [line.split("\t") for line in self.run("json", 0).splitlines()]
        wanted = [[self.path(disk), "proved", str(SIZE), "warm"] for disk in disks]
        must(rows == wanted, "proofs:", rows, "not", wanted)

    # The ways.

    def by_parallel(self, name, env=None):
        """Its exit code is the number of the jobs that failed, and unchanged is not 0."""
        self.run(name, sum(code != 0 for code in DISKS.values()), env)
        self.codes(dict(sorted(self.joblog().items())), DISKS)
        self.same("done.qcow2", "fails.qcow2", "gpt.qcow2", "cut.qcow2")
        self.grown("a.qcow2", "b c.qcow2", "done.qcow2")
        self.once("a.qcow2", "b c.qcow2", "fails.qcow2")
        self.proofs("a.qcow2", "b c.qcow2")
        failed = [line.split("\t")[0] for line in self.run("failed", 0).splitlines()]
        must(sorted(map(int, failed)) == [REFUSED, CUT_OFF, FAILED], "failed:", failed)

    def parallel(self):
        self.by_parallel("parallel")
        self.run("recover", 0)
        self.grown("cut.qcow2")
        self.write("mended", "")
        again = recipe("parallel").replace("parallel ", "parallel --resume-failed ", 1)
        done = self.sh(again)
        wanted = {**DISKS, "cut.qcow2": UNCHANGED, "fails.qcow2": GROWN}
        must(self.joblog() == wanted, "the second round:", done.stderr, self.joblog())
        self.grown("fails.qcow2")
        self.same("gpt.qcow2")

    def ssh(self):
        with sshd.server(f"{self.work}/sshd", ("host1", "host2"), self.given) as command:
            self.by_parallel("ssh", {"PARALLEL_SSH": command})
            with open(f"{self.work}/sshd/sshd.log", encoding="utf-8") as log:
                logins = log.read().count("Accepted publickey")
            must(logins > len(DISKS), "logins by key:", logins)

    def slurm(self):
        with slurm.cluster(f"{self.work}/slurm") as env:
            said = self.run("slurm", FAILED, env)
            job = re.search(r"Submitted batch job (\d+)", said)[1]
            told = self.sh(f"scontrol show job --oneliner {job}", env).stdout
        wanted = {**DISKS, "cut.qcow2": GROWN, "done.qcow2": GROWN}
        tasks = {int(re.search(r"ArrayTaskId=(\d+)", line)[1]): line for line in told.splitlines()}
        must(sorted(tasks) == list(range(1, len(DISKS) + 1)), "tasks:", told)
        ends = [re.search(r"JobState=(\S+) .*ExitCode=(\d+):(\d+)", tasks[number]).groups() for number in sorted(tasks)]
        self.codes({disk: int(code) for disk, (_, code, _) in zip(DISKS, ends)}, wanted)
        for (state, code, by_signal), disk in zip(ends, DISKS):
            must((state, by_signal) == ("FAILED" if wanted[disk] else "COMPLETED", "0"), disk, state, code, by_signal)
            must(os.path.exists(self.path(f"qemu-grow-{job}_{list(DISKS).index(disk) + 1}.log")), "no log of", disk)
        self.grown("a.qcow2", "b c.qcow2", "cut.qcow2", "done.qcow2")
        self.same("done.qcow2", "fails.qcow2", "gpt.qcow2")
        self.once("a.qcow2", "b c.qcow2", "fails.qcow2")
        self.proofs("a.qcow2", "b c.qcow2")


def main():
    program, way = sys.argv[1:]
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [name for name in (*NEEDS[way], "jq") if not shutil.which(name)]
    if way != "parallel" and os.geteuid() != 0:
        missing.append("root")
    if missing:
        print("skipped, since this is missing:", *missing)
        return SKIPPED
    if way != "parallel" and "ALONE" not in os.environ and subprocess.run([*ALONE, "true"], check=False).returncode == 0:
        os.execvpe(ALONE[0], [*ALONE, *FIRST, sys.executable, *sys.argv], {**os.environ, "ALONE": "yes"})
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with contextlib.ExitStack() as stack:
        work = stack.enter_context(tempfile.TemporaryDirectory(prefix="qemu-grow-many-", ignore_cleanup_errors=True))
        getattr(Many(program, work), way)()
    return 0


if __name__ == "__main__":
    sys.exit(main())
