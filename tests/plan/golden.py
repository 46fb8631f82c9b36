#!/usr/bin/env python3
"""Shows the plan of synthetic images, and compares it with what is in golden/.

  golden.py PROGRAM [--only=REGEX] [--jobs=N] [--update]

One line per image, `ok NAME` or `FAIL NAME: why`; the last line counts. --update writes golden/ anew.
"""

import argparse
import concurrent.futures
import difflib
import fcntl
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

from images import IMAGES

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
LONG = 120  # seconds after which something has certainly gone wrong
# Reasons that no image of its own can bring about here, and those that only name an exit code.
ELSEWHERE = {"run-cut-off", "io-error", "internal", "interrupted", "terminated", "fs-ungrowable", "table-inconsistent"}


class Wrong(Exception):
    pass


def digest(path):
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def mask(text, folder, image):
    """What differs from host to host."""
    text = text.replace(folder, "WORK")
    if re.search(r"convert (?!qcow2)", image.make):  # a copy takes as many of the host's blocks, of any size, as the image
        text = re.sub(r"up to [^ ]+ [KMGTPE]iB beside", "up to ROOM beside", text)
    return re.sub(r"(file system has )[^ ]+( [KMGTPE]iB| bytes)?( left)", r"\1ROOM\3", text)


class Trial:
    def __init__(self, image, folder, program):
        self.image, self.folder, self.program = image, folder, program

    def make(self):
        done = subprocess.run(["sh", "-c", f". {HERE}/images.sh\n{self.image.make}"], cwd=self.folder, capture_output=True,
                              text=True, check=False, timeout=LONG)
        if done.returncode != 0:
            raise Wrong(f"the image cannot be made: {done.stderr}")

    def plan(self, *more):
        command = [self.program, "--plan", f"--scripts={SOURCE}/scripts", *self.image.options, *more, "disk.img",
                   self.image.size]
        if self.image.wrap:
            command = ["sh", "-c", self.image.wrap, "sh", *command]
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
                              timeout=LONG)

    def both(self):
        """As text and as JSON."""
        if not self.image.locked:
            return self.plan(), self.plan("--json")
        with open(os.path.join(self.folder, "disk.img"), "r+b") as held:  # as a QEMU that writes to it has it
            fcntl.fcntl(held, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 100, 200, 0))
            return self.plan(), self.plan("--json")

    def check_json(self, text, plan):
        """The two ways of showing it say the same; returns the codes."""
        codes = [reason["code"] for reason in plan["reasons"]]
        shown = re.findall(r"^(?:Refused|Warning|Note   ) ([a-z0-9-]+): ", text.stdout, re.M)
        if sorted(codes) != sorted(shown):
            raise Wrong(f"the text tells {shown}, the JSON {codes}")
        for code in self.image.codes:
            if code not in codes:
                raise Wrong(f"{code} is not told, but {codes}")
        refusals = [reason["exit_code"] for reason in plan["reasons"] if reason["severity"] == "refuse"]
        if (refusals or [plan["exit_code"]])[0] != text.returncode or plan["exit_code"] != text.returncode:
            raise Wrong(f"exit code {text.returncode}, {plan['exit_code']} in the JSON, refusals {refusals}")
        return [[reason["code"], reason["severity"], reason["exit_code"]] for reason in plan["reasons"]]

    def go(self):
        """The text to compare."""
        self.make()
        before = digest(os.path.join(self.folder, "disk.img"))
        text, machine = self.both()
        if text.returncode != self.image.exit:
            raise Wrong(f"exit code {text.returncode}, not {self.image.exit}: {text.stdout}{text.stderr}")
        if machine.returncode != text.returncode:
            raise Wrong("the exit codes of text and JSON differ")
        codes = self.check_json(text, json.loads(machine.stdout))
        if digest(os.path.join(self.folder, "disk.img")) != before:
            raise Wrong("the image has changed")
        rows = "".join(json.dumps(row) + "\n" for row in codes)
        return mask(f"{text.stdout}{text.stderr}\nexit code {text.returncode}; in JSON:\n{rows}", self.folder, self.image)


def run(image, program, update):
    folder = os.path.realpath(tempfile.mkdtemp(prefix="qemu-grow-plan."))
    path = os.path.join(HERE, "golden", image.name + ".txt")
    try:
        text = Trial(image, folder, program).go()
        if update:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return None
        with open(path, encoding="utf-8") as file:
            wanted = file.read()
        if text == wanted:
            return None
        return "\n" + "".join(difflib.unified_diff(wanted.splitlines(True), text.splitlines(True), "golden", "now"))
    except (Wrong, OSError, ValueError, subprocess.SubprocessError) as wrong:
        return str(wrong)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def missing_codes(program):
    """Rows of the table of reasons that no image is for."""
    table = subprocess.run([program, "--print=readme"], capture_output=True, text=True, check=True).stdout
    rows = re.search(r"<!-- reasons:begin -->(.*)<!-- reasons:end -->", table, re.S).group(1)
    known = set(re.findall(r"^\| ([a-z0-9-]+) \| (?:refuse|warn|note)", rows, re.M))
    return sorted(known - {code for image in IMAGES for code in image.codes} - ELSEWHERE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    images = [image for image in IMAGES if re.search(args.only, image.name)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        results = pool.map(lambda image: run(image, os.path.abspath(args.program), args.update), images)
        for image, why in zip(images, results):
            print(f"FAIL {image.name}: {why}" if why else f"ok   {image.name}", flush=True)
            failed += why is not None
    missing = missing_codes(args.program)
    if missing:
        print("FAIL no image is for:", *missing)
        failed += 1
    names = {image.name + ".txt" for image in IMAGES}
    surplus = sorted(set(os.listdir(os.path.join(HERE, "golden"))) - names)
    if surplus:
        print("FAIL golden/ has more than there are images:", *surplus)
        failed += 1
    print(f"{len(images)} images, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
