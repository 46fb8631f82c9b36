#!/usr/bin/python3
"""Makes the note of a file in the program's cache right for the file, whatever is in it.

  kept_note.py FILE

The digest is that of driver/warm/content.h: of all pieces of 64 KiB that are not zeros, each behind the number of its
first byte, eight bytes with the lowest first."""

import os
import re
import subprocess
import sys

PIECE = 64 * 1024


def pieces(path):
    with open(path, "rb") as file:
        at = 0
        while piece := file.read(PIECE):
            if any(piece):
                yield at.to_bytes(8, "little") + piece
            at += len(piece)


def make_right(path):
    digest = subprocess.run(["xxhsum", "-H128"], input=b"".join(pieces(path)), check=True, capture_output=True).stdout.split()[0]
    name = os.path.splitext(path)[0] + ".yaml"
    with open(name, encoding="ascii") as file:
        note = file.read()
    note = re.sub(r"(?m)^xxh128: .*$", f"xxh128: {digest.decode()}", note)
    note = re.sub(r"(?m)^size: .*$", f"size: {os.path.getsize(path)}", note)
    with open(name, "w", encoding="ascii") as file:
        file.write(note)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    make_right(sys.argv[1])
