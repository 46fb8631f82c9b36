"""What is beside the disk during a run: runs that are cut off and recovered, a journal that is none, somebody else at the
disk, formats that are grown by a copy."""

import os
import shutil
import struct
import subprocess

from trial import Case, Result, Wrong, copy_sparse, digest, must
from stops import enter

# A qemu-img that does something of its own at one of its commands.
WRAPPER = '#!/bin/sh\nif [ "$1" = {word} ]; then\n{script}\nfi\nexec qemu-img "$@"\n'
KILL = "kill -9 $PPID; exit 1"


def qemu_img(trial, word, script):
    path = trial.write("qemu-img", WRAPPER.format(word=word, script=script), 0o755)
    trial.options = [option for option in trial.options if not option.startswith("--qemu-img=")] + [f"--qemu-img={path}"]


def plain(trial):
    """From here on nothing goes wrong."""
    trial.options = [option for option in trial.options if not option.startswith("--qemu-img=")]
    trial.faults = []


def beside(trial, name):
    return f"{os.path.realpath(trial.disk)}.qemu-grow-{name}"


def phase(trial):
    with open(beside(trial, "journal"), encoding="ascii") as journal:
        return next(line.split()[1] for line in journal if line.startswith("phase "))


def recover(trial, code=0, *says):
    """--recover DISK."""
    words = [trial.program, "--recover", *(option for option in trial.options if option.startswith("--qemu-img")), "--",
             trial.case.file]
    done = subprocess.run(words, cwd=trial.folder, env=trial.environment(), capture_output=True, text=True, check=False)
    must(done.returncode == code, "--recover ends with", done.returncode, done.stdout + done.stderr)
    for word in says:
        must(word in done.stdout + done.stderr, f"`{word}` is not in:", done.stdout + done.stderr)
    return done


def size_of(path):
    done = subprocess.run(["qemu-img", "info", "--output=json", path], capture_output=True, text=True, check=True)
    return int(next(line.split()[-1].rstrip(",") for line in done.stdout.splitlines() if '"virtual-size"' in line))


def check_grown(trial, _result=None):
    trial.samples.prove(trial.sample, trial.disk, size_of(trial.disk))
    must(size_of(trial.disk) > size_of(trial.sample), "the disk is not larger")


def killed(word, script=KILL, wanted="", undone=False):
    """The program is killed at a command of qemu-img; then --recover, twice, and where that undid the run, a new run."""
    def run(trial):
        before = digest(trial.disk)
        qemu_img(trial, word, script)
        result = trial.run()
        must(result.code == -9, "it was not killed:", result.code, result.err)
        must(phase(trial) == wanted, "the journal says", phase(trial))
        plain(trial)
        if undone:
            must(digest(trial.disk) == before, "the disk has changed")
            recover(trial, 0, wanted, "byte for byte")
            must(digest(trial.disk) == before, "recovering has changed the disk")
        else:
            refused = trial.run()
            must(refused.code == 68 and "--recover" in refused.err, "the next run:", refused.code, refused.err)
            recover(trial, 0, "grown and proved")
            check_grown(trial)
        must(not trial.beside(), "left:", trial.beside())
        recover(trial, 0, "nothing to recover")
        return trial.run() if undone else Result(0, "", "")
    return run


def needed(trial):
    """The next run says what to do, and does nothing."""
    qemu_img(trial, "commit", KILL)
    trial.run()
    plain(trial)
    trial.digest = digest(trial.disk)
    return trial.run()


def commit_fails(trial):
    """What kept the commit from its end is over: --recover does it."""
    qemu_img(trial, "commit", "echo 'qemu-img: x: some reason' >&2; exit 1")
    result = trial.run()
    plain(trial)
    recover(trial, 0, "grown and proved")
    check_grown(trial)
    return result


def other_overlay(trial):
    """Between the kill and --recover, somebody puts another overlay there."""
    qemu_img(trial, "commit", KILL)
    trial.run()
    plain(trial)
    shutil.copyfile(beside(trial, "overlay"), beside(trial, "overlay") + ".bak")
    before = digest(trial.disk)
    os.replace(beside(trial, "overlay") + ".bak", beside(trial, "overlay"))
    done = recover(trial, 80, "the overlay")
    must(digest(trial.disk) == before, "the disk has changed")
    return Result(done.returncode, done.stdout, done.stderr)


def other_disk(trial):
    """The same with another file in the disk's place."""
    qemu_img(trial, "commit", KILL)
    trial.run()
    plain(trial)
    copy_sparse(trial.disk, trial.disk + ".bak")
    os.replace(trial.disk + ".bak", trial.disk)
    done = recover(trial, 80, "the disk")
    return Result(done.returncode, done.stdout, done.stderr)


def at_gate(action):
    """Does something while the guest is at work."""
    def run(trial):
        gate = trial.gate("apk")
        with trial.start() as process:
            with enter(gate):
                extra = action(trial)
            out, err = process.communicate()
        if extra:
            extra()
        return Result(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
    return run


def touch(trial):
    """Somebody writes to the disk, without asking QEMU's locks."""
    with open(trial.disk, "r+b") as disk:
        disk.seek(600)
        disk.write(b"x")
    trial.digest = digest(trial.disk)


def second(trial):
    """A second run, by another name of the same disk, is refused while the first one works, and takes nothing away."""
    link = os.path.join(trial.folder, "other name")
    os.symlink(trial.case.file, link)
    words = [link if word == trial.case.file else word for word in trial.command()]
    words = [word.replace(trial.transcript, trial.transcript + ".2") for word in words]
    done = subprocess.run(words, cwd=trial.folder, env={**trial.environment(), "FAKE_GUEST": ""}, capture_output=True,
                          text=True, check=False)
    must(done.returncode == 11 and "another qemu-grow" in done.stderr, "the second run:", done.returncode, done.stderr)
    recovered = recover(trial, 11, "another qemu-grow")
    must(len(trial.beside()) == 2, "left:", trial.beside(), recovered.stderr)


def orphan(trial):
    """The program is killed, and what it started goes on for a while: the lock is held as long."""
    qemu_img(trial, "commit", 'kill -9 $PPID; qemu-img "$@"; : <gate; exit')
    os.mkfifo(os.path.join(trial.folder, "gate"))
    result = trial.run()
    must(result.code == -9, "it was not killed:", result.code)
    plain(trial)
    must(trial.run().code == 11, "the disk is not locked")
    recover(trial, 11, "a program that it started")
    with open(os.path.join(trial.folder, "gate"), "wb"):
        pass
    recover(trial, 0, "grown and proved")
    check_grown(trial)
    return Result(0, "", "")


def write_journal(text):
    def before(trial):
        with open(beside(trial, "journal"), "w", encoding="ascii") as journal:
            journal.write(text)
    return before


def write_overlay(trial):
    with open(beside(trial, "overlay"), "w", encoding="ascii") as overlay:
        overlay.write("mine")


def overlay_kept(trial, _result):
    with open(beside(trial, "overlay"), encoding="ascii") as overlay:
        must(overlay.read() == "mine", "somebody's file was changed")


def link(trial):
    os.link(trial.disk, trial.disk + ".second-name")


def read_only_folder(trial):
    """As nobody, who may write to the disk and not to its folder."""
    if os.geteuid() != 0:
        return trial.run()
    os.chmod(trial.disk, 0o666)
    os.chmod(trial.folder, 0o755)
    for path in (trial.folder, os.path.dirname(trial.folder)):
        os.chmod(path, 0o755)
    trial.options.append("--no-transcript")
    with trial.start(user=65534, group=65534, extra_groups=()) as process:
        out, err = process.communicate()
    return Result(process.returncode, out.decode(), err.decode())


def dress(trial):
    """An owner, a mode and an attribute that the copy must have, too."""
    os.chmod(trial.disk, 0o640)
    if os.geteuid() == 0:
        os.chown(trial.disk, 12, 34)
    try:
        os.setxattr(trial.disk, "user.note", b"kept")
    except OSError:
        trial.note = None
    else:
        trial.note = b"kept"


def check_dressed(trial, _result):
    check_grown(trial)
    now = os.stat(trial.disk)
    must(now.st_mode & 0o7777 == 0o640, "the mode is", oct(now.st_mode))
    must(os.geteuid() != 0 or (now.st_uid, now.st_gid) == (12, 34), "the owner is", now.st_uid, now.st_gid)
    must(not trial.note or os.getxattr(trial.disk, "user.note") == trial.note, "the attribute is lost")
    if trial.case.format == "vdi":
        uuids = []
        for path in (trial.sample, trial.disk):
            with open(path, "rb") as image:
                uuids.append(struct.unpack_from("32s", image.read(512), 392)[0])
        must(uuids[0] == uuids[1], "the UUIDs are not kept")
    if trial.case.format == "vmdk":
        with open(trial.disk, "rb") as image:
            must(f'SPARSE "{trial.case.file}"'.encode() in image.read(65536), "the descriptor names another file")


MIDDLE = 'timeout -s KILL {} qemu-img "$@"; ' + KILL
CASES = [
    Case("recover/create", run=killed("create", wanted="overlay", undone=True)),
    Case("recover/created", run=killed("create", f'qemu-img "$@"; {KILL}', "overlay", undone=True)),
    Case("recover/before-commit", run=killed("info", 'case $* in *.qemu-grow-overlay) ' + KILL + ";; esac", "proof",
                                             undone=True)),
    *(Case(f"recover/{name}-{kind}", run=killed("commit", script, "commit"), format=kind, state="any")
      for kind in ("raw", "qcow2", "qed")
      for name, script in (("commit", KILL), ("committed", f'qemu-img "$@"; {KILL}'),
                           ("half", MIDDLE.format(0.004)))),
    *(Case(f"recover/{word}-{kind}", run=killed(word, script, "copy", undone=True), format=kind, state="any",
           after=check_grown)
      for kind in ("vdi", "vmdk") for word, script in (("convert", KILL), ("compare", KILL))),
    Case("recover/needed", exit=68, stage="untouched", state="same", says=("--recover", '"commit"'), run=needed, keeps=True),
    Case("recover/commit-fails", exit=69, stage="commit", state="any", says=("some reason", "--recover"), run=commit_fails),
    Case("recover/other-overlay", exit=80, state="any", says=("journal",), run=other_overlay, keeps=True),
    Case("recover/other-disk", exit=80, state="any", says=("journal",), run=other_disk, keeps=True),
    Case("recover/changed", exit=80, stage="spared", state="same", says=("somebody else",), run=at_gate(touch)),
    Case("recover/second-run", run=at_gate(second)),
    Case("recover/orphan", run=orphan, state="any"),
    Case("recover/bad-journal", exit=81, stage="untouched", state="same", says=("journal",), keeps=True,
         before=write_journal("qemu-grow journal 1\n")),
    Case("recover/empty-journal", exit=81, stage="untouched", state="same", says=("journal",), keeps=True,
         before=write_journal("")),
    Case("recover/in-the-way", exit=83, stage="untouched", state="same", says=("qemu-grow-overlay",), keeps=True,
         before=write_overlay, after=overlay_kept),
    Case("recover/no-file-beside", exit=27, stage="untouched", state="same", says=("--in-place",), run=read_only_folder,
         env={"TMPDIR": "/tmp"}),
    Case("recover/hard-link", exit=82, stage="untouched", state="same", says=("hard links",), format="vmdk", before=link),
    *(Case(f"recover/by-copy-{kind}", format=kind, state="any", file=f"disk.{kind}", before=dress, after=check_dressed)
      for kind in ("vdi", "vmdk", "vpc", "vhdx")),
    Case("recover/unknown-format", exit=14, stage="untouched", state="same", format="parallels", says=("parallels",)),
]
