#!/usr/bin/env python3
"""Plans the growth of random disks, and does it on the host by sfdisk and resize2fs: the numbers must be the planned ones.

  layouts.py PROGRAM [--count=N] [--seed=N] [--jobs=N] [--far] [--guest=ISO]

Layout number I of seed S is the same in each run: `--seed=S+I --count=1` makes it again. --far also grows some to near 2 TiB.
With --guest the program itself grows them, in a guest from that ISO.
A line for each layout that is wrong, with its seed; the last lines count what was looked at. Exit code 1 when one is wrong.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

SECTOR = 512
LONG = 600  # seconds after which something has certainly gone wrong
ENVIRONMENT = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "LC_ALL": "C", "MKE2FS_CONFIG": "/dev/null",
               "HOME": "/nonexistent"}


class Wrong(Exception):
    pass


class Layout:
    """A disk with one to four partitions, the last of which holds the file system."""

    def __init__(self, seed, far):
        self.seed = seed
        self.random = random.Random(seed)
        self.file_system()
        self.partitions()
        self.target(far)

    def file_system(self):
        r = self.random
        self.block = r.choice((1024, 2048, 4096))
        self.version = r.choice((2, 3, 4, 4))
        self.group = r.choice((self.block * 8, 8 * r.randint(32, self.block), 8 * r.randint(32, 128)))
        self.bytes = r.randint(1, 24) * 1024 * 1024 + r.randint(0, 64) * SECTOR
        features = ["ext_attr", "filetype", "large_file"]
        maybe = ["dir_index", "sparse_super", "resize_inode", "meta_bg"]
        if self.version == 4:
            features.append("extent")
            maybe += ["64bit", "flex_bg", "huge_file", "dir_nlink", "extra_isize", "uninit_bg", "metadata_csum"]
        chosen = [name for name in maybe if r.random() < 0.6]
        if "meta_bg" in chosen and "resize_inode" in chosen:
            chosen.remove(r.choice(("meta_bg", "resize_inode")))
        if "resize_inode" in chosen and "sparse_super" not in chosen:
            chosen.append("sparse_super")  # mke2fs wants it
        if "uninit_bg" in chosen and "metadata_csum" in chosen:
            chosen.remove("uninit_bg")
        if self.version > 2 and self.bytes > 2500 * self.block:
            chosen.append("has_journal")
        self.features = features + chosen
        self.inode = 256 if self.version == 4 else 128
        self.inodes = r.choice((64, 512, self.bytes // 4096))

    def partitions(self):
        r = self.random
        count = r.randint(1, 4)
        numbers = r.sample((1, 2, 3, 4), count)
        at = r.choice((63, 64, 2048, r.randint(1, 5000)))
        self.lines = []
        for number in numbers[:-1]:
            sectors = r.randint(1, 4000)
            self.lines.append((number, at, sectors))
            at += sectors + r.choice((0, 1, r.randint(0, 3000)))
        self.part, self.start = numbers[-1], at
        self.sectors = self.bytes // SECTOR
        self.lines.append((self.part, at, self.sectors))
        self.end = at + self.sectors
        # Some disks have room at their end already, some partitions more than the file system fills.
        self.disk_sectors = self.end + r.choice((0, 0, 1, r.randint(0, 9000)))
        self.smaller = r.random() < 0.1

    def target(self, far):
        """Any size, and those where resize2fs has to decide whether the last group is worth it."""
        r = self.random
        per_block = self.block // SECTOR
        kind = r.random()
        if far and kind < 0.01:
            self.wanted = 2**32 - 1 - r.randint(0, 100000)
        elif kind < 0.2:
            self.wanted = self.disk_sectors + r.randint(0, 40)
        elif kind < 0.35:
            self.wanted = self.disk_sectors + r.randint(0, 12 * self.sectors)
        elif kind < 0.5:
            self.wanted = self.disk_sectors + r.randint(0, 600 * 2**20 // SECTOR)
        else:
            groups = self.sectors // per_block // self.group + r.randint(1, 40)
            blocks = groups * self.group + r.randint(0, 60 + self.inodes * self.inode // self.block + 20)
            self.wanted = max(self.disk_sectors, self.start + blocks * per_block + r.randint(0, 7))
        limit = 2**32 - 1 if far else 600 * 2**20 // SECTOR
        self.wanted = min(self.wanted, max(limit, self.disk_sectors))

    def __str__(self):
        return (f"seed {self.seed}: ext{self.version}, {self.bytes} bytes, blocks of {self.block}, groups of {self.group}, "
                f"{self.inodes} inodes, {' '.join(self.features)}; sector {self.start} of {self.disk_sectors} to {self.wanted}")


class Trial:
    def __init__(self, layout, program, folder, guest):
        self.layout, self.program, self.folder, self.guest = layout, program, folder, guest

    def do(self, *words, good=(0,), stdin=None):
        done = subprocess.run([str(word) for word in words], cwd=self.folder, env=ENVIRONMENT, input=stdin, text=True,
                              capture_output=True, check=False, timeout=LONG)
        if done.returncode not in good:
            raise Wrong(f"{' '.join(str(word) for word in words)}: exit code {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def path(self, name):
        return os.path.join(self.folder, name)

    def truncate(self, name, size):
        with open(self.path(name), "ab") as file:
            file.truncate(size)

    def make(self):
        x = self.layout
        self.truncate("disk", x.disk_sectors * SECTOR)
        self.write_table(x.sectors)
        size = x.bytes * 3 // 4 if x.smaller else x.bytes
        self.truncate("fs", size)
        os.mkdir(self.path("tree"))
        for i in range(x.random.randint(0, 12)):
            with open(self.path(f"tree/{i}"), "wb") as file:
                file.write(x.random.randbytes(x.random.randint(0, 9000)))
        features = ",".join(x.features)
        journal = ["-J", f"size={max(1, x.block // 1024)}"] if "has_journal" in x.features else []
        done = self.do("mke2fs", "-q", "-F", "-t", f"ext{x.version}", "-O", f"none,{features}", "-b", x.block, "-g", x.group,
                       "-I", x.inode, "-N", x.inodes, *journal, "-E", "nodiscard", "-d", "tree", "fs", good=range(256))
        if done.returncode != 0:  # what mke2fs does not make is no disk to be grown
            return False
        self.put("fs", x.bytes)
        return True

    def write_table(self, sectors):
        """All of the table, with that many sectors for the last partition."""
        x = self.layout
        lines = "".join(f"disk{number} : start={start}, size={sectors if number == x.part else length}, type=83\n"
                        for number, start, length in x.lines)
        self.do("sfdisk", "-q", "--no-reread", "--no-tell-kernel", "--wipe", "never", "disk",
                stdin=f"label: dos\nlabel-id: 0xcbad8a62\nunit: sectors\n{lines}")

    def put(self, name, size):
        self.truncate(name, size)
        with open(self.path(name), "rb") as source, open(self.path("disk"), "r+b") as disk:
            at = 0
            while True:  # what is no hole, and so never 2 TiB
                try:
                    at = os.lseek(source.fileno(), at, os.SEEK_DATA)
                except OSError:
                    return
                end = os.lseek(source.fileno(), at, os.SEEK_HOLE)
                source.seek(at)
                disk.seek(self.layout.start * SECTOR + at)
                while at < end:
                    at += disk.write(source.read(min(end - at, 1 << 20)))

    def plan(self):
        done = self.do(self.program, "--plan", "--json", "--format=raw", "disk", self.layout.wanted * SECTOR, good=range(128))
        return json.loads(done.stdout)

    def clean(self, name):
        self.do("e2fsck", "-fn", name)

    def grow(self, name, size, *blocks):
        """Grows a copy of the file system in a file of the partition's size; returns the blocks it then has, or None."""
        shutil.copyfile(self.path("fs"), self.path(name))
        self.truncate(name, size)
        self.do("e2fsck", "-fy", name, good=(0, 1))
        done = self.do("resize2fs", name, *blocks, good=range(256))
        if done.returncode != 0:
            return None
        self.clean(name)
        shown = self.do("dumpe2fs", "-h", name).stdout
        return int(re.search(r"^Block count: +(\d+)$", shown, re.M).group(1))

    def same(self, what, planned, found):
        if planned != found:
            raise Wrong(f"{what}: planned {planned}, found {found}")

    def stops(self, plan):
        """resize2fs 1.47.0 does not move the resize inode's own block."""
        shutil.copyfile(self.path("fs"), self.path("tried"))
        self.truncate("tried", self.last(plan["planned"])["bytes"])
        self.do("e2fsck", "-fy", "tried", good=(0, 1))
        return "Illegal doubly indirect block" in self.do("resize2fs", "tried", good=range(256)).stderr

    def check_refused(self, plan):
        """A refusal of numbers must be what resize2fs itself says to them."""
        codes = [reason["code"] for reason in plan["reasons"] if reason["severity"] == "refuse"]
        if plan["planned"] is None:
            raise Wrong(f"refused: {codes}")
        row = self.last(plan["planned"])
        blocks = None if codes == ["no-room"] else self.grow("plain", row["bytes"])
        if codes == ["nothing-to-grow"]:
            now = plan["now"]["file_system"]["blocks"]
            if blocks is not None and blocks > now:
                raise Wrong(f"refused as nothing-to-grow, but {now} blocks became {blocks}")
        elif set(codes) & {"too-many-groups", "too-many-inodes"}:
            if blocks is not None:
                raise Wrong(f"refused: {codes}, but resize2fs made {blocks} blocks")
        elif codes != ["no-room"]:  # the host may not have it for what goes far
            raise Wrong(f"refused: {codes}")
        return codes[0]

    def last(self, state):
        return next(row for row in state["table"] if row["partition"] == self.layout.part)

    def grow_on_host(self, plan):
        row, blocks = self.last(plan["planned"]), plan["planned"]["file_system"]["blocks"]
        self.same("blocks of a plain resize2fs", blocks, self.grow("plain", row["bytes"]))
        self.same("blocks of resize2fs with a size", blocks, self.grow("explicit", row["bytes"], blocks))
        self.truncate("disk", plan["planned"]["bytes"])
        if row["sectors"] >= self.last(plan["now"])["sectors"] + 2048:  # what is less, sfdisk does not add by itself
            self.do("sfdisk", "-q", "--no-reread", "--no-tell-kernel", "--wipe", "never", "-N", self.layout.part, "disk",
                    stdin=",+\n")
            end = self.do("sfdisk", "-d", "disk").stdout
            self.write_table(row["sectors"])
            self.same("sfdisk's own end", self.do("sfdisk", "-d", "disk").stdout, end)
        self.write_table(row["sectors"])
        self.put("explicit", row["bytes"])

    def grow_in_guest(self, plan):
        self.do(self.program, f"--iso={self.guest}", "--format=raw", "disk", plan["planned"]["bytes"])
        with open(self.path("disk"), "rb") as disk, open(self.path("grown"), "wb") as part:
            disk.seek(self.layout.start * SECTOR)
            shutil.copyfileobj(disk, part)
        self.clean("grown")

    def check_growth(self, plan):
        if self.guest:
            self.grow_in_guest(plan)
        else:
            self.grow_on_host(plan)
        after = self.plan()
        self.same("verdict", "unchanged", after["verdict"])
        self.same("table", plan["planned"]["table"], after["now"]["table"])
        self.same("size", plan["planned"]["bytes"], after["now"]["bytes"])
        for name in ("blocks", "block_bytes", "groups"):
            self.same(name, plan["planned"]["file_system"][name], after["now"]["file_system"][name])
        for name in ("uuid", "label", "features", "version"):
            self.same(name, plan["now"]["file_system"][name], after["now"]["file_system"][name])
        self.same("signature", plan["now"]["disk_signature"], after["now"]["disk_signature"])

    def go(self):
        if not self.make():
            return "not made by mke2fs"
        plan = self.plan()
        if plan["verdict"] == "refused":
            return "refused, " + self.check_refused(plan)
        if plan["verdict"] == "unchanged":
            self.same("blocks", self.grow("plain", self.last(plan["now"])["bytes"]),
                      plan["now"]["file_system"]["blocks"])
            return "unchanged"
        codes = {reason["code"] for reason in plan["reasons"]}
        if "resize-inode-small" in codes and self.stops(plan):
            return "stopped by resize2fs, as warned"
        self.check_growth(plan)
        return "grown, with tables moved" if codes & {"tables-move", "resize-inode-small"} else "grown"


def run(seed, args):
    layout = Layout(seed, args.far)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # where each fsync is quick
    folder = tempfile.mkdtemp(prefix="qemu-grow-layout.", dir=os.environ.get("TMPDIR", memory))
    try:
        return layout, Trial(layout, os.path.abspath(args.program), folder, args.guest).go(), None
    except (Wrong, OSError, KeyError, ValueError, subprocess.SubprocessError) as wrong:
        return layout, "wrong", f"{type(wrong).__name__}: {wrong}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--far", action="store_true")
    parser.add_argument("--guest", type=os.path.abspath)
    args = parser.parse_args()
    counts = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        seeds = range(args.seed, args.seed + args.count)
        for layout, what, why in pool.map(lambda seed: run(seed, args), seeds):
            counts[what] += 1
            if why:
                print(f"FAIL {layout}: {why}", flush=True)
    for what, count in sorted(counts.items()):
        print(f"{count:6} {what}")
    print(f"{args.count} layouts from seed {args.seed}, {counts['wrong']} wrong")
    grown = sum(count for what, count in counts.items() if what.startswith("grown"))
    return 1 if counts["wrong"] or (args.count >= 50 and grown < args.count / 2) else 0


if __name__ == "__main__":
    sys.exit(main())
