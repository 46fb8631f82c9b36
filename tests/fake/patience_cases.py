"""Guests that are slow, that fall silent or that say the same for ever, and answers that are overdue."""

import os
import re
from dataclasses import replace

from failures import both, fail
from trial import Case

QUICK = "--timeout-scale=0.02"
# A second of a fake guest is a fiftieth of one of ours: its patience is over in a few of ours.
FASTER = 50


def quick(trial):
    """Dialogues whose landmarks come late on the reference: this guest is then measured to be as fast as it is."""
    folder = trial.own_scripts()
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as source:
            text = re.sub(r"^( +takes: )([0-9.]+)$", lambda m: f"{m[1]}{float(m[2]) * FASTER:.1f}", source.read(),
                          flags=re.M)
        with open(path, "w", encoding="utf-8") as target:
            target.write(text)
    trial.options.append(QUICK)


def slow(factor, *options, faults="", **more):
    """As it is, with the guest's own pace measured; only what is believed before is smaller."""
    return Case(f"patience/slow-{factor}", (QUICK, *options), faults=f"slow={factor} {faults}", **more)


def asked(word):
    """With --verbose, the output says what was done about it."""
    return {"options": ("--verbose",), "before": quick, "says": (word,)}


# At each part of a run: not a byte more, or the same line again and again.
PARTS = (("firmware", "attached", "enlarged", "boot:", ()),
         ("kernel", "attached", "enlarged", "login:", ()),
         ("initramfs", "attached", "enlarged", "single-mode shell", ("--seq=single",)),
         ("openrc", "attached", "enlarged", "login:", ("--console",)),
         ("shell", "attached", "enlarged", "root's shell", ()),
         ("apk", "attached", "enlarged", "waiting for apk", ()),
         ("fdisk", "attached", "enlarged", "fdisk's prompt", ()),
         ("nodes", "table", "table", "mdev to come to rest", ()),
         ("e2fsck", "check", "table", "waiting for e2fsck", ()),
         ("off", "grown", "grown", "QEMU to end", ()))


def silent():
    for state, stage, disk, word, options in PARTS:
        for how, last in (("hang", word), ("babble", "DRDY ERR")):
            code, says = (59, ("QEMU still runs",)) if state == "off" else (47, ("made no progress", last))
            yield fail(f"{how}-{state}", f"{how}={state}", code, stage, disk, *says, options=options, before=quick)


CASES = [
    *(replace(case, name="patience/" + case.name.partition("/")[2]) for case in both(list(silent()))),
    fail("stopped", "stopped=apk", 47, "spared", "same", "stopped by a signal"),
    slow(1), slow(3, "--console"),
    # What is overdue is asked for again.
    Case("patience/line-lost", faults="line-lost=1", **asked("run it again")),
    Case("patience/lines-lost", faults="line-lost=3", **asked("run it again")),
    Case("patience/mark-lost", faults="mark-lost=1", **asked("ask again with")),
    Case("patience/marks-lost", faults="mark-lost=3", **asked("ask again with")),
    Case("patience/mark-mangled", faults="mark-mangled=1", **asked("ask again with")),
    Case("patience/mark-lost-in-shells", ("--seq=single", "--log=init"), "mark-lost=2", before=quick),
    Case("patience/flushed", faults="flush=late", before=quick),
    Case("patience/words-like-prompts", faults="words=prompt"),
    Case("patience/words-like-prompts-in-shells", ("--seq=single", "--log=init"), "words=prompt kernel=all"),
    fail("marks-gone", "mark-lost=99", 47, "spared", "same", "made no progress", before=quick),
]

# Nothing but real time.
SLOW = [
    fail("hang-apk", "hang=apk", 47, "spared", "same", "made no progress", "waiting for apk"),
    slow(30, "--timeout-scale=0.01"),
]
