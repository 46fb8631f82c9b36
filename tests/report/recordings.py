#!/usr/bin/python3
"""recordings.py REAL FOLDER: the recordings that the report's tests show, made from a real one.

  good     the real one: SEQ=NO, whose partition's node vanishes
  quiet    the same without mdev's log and without the timing
  hostile  with every text replaced by what would be HTML or script, and a console of any bytes
  failed   cut off by a failure in e2fsck
  killed   cut off in the middle of a line
  long     with a console of 5 MiB
  person   whose console a person had in between
  early    of which there is only the first event"""

import json
import os
import shutil
import sys

ATTACK = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>'\"`${window.hacked=1}\u2028<!--"
TYPES = ("type", "dialogue")  # what the page goes by


def attacked(value, key=""):
    if isinstance(value, str) and key not in TYPES:
        return value + ATTACK
    if isinstance(value, list):
        return [attacked(x) for x in value]
    if isinstance(value, dict):
        return {k if k in ("plan", "t") or value.get("type") else k: attacked(v, k) for k, v in value.items()}
    return value


def read_events(folder):
    with open(os.path.join(folder, "events.jsonl"), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_events(folder, events):
    with open(os.path.join(folder, "events.jsonl"), "w", encoding="utf-8") as out:
        out.writelines(json.dumps(event) + "\n" for event in events)


def hostile(folder):
    write_events(folder, [attacked(e) for e in read_events(folder)])
    with open(os.path.join(folder, "output.log"), "ab") as out:
        out.write(bytes(range(256)) * 8 + b"\r\n" + ATTACK.encode() + b"\r\n\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07\r\n")
        out.write("umgedreht \u202e daf\u00fcr \u00e4\u00f6\u00fc \u4e2d\u6587\r\n".encode() + b"\xf0\x9f\x98\x80\xc3\x28\xed\xa0\x80\x1b[")
    with open(os.path.join(folder, "mdev.log"), "a", encoding="utf-8") as out:
        out.write(f"mdev[1]: 01:02:03.4 ACTION:{ATTACK} SEQNUM:1 SUBSYSTEM:block DEVNAME:sda2 DEVPATH:/{ATTACK}\nmdev[1]: mknod sda2 {ATTACK}\n")


def failed(folder):
    events = read_events(folder)
    at = next(i for i, e in enumerate(events) if e["type"] == "state" and e.get("dialogue") == "e2fsck")
    t = events[at]["t"] + 30
    failure = {"t": t, "type": "failure", "id": "fsck-failed", "code": 57, "what": "e2fsck could not make the file system clean",
               "next": "look at the transcript", "stage": "check", "state": "e2fsck/check", "awaited": "e2fsck", "waited": 30.0,
               "guest_waited": 12.5, "partial": [{"pattern": "^Pass 5", "matched": 5, "begin": 1234}], "last": ["Pass 4: \\x1b[0m"],
               "deaths": [{"row": "oom", "text": "no memory"}], "echo": {"stood": 3, "of": 9}}
    write_events(folder, events[: at + 1] + [failure, {"t": t + 0.1, "type": "end", "code": 57, "seconds": t + 0.1}])


def killed(folder):
    path = os.path.join(folder, "events.jsonl")
    with open(path, "rb") as file:
        text = file.read()
    with open(path, "wb") as file:
        file.write(text[: len(text) * 2 // 3])


def long(folder):
    with open(os.path.join(folder, "output.log"), "ab") as out:
        for i in range(5 << 20 >> 6):
            out.write(b"line %-56d\r\n" % i)


def quiet(folder):
    os.remove(os.path.join(folder, "mdev.log"))
    keep_head(os.path.join(folder, "timing.log"))


def person(folder):
    events = read_events(folder)
    at = next(i for i, e in enumerate(events) if e["type"] == "state" and e.get("dialogue") == "e2fsck")
    t = events[at]["t"]
    story = [(0.1, "takes the console", 0), (1.0, "gives it back", 17), (1.1, "is asked", 17), (1.3, "has answered", 17)]
    events[at + 1 : at + 1] = [{"t": t + after, "type": "person", "what": what, "at": "e2fsck/check", "keys": keys}
                               for after, what, keys in story]
    for event in events:
        if event["type"] == "proof":
            event["proof"]["person"] = {"visits": 1, "bytes_sent": 17, "seconds": 1.2, "at": "e2fsck/check"}
    write_events(folder, events)


def early(folder):
    write_events(folder, read_events(folder)[:1])
    os.remove(os.path.join(folder, "mdev.log"))
    for name in ("timing.log", "output.log"):
        keep_head(os.path.join(folder, name))


def keep_head(path):
    with open(path, "rb+") as file:
        file.readline()
        file.truncate()


def main():
    real, folder = sys.argv[1:]
    shutil.rmtree(folder, ignore_errors=True)
    for name, change in {"good": None, "quiet": quiet, "hostile": hostile, "failed": failed, "killed": killed, "long": long, "person": person,
                         "early": early}.items():
        target = os.path.join(folder, name)
        shutil.copytree(real, target)
        if change:
            change(target)


main()
