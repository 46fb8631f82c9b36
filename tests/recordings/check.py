#!/usr/bin/python3
"""Plays every recording as the guest: the same driver must come to the same states.

  check.py PROGRAM [--cuts=N] [--mutations=N|all] [--jobs=N] [--only=REGEX]

--cuts: so many seeds for each recording, of which the console's reads are cut. --mutations: in so many recordings a
byte of each prompt that was matched is changed, one at a time; each must be told with state, pattern and offset. And
so is each of some of the keys that the recording says were typed, down to its last.
One line per recording, `ok NAME` or `FAIL NAME: why`. Exit code 1 when one failed."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
DIVERGED = 110
KEYS = 20  # so many of a recording's are changed
LONG = 300  # seconds after which a run has certainly failed; nothing waits for them


class Wrong(Exception):
    """What was seen is not what must be."""


def must(holds, *words):
    if not holds:
        raise Wrong(" ".join(str(word) for word in words))


def play(program, folder, *options):
    command = [program, "-q", f"--guest={folder}", *options]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=LONG, check=False)


def events_of(folder):
    with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def check_cuts(program, folder, seeds):
    for seed in seeds:
        done = play(program, folder, *([f"--cut={seed}"] if seed else []))
        must(done.returncode == 0, f"cut {seed}: exit code {done.returncode}:", done.stderr)


def clean_view(raw):
    """The clean text, as console/view.h has it, and where each of its bytes stands in the raw one."""
    skipped = re.compile(rb"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[ -/]*[0-Z\\^-~])|\r+(?=\n)|[\x00-\x08\x0b-\x0c\x0e-\x1a\x1c-\x1f\x7f]")
    text, places, at = bytearray(), [], 0
    while at < len(raw):
        if found := skipped.match(raw, at):
            at = found.end()
            continue
        byte = raw[at : at + 1]
        if byte != b"\r" or not text.endswith(b"\n"):
            text += b"\n" if byte == b"\r" else byte
            places.append(at)
        at += 1
    for found in reversed(list(re.finditer(rb"\[ *\d+\.\d{6}\] [^\n]*\n", text))):
        del text[found.start() : found.end()]
        del places[found.start() : found.end()]
    return bytes(text), places


def prompts(events, raw):
    """(state, match, place of a byte of its last line in the raw log) of each match on the console."""
    text, places = clean_view(raw)
    state = None
    for event in events:
        if event["type"] == "state":
            state = event
        if event["type"] != "match" or event.get("in") == "kernel":
            continue
        words = event["text"].encode()
        line = words.rstrip().rpartition(b"\n")[2]
        # This view is simpler than the program's: what it has elsewhere is the occurrence next to that place.
        begins = [found.start() for found in re.finditer(re.escape(words), text)]
        must(begins, "no match in the console:", words)
        begin = min(begins, key=lambda at: abs(at - event["begin"]))
        if line:
            yield state, event, places[begin + words.rindex(line) + len(line) // 2]


def check_mutations(program, folder):
    """Each prompt in turn with one byte changed."""
    events = events_of(folder)
    with open(os.path.join(folder, "output.log"), "rb") as log:
        header, raw = log.readline(), log.read()
    count = 0
    with tempfile.TemporaryDirectory(prefix="qemu-grow-mutation-") as work:
        copy = os.path.join(work, "recording")
        shutil.copytree(folder, copy)
        for state, match, place in prompts(events, raw):
            changed = bytes([raw[place] ^ 1 if chr(raw[place] ^ 1).isprintable() else raw[place] ^ 2])
            with open(os.path.join(copy, "output.log"), "wb") as log:
                log.write(header + raw[:place] + changed + raw[place + 1 :])
            done = play(program, copy)
            where = f"{state['dialogue']}/{state['state']}: `{match['pattern']}` with {changed} at byte {place}:"
            must(done.returncode == DIVERGED, where, "exit code", done.returncode, done.stderr)
            must(re.search(r"state \S+/\S+", done.stderr), where, "no state:", done.stderr)
            must("the pattern `" in done.stderr, where, "no pattern:", done.stderr)
            must(re.search(r"bytes? \d+", done.stderr), where, "no offset:", done.stderr)
            count += 1
    must(count > 0, "there is no prompt in it")
    return count


def check_keys(program, folder):
    """Some of the keys in turn, changed: this run sends others than the recorded one."""
    with open(os.path.join(folder, "input.log"), "rb") as log:
        header, keys = log.readline(), log.read()
    places = [at for at in {len(keys) * part // KEYS for part in range(KEYS)} | {len(keys) - 1} if keys[at] != ord("*")]
    with tempfile.TemporaryDirectory(prefix="qemu-grow-keys-") as work:
        copy = os.path.join(work, "recording")
        shutil.copytree(folder, copy)
        for place in places:
            with open(os.path.join(copy, "input.log"), "wb") as log:
                log.write(header + keys[:place] + bytes([keys[place] ^ 1]) + keys[place + 1 :])
            done = play(program, copy)
            must(done.returncode == DIVERGED, f"key {place}: exit code {done.returncode}:", done.stderr)
            must(f"as byte {place} of what was typed" in done.stderr, f"key {place}:", done.stderr)
    return len(places)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--mutations", default="0")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    program = os.path.abspath(args.program)
    folders = sorted(entry.path for entry in os.scandir(HERE) if entry.is_dir() and re.search(args.only, entry.name))
    # Of a run with two guests the last one alone is played: no place in the console's log is the player's.
    whole = [folder for folder in folders if not os.path.basename(folder).startswith("fail-") and
             sum(event["type"] == "given" for event in events_of(folder)) == 1]
    mutated = set(whole if args.mutations == "all" else whole[: int(args.mutations)])

    def one(folder):
        name, text = os.path.basename(folder), ""
        try:
            check_cuts(program, folder, range(args.cuts + 1))
            if folder in mutated:
                text = f", {check_mutations(program, folder)} changed prompts told, {check_keys(program, folder)} changed keys"
        except (Wrong, OSError, subprocess.SubprocessError) as wrong:
            print(f"FAIL {name}: {wrong}", flush=True)
            return False
        print(f"ok {name}: {args.cuts} cuts{text}", flush=True)
        return True

    with ThreadPoolExecutor(args.jobs) as pool:
        good = list(pool.map(one, folders))
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed, {args.cuts * len(folders)} cuts")
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
