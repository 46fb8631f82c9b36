#!/usr/bin/python3
"""Runs the program with the fake guest through the tables of cases.

  run.py PROGRAM [--only=REGEX] [--shard=I/N] [--jobs=N] [--seed=N] [--faults=WORDS] [--keep] [--list]
  run.py PROGRAM --slow ...

--slow takes the cases, instead of all others, that wait for the driver's patience in real time: two minutes, all at
a time.

One line per case, `ok NAME` or `FAIL NAME: why`; the last line counts. Exit code 1 when one failed."""

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
import cases  # noqa: E402
from trial import Samples, run_case  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="qemu-grow")
    parser.add_argument("--only", default="", metavar="REGEX", help="cases whose name has a match")
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="every N-th case, from the I-th")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="cases at a time")
    parser.add_argument("--seed", type=int, default=1, help="for what the guest does at random")
    parser.add_argument("--faults", default="", metavar="WORDS", help="faults.py's words for all cases, before their own")
    parser.add_argument("--slow", action="store_true", help="the cases that take minutes")
    parser.add_argument("--keep", action="store_true", help="keep the folders of the cases")
    parser.add_argument("--list", action="store_true", help="print the names only")
    return parser.parse_args()


def chosen(args):
    index, count = map(int, args.shard.split("/"))
    every = [case for case in (cases.SLOW if args.slow else cases.CASES) if re.search(args.only, case.name)]
    return every[index - 1 :: count]


def main():
    args = arguments()
    todo = chosen(args)
    names = [case.name for case in cases.CASES + cases.SLOW]
    assert len(names) == len(set(names)), "two cases have the same name"
    if args.list:
        print(*(case.name for case in todo), sep="\n")
        return 0
    work = tempfile.mkdtemp(prefix="qemu-grow-fake-")
    samples = Samples(os.path.join(work, "samples"))
    os.mkdir(samples.folder)
    program = os.path.abspath(args.program)
    print(f"seed {args.seed}", flush=True)

    def one(case):
        folder = os.path.join(work, case.name.replace("/", "-"))
        began = time.monotonic()
        why = run_case(case, folder, samples, program, args.seed + names.index(case.name), args)
        text = f"FAIL {case.name}: {why}" if why else f"ok {case.name}"
        print(f"{text}  ({time.monotonic() - began:.1f} s)", flush=True)
        return why is None

    with ThreadPoolExecutor(args.jobs) as pool:
        good = list(pool.map(one, todo))
    if args.keep:
        print(f"the folders are in {work}")
    else:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    return 0 if all(good) and good else 1


if __name__ == "__main__":
    sys.exit(main())
