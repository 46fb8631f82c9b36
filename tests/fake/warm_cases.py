"""The prepared guest: made once and used, and what becomes of a run when something is wrong with it."""

import glob
import os
import shutil

from kept_note import make_right
from routes import gave_way, took
from trial import Case, copy_sparse, must

WARM = ("--route=warm", "--accel=tcg")
CACHE = ".cache/qemu-grow/warm"
MADE = "preparing a guest"
THROWN = "thrown away"


def files(trial, suffix):
    return sorted(glob.glob(os.path.join(trial.folder, CACHE, "*" + suffix)))


def starts(trial):
    return sum(line["state"] == "start" for line in trial.record())


def by_warm(runs, *words, without=()):
    """The last run was one by the route warm; QEMU was started so often, and this was said, and not that."""
    def after(trial, result):
        took("warm", result)
        must("gives way" not in result.out and starts(trial) == runs, "QEMU ran", starts(trial), "times", result.out)
        for word in words:
            must(word in result.out, "does not say", word, result.out)
        for word in without:
            must(word not in result.out, "says", word, result.out)
        must(len(files(trial, ".state")) == len(files(trial, ".yaml")) == 1, "files:", os.listdir(os.path.join(trial.folder, CACHE)))
        must(not files(trial, ".part"), "a part is left")
        must(os.stat(files(trial, ".state")[0]).st_mode & 0o777 == 0o600, "not private")
    return after


def twice(between=lambda trial: None, made=MADE):
    """A run that makes it (and says so), something in between, and one more on a fresh disk."""
    def run(trial):
        result = trial.run()
        must(result.code == 0 and made in result.out, "the first run:", result.out, result.err)
        between(trial)
        copy_sparse(trial.sample, trial.disk)
        return trial.run()
    return run


def change(trial, suffix, do):
    path = files(trial, suffix)[0]
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "wb") as file:
        file.write(do(data))


def other_digest(trial):
    """A state that is what its note says, and that QEMU cannot load."""
    change(trial, ".state", lambda data: b"x" * len(data))
    make_right(files(trial, ".state")[0])


def other_dialogue(trial):
    with open(os.path.join(trial.folder, "scripts/dialogues/nodes.yaml"), "a", encoding="utf-8") as file:
        file.write("# another word\n")


def again(name, between, *words, runs=4):
    return Case(f"warm/{name}", WARM, run=twice(between), after=by_warm(runs, *words))


def way(name, faults, *more, after=gave_way("warm", "direct"), **how):
    return Case(f"warm/way-{name}", (*WARM, *more), faults, **how, after=after)


def to_direct(runs):
    def after(trial, result):
        took("direct", result)
        must("the route warm gives way to the route direct" in result.out and starts(trial) == runs, starts(trial), result.out)
        must(not files(trial, ".part"), "a part is left")
    return after


def chose(name, *words, route="direct"):
    def after(trial, result):
        took(route, result)
        for word in words:
            must(word in result.out, "does not say", word, result.out)
        last = [line["did"] for line in trial.record() if line["state"] == "start"][-1]
        must(name in last, "QEMU was started with", last)
    return after


AUTO = ("--route=direct", "--accel=auto", "-v")
ACCEL = [
    Case("accel/one", AUTO, after=chose("tcg", "QEMU offers no other")),
    Case("accel/works", AUTO, "accel=kvm,tcg hang-accel=tcg", after=chose("kvm", "kvm came first")),
    Case("accel/hangs", AUTO, "accel=kvm,tcg hang-accel=kvm", after=chose("tcg", "kvm was still on its way")),
    Case("accel/remembered", AUTO, "accel=kvm,tcg hang-accel=kvm", run=twice(made=""), after=chose("tcg", "as found out before")),
    Case("accel/own", ("--route=direct", "--accel=kvm"), "accel=kvm,tcg", after=chose("kvm")),
    # It has won the race, but does not do its work. (Whether the one that lost came as far as the record is chance.)
    Case("accel/not-trusted", AUTO, "accel=kvm,tcg hang-accel=tcg spared-accel=tcg die=apk:kill",
         after=chose("tcg", "kvm is not trusted", "gives way", route="early")),
]

CASES = [
    *ACCEL,
    Case("warm/made", WARM, after=by_warm(2, MADE)),
    Case("warm/usb", (*WARM, "--attach=usb"), after=by_warm(2, MADE)),
    Case("warm/in-place", (*WARM, "--in-place"), after=by_warm(2, MADE)),
    Case("warm/used", WARM, run=twice(), after=by_warm(3, without=(MADE, THROWN))),
    again("cut", lambda trial: change(trial, ".state", lambda data: data[:-1]), MADE, THROWN, "size"),
    again("flipped", lambda trial: change(trial, ".state", lambda data: data[:9] + bytes([data[9] ^ 1]) + data[10:]),
          MADE, THROWN, "digest"),
    again("no-note", lambda trial: os.unlink(files(trial, ".yaml")[0]), MADE, THROWN, "note"),
    again("bad-note", lambda trial: change(trial, ".yaml", lambda _: b"format: 9\n"), MADE, THROWN, "note"),
    again("not-loaded", other_digest, MADE, THROWN, runs=5),
    again("cleared", lambda trial: shutil.rmtree(os.path.join(trial.folder, CACHE)), MADE),
    # What fails while it is made, and when it is used for the first time.
    way("boot", "runs=1 panic=rdinit", after=to_direct(2)),
    way("apk", "runs=1 apk=missing", after=to_direct(2)),
    way("stop", "runs=1 qmp=stop", after=to_direct(2)),
    way("save", "runs=1 qmp=migrate", after=to_direct(2)),
    way("saved", "runs=1 saved=failed", after=to_direct(2)),
    way("dies", "runs=1 die=saving", after=to_direct(2)),
    way("load", "runs=2 qmp=migrate-incoming", after=to_direct(3)),
    way("goes-on", "runs=2 qmp=cont", after=to_direct(3)),
    way("hangs", "runs=2 panic=goes-on", after=to_direct(3)),
    way("clock", "runs=2 clock-stands=1", after=to_direct(3)),
    way("random", "runs=2 random=old", after=to_direct(3)),
    way("plug", "runs=2 qmp=device_add", after=to_direct(3)),
    way("no-node", "runs=2 serial=none", after=to_direct(3)),
]
