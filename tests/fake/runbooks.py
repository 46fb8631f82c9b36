"""The script that --runbook=expect prints, run by expect in the program's place: the same guest, the same disk."""

import itertools
import os
import shutil
import subprocess
import sys

from choices import MOMENTS, NAMES, combination, kernel_words, plug_states
from trial import LONG, SOURCE, TESTS, Case, Result, must

sys.path.append(os.path.join(TESTS, "runbook"))

# pylint: disable=wrong-import-position
from md import XML, parse  # noqa: E402


def script_of(trial):
    """The script, written to a file; its path."""
    words = trial.command()
    done = subprocess.run([words[0], "--runbook=expect", *words[1:]], cwd=trial.folder, env=trial.environment(),
                          capture_output=True, check=False, timeout=LONG)
    must(done.returncode == 0, "no script:", done.stderr.decode())
    must(done.stdout.isascii(), "the script has bytes that are no ASCII")
    path = os.path.join(trial.folder, "runbook.exp")
    with open(path, "wb") as out:
        out.write(done.stdout)
    return path


def expect(trial, script, *options):
    done = subprocess.run(["expect", script, *options], cwd=trial.folder, env=trial.environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=LONG)
    return Result(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def by_expect(trial):
    script = script_of(trial)
    os.mkdir(trial.transcript)  # where the program's own mdev.log goes
    result = expect(trial, script, "--timeout-scale=1", f"--mdev-log={trial.transcript}/mdev.log")
    if result.err:
        result.err = "qemu-grow: " + result.err  # as the program's own errors begin
    return result


def check_all(trial):
    """The scripts of all choices: right as far as they themselves can tell."""
    every = [(f"--attach={attach}", f"--seq={seq}", f"--log={log}")
             for attach, seq, log in itertools.product(("hda", "virtio", "usb"), MOMENTS, MOMENTS)]
    every += [("--attach=usb", f"--plug={plug}", f"--plug-by={by}")
              for plug, by in itertools.product(("boot", "single", "init", "login", "late"), ("device", "drive"))]
    every += [(option,) for option in ("--console", "--debug-init", "--kmsg-mark", "--dmesg", "--verbose-services", "--in-place")]
    for options in every:
        trial.options = list(options)
        result = expect(trial, script_of(trial), "--check")
        must(result.code == 0 and "are right" in result.out, *options, result.err)
    scripts = [open(script_of(trial), "rb").read() for _ in range(2)]
    must(scripts[0] == scripts[1], "the script is not the same the second time")
    return Result(0, "", "")


def told_afterwards(failed):
    """The recording as a runbook: well-formed, with what was typed, when, and what the guest printed."""
    def after(trial, _result):
        command = [trial.program, "--runbook=md", f"--scripts={SOURCE}/scripts", trial.transcript]
        done = subprocess.run(command, cwd=trial.folder, env=trial.environment(), capture_output=True, check=False, timeout=LONG)
        must(done.returncode == 0, "no runbook:", done.stderr.decode())
        text = done.stdout.decode("utf-8")
        document = parse(text)
        blocks = [block.text for block in document.iter(XML + "code_block")]
        steps = [step for step in ("Step 8: ", "Step 14: ", "Step 19: ", "Step 23: ", "Step 24: ") if f"## {step}" in text]
        must(len(steps) == (3 if failed else 5), "it tells of", steps)
        must(any(block.startswith("qemu-img create ") for block in blocks), "qemu-img create is missing")
        must(any("Command (m for help): " in block for block in blocks), "fdisk's words are missing")
        must(("now 32512 (4k) blocks long" in text) != failed, "resize2fs' words")
        must("fdisk's prompt, type `w` and Enter." in text and "- At " in text, "what was typed, and when")
        must(("It failed: " in text) == failed, "how it ended")
    return after


def in_the_way(trial):
    trial.write(trial.case.file + ".qemu-grow-overlay", "somebody's")


STUB = """#!/bin/sh
printf '%s\\0' "$@" >arguments
exit 1
"""


def write_stub(trial):
    trial.write("qemu", STUB, 0o755)


def stub_got_bytes(trial, _result):
    """A path that is no UTF-8 reaches QEMU as it is."""
    with open(os.path.join(trial.folder, "arguments"), "rb") as got:
        words = got.read().split(b"\0")
    path = os.fsencode(trial.disk + ".qemu-grow-overlay")
    must(b"if=none,id=disk0,file=" + path + b",format=qcow2" in words, "QEMU got", words)


def as_the_program(trial, _result):
    """The program's own run on the same disk leaves the same bytes."""
    mine = trial.disk + ".expect"
    os.rename(trial.disk, mine)
    shutil.copyfile(trial.sample, trial.disk)
    result = trial.run()
    must(result.code == 0, "the program fails:", result.err)
    with open(mine, "rb") as one, open(trial.disk, "rb") as other:
        must(one.read() == other.read(), "the program leaves other bytes than the script")


def run(name, options=(), faults="", **more):
    return Case(f"runbook/{name}", options, faults, run=by_expect, **more)


def combined(attach, seq, log, **more):
    check = combination(attach, seq, log)
    return run(f"{attach}-{seq}-{log}", (f"--attach={attach}", f"--seq={seq}", f"--log={log}"), after=check, **more)


CASES = [
    Case("runbook/all-choices", state="same", run=check_all),
    run("as-the-program", after=as_the_program),
    combined("hda", "login", "no", faults="kernel=all"),
    combined("hda", "no", "login"),
    combined("virtio", "single", "init", faults="kernel=all"),
    combined("usb", "init", "single"),
    combined("usb", "no", "no", faults="vanish-e2fsck=1 vanish-resize2fs=1"),
    run("plug-boot-drive", ("--attach=usb", "--plug=boot", "--plug-by=drive"), after=plug_states("boot")),
    run("plug-init", ("--attach=usb", "--plug=init"), after=plug_states("init")),
    run("in-place", ("--in-place",)),
    run("route-single", ("--route=single", "--attach=usb")),
    run("route-early", ("--route=early", "--attach=virtio")),
    run("options", ("--kmsg-mark", "--dmesg", "--console", "--append=quiet", "--verbose-services"),
        after=kernel_words("console=ttyS0", "quiet")),
    run("debug-init", ("--debug-init", "--seq=single")),
    run("four-primaries", disk="four-primaries"),
    run("boot-flag", disk="boot-flag-last"),
    run("type", disk="type-last"),
    run("openwrt", disk="openwrt", format="qcow2", size="512M", state="any"),
    Case("runbook/told-afterwards", ("--console",), after=told_afterwards(False)),
    Case("runbook/told-of-a-failure", ("--seq=no",), "e2fsck=8", exit=90, stage="spared", state="same", after=told_afterwards(True)),
    run("copy", format="vdi", state="any"),
    run("label-other", faults="label=other", exit=53, stage="spared", state="same"),
    run("other-table", faults="fdisk=table", exit=54, stage="spared", state="same", says=("was left without writing",)),
    run("panic", faults="panic=e2fsck", exit=45, stage="spared", state="same", says=("panicked",)),
    run("e2fsck", faults="e2fsck=4", exit=90, stage="spared", state="same", says=("Input/output error", "exit code 4")),
    run("died", faults="die=apk", exit=43, stage="spared", state="same"),
    run("keys-lost", faults="drop=150 drop-boot=60", options=("--console",)),
    run("in-the-way", before=in_the_way, exit=83, stage="untouched", state="same", keeps=True),
    *(run(f"name-{i}", file=name) for i, name in enumerate(NAMES) if i % 2),
    run("name-bytes", ("--qemu=./qemu",), file=os.fsdecode(b"no\xffutf\n8'\\.raw"), before=write_stub, after=stub_got_bytes,
        exit=43, stage="spared", state="same"),
]
