#!/usr/bin/python3
"""The benchmark's reader with pexpect: bench_console.py [--window] WRITER MB

Without --window searchwindowsize is pexpect's default, None: the whole buffer is searched after each read, which
finds every match. With it the last 2000 bytes are, and a match across the border of two reads may be lost."""

import re
import resource
import sys
import time

import pexpect

WINDOW = 2000
PATTERNS = [
    rb" is (?:now|already) (?P<blocks>\d+) \(\d+k\) blocks long",
    rb"^(?P<repair>[^\n]+)\n[A-Z][A-Za-z +/-]{0,40}\? yes\r\n",
    rb"^(?P<repair>[^\n]*\?) yes\r\n",
    rb"No such (?:file or directory|device)[^\n]*\n|Possibly non-existent device",
    rb"No such (?:file or directory|device)[^\n]*\n",
    rb"^(?P<resize2fs_says>(?:resize2fs: |Please run |open: |The containing )[^\n]*)\n",
]


def main():
    *options, writer, megabytes = sys.argv[1:]
    patterns = [re.compile(pattern, re.MULTILINE) for pattern in PATTERNS]
    wall, cpu = time.monotonic(), time.process_time()
    child = pexpect.spawn(writer, ["write", megabytes], timeout=None, searchwindowsize=WINDOW if options else None)
    matches = 1
    while child.expect(patterns) != 0:
        matches += 1
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    print(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return 0 if matches == 2 or options else 1


if __name__ == "__main__":
    sys.exit(main())
