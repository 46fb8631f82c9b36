#!/usr/bin/python3
"""How the cost of a run grows with the disk's size and the number of files in it, on the quickest route.

  growth.py QEMU_GROW ISO FOLDER [SIZES [COUNTS]]     128M,1G,10G,100G and 10,1000,100000

FOLDER is made and emptied; the cache is in it. A first run, which is not counted, makes what can be made once. Each disk is a sparse raw image with one ext4 in it, with so many empty files, and becomes
twice as large. Prints a Markdown table: seconds of the whole run and of its parts, by the program's own output. host is
what is done outside the guest: overlay, proof, commit and proof again. Each result is proved by the program itself."""

import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from measure import measure  # noqa: E402

START = 2048  # sectors before the partition
PARTS = (("e2fsck", r"step 22 done after ([0-9.]+) s"), ("resize2fs", r"step 23 done after ([0-9.]+) s"),
         ("host", r"(?:step 2|Prove what the guest has written|Commit the overlay to the disk|Prove the disk) done after ([0-9.]+) s"))


def bytes_of(size):
    return int(size[:-1]) << {"M": 20, "G": 30}[size[-1]]


def tree(folder, count):
    """So many files, a thousand in each folder."""
    for number in range(count):
        if number % 1000 == 0:
            place = os.path.join(folder, str(number // 1000))
            os.makedirs(place)
        with open(os.path.join(place, str(number)), "wb"):
            pass


def make(disk, size, files, count):
    with open(disk, "wb") as image:
        image.truncate(size)
    table = f"label: dos\nstart={START}, type=83\n"
    subprocess.run(["sfdisk", "-q", disk], input=table, text=True, check=True)
    blocks = (size // 512 - START) // 8  # of 4 KiB
    inodes = max(2 * count, min(blocks // 4, 1 << 24))
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-N", str(inodes), "-E", f"offset={START * 512}", "-d", files, disk,
                    str(blocks)], check=True)


def main():
    if len(sys.argv) not in (4, 5, 6):
        sys.exit(__doc__)
    program, iso, folder = (os.path.realpath(word) for word in sys.argv[1:4])
    sizes = (sys.argv[4] if len(sys.argv) > 4 else "128M,1G,10G,100G").split(",")
    counts = [int(word) for word in (sys.argv[5] if len(sys.argv) > 5 else "10,1000,100000").split(",")]
    env = {**os.environ, "LC_ALL": "C.UTF-8", "XDG_CACHE_HOME": os.path.join(folder, "cache"),
           "XDG_STATE_HOME": os.path.join(folder, "state"),
           "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
    os.environ["PATH"] = env["PATH"]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "cache"))
    disk = os.path.join(folder, "disk.raw")

    def run(size, out):
        m = measure([program, "-v", f"--iso={iso}", "--fast", "--accel=tcg", "--attach=virtio", "--format=raw", disk, str(2 * size)],
                    folder, env, out)
        os.unlink(disk)
        return m

    os.mkdir(os.path.join(folder, "none"))
    make(disk, bytes_of("128M"), os.path.join(folder, "none"), 0)
    run(bytes_of("128M"), "out-first")
    failed = 0
    print("| disk | files | route | whole run, s | e2fsck, twice, s | resize2fs, s | rest of the guest, s | host, s |")
    print("|---|---:|---|---:|---:|---:|---:|---:|")
    for count in counts:
        files = os.path.join(folder, f"files-{count}")
        tree(files, count)
        for size in sizes:
            make(disk, bytes_of(size), files, count)
            m = run(bytes_of(size), f"out-{size}-{count}")
            with open(os.path.join(folder, f"out-{size}-{count}"), encoding="utf-8", errors="replace") as out:
                text = out.read()
            if m.code != 0:
                failed += 1
                print(f"| {size} | {count} | failed: {text.splitlines()[-1:]} | | | | | |", flush=True)
                continue
            route = re.search(r"Route: (\S+)", text)
            part = {name: sum(float(seconds) for seconds in re.findall(pattern, text)) for name, pattern in PARTS}
            rest = m.seconds - sum(part.values())
            print(f"| {size} | {count} | {route[1] if route else 'runbook'} | {m.seconds:.1f} | {part['e2fsck']:.1f} |"
                  f" {part['resize2fs']:.1f} | {rest:.1f} | {part['host']:.1f} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
