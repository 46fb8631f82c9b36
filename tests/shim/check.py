#!/usr/bin/python3
"""Proves by the shim's log that each Enter which reached the guest followed a perfect line.

  check.py SHIM-LOG DRIVER-LOG

DRIVER-LOG is qemu-grow's output with -v: it names each line before its Enter is sent (enter `LINE`). The bytes that
really went to the guest are put through what all line editors there have in common: a byte is added at the end, DEL
and BS take the last one back, Ctrl-U and Ctrl-C empty the line, Ctrl-W (the monitor's) its last word, other control
keys change nothing, nor does a whole answer to ESC[6n, C-a c changes between the serial port and the monitor. What
stands there at an Enter must be the line that the driver named for it: blanks at its end aside, which the driver puts
there as a probe and no tool regards. Each Enter that the driver sent is named once, so those that got lost are left
out, in order; an Enter that the shim doubled comes on an empty line, and is the shim's own."""

import json
import re
import sys

ESCAPE, ENTER = "\x01", "\r"
ANSWER = re.compile(r"\[\d+;\d+R")  # behind ESC: where the cursor is
ANSWER_PART = re.compile(r"(\[(\d+(;(\d+R?)?)?)?)?")


def lines_meant(path):
    with open(path, encoding="utf-8", errors="replace") as log:
        return [found[1] for found in (re.search(r"\benter `(.*)`$", line.rstrip("\n")) for line in log) if found]


def entered(path):
    """The lines as they stood at each Enter, and whether that Enter was the shim's own."""
    lines, focus, escaped, answer = ["", ""], 0, False, None
    for record in map(json.loads, open(path, encoding="ascii")):
        if record.get("to") != "guest":
            continue
        doubled = record["came"].count(ENTER) < record["went"].count(ENTER) and record["faults"]
        for at, byte in enumerate(record["went"]):
            if escaped or byte == ESCAPE:
                if escaped and byte == "c":
                    focus = 1 - focus
                escaped = not escaped
                continue
            line = lines[focus]
            if answer is not None and ANSWER_PART.fullmatch(answer + byte):
                answer = None if ANSWER.fullmatch(answer + byte) else answer + byte
                continue
            if answer is not None:  # a broken one is text
                line, answer = line + answer, None
            if byte == "\x1b":
                answer = ""
            elif byte == ENTER:
                own = bool(doubled) and at > 0 and record["went"][at - 1] == ENTER and line == ""
                yield line, own
                line = ""
            elif byte in "\x7f\b":
                line = line[:-1]
            elif byte in "\x15\x03":
                line = ""
            elif byte == "\x17" and focus:
                line = re.sub(r"\S*\s*$", "", line)
            elif byte >= " ":
                line += byte
            lines[focus] = line


def check(shim_log, driver_log):
    """(number of Enters, what is wrong)."""
    meant = iter(lines_meant(driver_log))
    wrong, count, own = [], 0, 0
    for line, shims in entered(shim_log):
        if shims:
            own += 1
            continue
        count += 1
        skipped = []
        for wanted in meant:
            if wanted.rstrip(" ") == line.rstrip(" "):
                break
            skipped.append(wanted)
        else:
            wrong.append(f"Enter after `{line}`, not after any of {skipped[:3]}")
            break
    return count, own, wrong


def main():
    count, own, wrong = check(*sys.argv[1:3])
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{count} Enters of the driver's and {own} doubled ones: {'WRONG' if wrong or count == 0 else 'each after a perfect line'}")
    return 1 if wrong or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
