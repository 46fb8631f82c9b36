#!/usr/bin/python3
"""Runs the program with the fake guest behind the shim, and counts how it ended.

  run.py PROGRAM [--modes=drop,double,delay,swap] [--to=guest,driver] [--k=2-50] [--seed=N] [--jobs=N] [--grown] [--keep]

A run ends in one of three ways: grown (proved by the fake tests' own checks), failed (one sentence, the disk byte for
byte what it was, nothing left running), or WRONG: anything else, and any Enter that did not follow a perfect line
(check.py). One line per run, then a table; exit code 1 when one was wrong or, with --grown, not grown."""

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "fake"))

# pylint: disable=wrong-import-position
import check  # noqa: E402
from trial import GUEST, Case, Samples, Trial, Wrong, digest, must  # noqa: E402

SHIM = os.path.join(HERE, "shim.py")
# Seconds after which a run has certainly failed: where every second key comes twice, each line takes a while.
LIMIT = 1800
# Every kind of prompt: ISOLINUX, the monitor, shells, getty, fdisk.
OPTIONS = ("-v", "--console", "--attach=usb", "--plug=boot", "--seq=login", f"--qemu={SHIM}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="qemu-grow")
    parser.add_argument("--modes", default="drop,double,delay,swap", help="what happens to every k-th byte")
    parser.add_argument("--to", default="guest,driver", help="in which direction")
    parser.add_argument("--k", default="2-50", metavar="N[-N],...", help="how often")
    parser.add_argument("--seed", type=int, default=1, help="for the first of the bytes")
    parser.add_argument("--jobs", type=int, default=4 * (os.cpu_count() or 1), help="runs at a time; they mostly wait")
    parser.add_argument("--grown", action="store_true", help="each must end with a grown disk")
    parser.add_argument("--keep", action="store_true", help="keep the folders of the runs")
    return parser.parse_args()


def numbers(text):
    spans = ([int(number) for number in word.split("-")] for word in text.split(","))
    return [k for span in spans for k in range(span[0], span[-1] + 1)]


def judge(trial, log, result):
    """How a run ended: grown or failed; raises Wrong."""
    path = trial.write("log", result.out + result.err)
    _, _, wrong = check.check(log, path)
    must(not wrong, *wrong)
    must(not trial.left_over(), "processes are left over:", trial.left_over())
    if result.code == 0:
        trial.check_disk()
        return "grown"
    errors = [line for line in result.err.splitlines() if line.startswith("qemu-grow: ") and "warning:" not in line]
    must(0 < result.code < 128 and len(errors) == 1, "exit code", result.code, "and not one sentence:", errors)
    must(digest(trial.disk) == trial.digest, "the disk has changed:", errors)
    return f"failed ({result.code})"


def one(args, samples, work, mode, to, k):
    folder = os.path.join(work, f"{mode}-{to}-{k}")
    log = os.path.join(folder, "shim.log")
    words = f"mode={mode} to={to} k={k} seed={args.seed + k} log={log} qemu={GUEST}"
    trial = Trial(Case(f"{mode}-{to}-{k}", OPTIONS, env={"SHIM": words}), folder, samples, os.path.abspath(args.program), args.seed)
    try:
        trial.prepare()
        with trial.open:
            how = judge(trial, log, trial.run(LIMIT))
    except (Wrong, OSError) as wrong:
        how = f"WRONG: {wrong}"
    except Exception as wrong:  # a run that does not end  # pylint: disable=broad-exception-caught
        how = f"WRONG: {type(wrong).__name__}"
    for pid in trial.left_over():
        os.kill(pid, 9)
    if not args.keep and not how.startswith("WRONG"):
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{mode} to {to} k={k} seed={args.seed + k}: {how}", flush=True)
    return mode, to, how.partition(" ")[0].rstrip(":")


def main():
    args = arguments()
    work = tempfile.mkdtemp(prefix="qemu-grow-shim-")
    samples = Samples(os.path.join(work, "samples"))
    os.mkdir(samples.folder)
    todo = [(mode, to, k) for mode in args.modes.split(",") for to in args.to.split(",") for k in numbers(args.k)]
    with ThreadPoolExecutor(args.jobs) as pool:
        ends = Counter(pool.map(lambda row: one(args, samples, work, *row), todo))
    print(f"\n{'':16} {'grown':>6} {'failed':>6} {'WRONG':>6}")
    for mode, to in dict.fromkeys((mode, to) for mode, to, _ in todo):
        print(f"{mode + ' to ' + to:16}", *(f"{ends[mode, to, how]:6}" for how in ("grown", "failed", "WRONG")))
    wrong = sum(count for (_, _, how), count in ends.items() if how == "WRONG" or (args.grown and how != "grown"))
    if args.keep or wrong:
        print(f"the folders are in {work}")
    else:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
