#!/usr/bin/python3
"""The runbook for a person: its text for some disks and choices as in golden/, and for all of them well-formed, with
the plan's numbers, commands that a shell takes as they are meant, and nothing touched.

  md.py PROGRAM [--update]

One line per runbook, `ok NAME` or `FAIL NAME: why`; the last line counts."""

import argparse
import difflib
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from samples import GOLDEN, HERE, every, make, program  # noqa: E402

NAMES = ("two words", "-dash", "quote'\"`$(id)", "line\nfeed\n", "star*_[x](y)<b>&amp;|#", "back\\slash\\", "sch\u00f6n \u65e5",
         "comma,one", "%{name}", "esc\x1b[31m")
BYTES = b"no\xffutf8"
XML = "{http://commonmark.org/xml/1.0}"


class Wrong(Exception):
    """What was seen is not what must be."""


def must(holds, *words):
    if not holds:
        raise Wrong(" ".join(map(str, words)))


def runbook(args, folder, disk, size, options):
    done = program(folder, [args.program, "--runbook=md", "--offline", *options, "--", disk, size])
    must(done.returncode == 0, "exit code", done.returncode, done.stderr.decode())
    return done.stdout.decode("utf-8")


def parse(text):
    """The document as a tree; cmark-gfm takes anything, so what it makes of it is looked at."""
    done = subprocess.run(["cmark-gfm", "-e", "table", "-t", "xml"], input=text, capture_output=True, text=True, check=True)
    document = tree.fromstring(re.sub("<!DOCTYPE[^>]*>", "", done.stdout))
    kinds = [node.tag.removeprefix(XML) for node in document.iter()]
    for bad in ("html_block", "html_inline", "link", "image", "emph", "strong", "thematic_break", "block_quote"):
        must(bad not in kinds, "a text is taken for", bad)
    must(kinds.count("table") == 1, "one table, not", kinds.count("table"))
    starts = [node.get("start") for node in document.iter(XML + "list") if node.get("type") == "ordered"]
    must(starts and set(starts) == {"1"}, "lists begin with", starts)
    for item in document.iter(XML + "list"):
        must(item.get("tight") == "true", "a list is broken up")
    headings = [node for node in document if node.tag == XML + "heading"]
    must([node.get("level") for node in headings] == ["1"] + ["2"] * (len(headings) - 1), "headings are nested oddly")
    must(all(c.isprintable() or c == "\n" for c in text), "there are control characters")
    return document


def commands(document):
    """The words of each command block, as bash takes them."""
    for block in document.iter(XML + "code_block"):
        must(block.get("info") == "sh", "a block of", block.get("info"))
        script = f"set -f; printf '%s\\0' {block.text}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"PATH": os.environ["PATH"]})
        yield [os.fsdecode(word) for word in done.stdout.split(b"\0")[:-1]]


def numbers(value):
    if isinstance(value, bool) or value is None:
        return set()
    if isinstance(value, int):
        return {str(value)}
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(numbers, values))


def check_numbers(text, plan, folder):
    """Each number of four digits and more is one of the plan's."""
    known = numbers(plan) | {str(plan[when]["bytes"] // 512) for when in ("now", "planned")}
    others = r"|QG[0-9a-f]{14}|ature [0-9a-f]{8} \(PARTUUID [0-9a-f]{8}|\b3600\b|ttyS0,115200\b"
    plain = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" + others, "", text.replace(folder, ""))
    found = re.findall(r"(?<![\w.])\d{4,}(?![\w.])", plain)
    must(len(found) > 8, "numbers are missing:", found)
    for number in found:
        must(number in known, number, "is no number of the plan")
    part = str(plan["now"]["last_partition"])
    rows = {when: next(row for row in plan[when]["table"] if str(row["partition"]) == part) for when in ("now", "planned")}
    for name, member in (("first sector (StartLBA)", "first_sector"), ("last sector (EndLBA)", "last_sector"), ("sectors", "sectors")):
        must(f"| {name} | {rows['now'][member]} | {rows['planned'][member]} |\n" in text, "the row of", name)
    must(f"EndLBA {rows['now']['last_sector']}," in text and f"EndLBA {rows['planned']['last_sector']}," in text, "fdisk's rows")
    must(f"type `{rows['now']['first_sector']}` and Enter" in text, "the first sector is not typed")
    must(f"now {plan['planned']['file_system']['blocks']} blocks long" in text, "resize2fs' blocks")


@functools.cache
def plan_of(path, folder, disk, size):
    """The plan's numbers, which do not depend on the choices."""
    done = program(folder, [path, "--plan", "--json", "--offline", "--", disk, size])
    return json.loads(done.stdout)


def check(args, folder, disk, size, options):
    """Everything that must hold of a runbook; its text."""
    before = hashlib.sha256(open(disk, "rb").read()).digest(), sorted(os.listdir(folder))
    text = runbook(args, folder, disk, size, options)
    document = parse(text)
    check_numbers(text, plan_of(args.program, folder, disk, size), folder)
    words = list(commands(document))
    must(any(os.path.realpath(disk) in word for command in words for word in command), "no command names the disk")
    for option, wanted in (("--attach=virtio", "virtio-blk-pci"), ("--attach=usb", "-usb")):
        must(any(wanted in word for command in words for word in command) == (option in options), wanted)
    must(before == (hashlib.sha256(open(disk, "rb").read()).digest(), sorted(os.listdir(folder))), "something was touched")
    return text


def golden(args, folder, row):
    name, disk, kind, size, options = row
    text = check(args, folder, make(folder, disk, kind), size, options)
    must(text == runbook(args, folder, make(folder, disk, kind), size, options), "it is not the same the second time")
    text = text.replace(folder, "WORK")
    path = os.path.join(HERE, "golden", f"{name}.md")
    if args.update:
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    with open(path, encoding="utf-8") as file:
        wanted = file.read().splitlines()
    diff = list(difflib.unified_diff(wanted, text.splitlines(), "golden", "now", lineterm="", n=1))
    must(not diff, *[line + "\n" for line in diff[:20]])


def odd_name(args, folder, disk, name):
    """A path of any bytes reaches every command as it is."""
    own = os.path.join(folder, "names")
    os.makedirs(own, exist_ok=True)
    path = os.path.join(os.fsencode(own), name)
    os.link(disk, path)
    text = runbook(args, own, path, "128M", ())
    words = list(commands(parse(text)))
    create, qemu = words[0], words[1]
    real = os.fsdecode(path)
    must(create[create.index("-b") + 1] == "./" + os.path.basename(real), "the backing file is", create)
    must(create[-2] == real + ".qemu-grow-overlay", "the overlay is", create)
    file = (real + ".qemu-grow-overlay").replace(",", ",,")
    must(f"if=none,id=disk0,file={file},format=qcow2" in qemu, "the drive is", qemu)
    must(words[-1] == ["rm", "--", real + ".qemu-grow-overlay"], "the last command is", words[-1])
    os.unlink(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="qemu-grow")
    parser.add_argument("--update", action="store_true", help="write golden/ anew")
    args = parser.parse_args()
    args.program = os.path.abspath(args.program)
    failed = count = 0

    def trial(name, run, *given):
        nonlocal failed, count
        count += 1
        try:
            run(*given)
            print(f"ok {name}", flush=True)
        except (Wrong, subprocess.SubprocessError, tree.ParseError, UnicodeError) as wrong:
            failed += 1
            print(f"FAIL {name}: {wrong}", flush=True)

    def refusals(folder):
        for words, code in ((("nowhere",), 2), ((folder,), 120), (("last",), 120), (("nowhere", "8G"), 10)):
            done = program(folder, [args.program, "--runbook=md", *words])
            must(done.returncode == code and not done.stdout, *words, "ends with", done.returncode, done.stderr)

    with tempfile.TemporaryDirectory(prefix="qemu-grow-runbook-") as folder:
        trial("refusals", refusals, folder)
        for row in GOLDEN:
            trial(row[0], golden, args, folder, row)
        disk = make(folder, "one-partition", "raw")
        for options in every():
            trial(" ".join(options), check, args, folder, disk, "128M", options)
        for name in (*map(os.fsencode, NAMES), BYTES):
            trial(f"the name {name!r}", odd_name, args, folder, disk, name)
    print(f"{count} runbooks, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
