#!/usr/bin/python3
"""Is QEMU to the program, for options.py: edits the command line as $QEMU_EDITS says, and becomes $QEMU_REAL.

$QEMU_EDITS is a JSON list of [REGEX, REPLACEMENT] for the arguments joined by line feeds. Only a command line that
starts a guest (one with -cdrom) is edited; a REGEX that is not found there is a mistake of the table's."""

import json
import os
import re
import sys

text = "\n".join(sys.argv[1:])
if "-cdrom" in sys.argv:
    for regex, replacement in json.loads(os.environ["QEMU_EDITS"]):
        text, count = re.subn(regex, replacement, text, count=1)
        if count == 0:
            sys.exit(f"edited_qemu.py: {regex} is not in {text!r}")
os.execvp(os.environ["QEMU_REAL"], [os.environ["QEMU_REAL"], *text.split("\n")])
