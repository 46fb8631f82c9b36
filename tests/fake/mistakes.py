"""Mistakes in dialogue files: told with file, line and reason, before anything is done."""

import os

from trial import Case, must

# name, file, what stands there (on one line), what is put in its place, the reason's words
MISTAKES = (
    ("no-yaml", "apk.yaml", "states:", "states: [", ""),
    ("unknown-key", "apk.yaml", "    failed: apk-failed", "    faild: apk-failed", "faild"),
    ("no-number", "login.yaml", "    tries: 4", "    tries: four", ""),
    ("no-truth", "fdisk.yaml", "    hold: true", "    hold: perhaps", ""),
    ("no-state", "boot.yaml", "        goto: stop-time-out", "        goto: nowhere", "no state `nowhere`"),
    ("no-failure", "apk.yaml", "    failed: apk-failed", "    failed: apk-fell", "apk-fell"),
    ("no-dialogue", "runbook.yaml", "  - {state: apk, call: apk}", "  - {state: apk, call: ark}", "no dialogue `ark`"),
    ("no-prompt", "dmesg.yaml", "    prompt: shell", "    prompt: shall", "shall"),
    ("no-exit-code", "dmesg.yaml", "    exit: internal", "    exit: eternal", "no exit code `eternal`"),
    ("death-no-dialogue", "deaths.yaml", "     see: 'initramfs emergency recovery shell launched',", "     see: 'initramfs emergency recovery shell launched', in: e2fsk,",
     "not `e2fsk`"),
    ("no-stage", "fdisk.yaml", "    stage: table", "    stage: tables", "no stage `tables`"),
    ("no-variable", "e2fsck.yaml", '    command: "e2fsck -f -y /dev/%{part_name}"',
     '    command: "e2fsck -f -y /dev/%{partname}"', "partname"),
    ("condition", "target.yaml", "      - {when: disk_name == '', goto: pause}",
     "      - {when: disk_name = '', goto: pause}", "operator"),
    ("pattern", "login.yaml", "      - see: 'Password: '", "      - see: 'Password: ('", "Password: ("),
    ("pattern-end", "login.yaml", "      - see: 'Password: '", "      - see: 'Password: $'", "ends in `$`"),
    ("other-name", "apk.yaml", "dialogue: apk", "dialogue: apks", "apks"),
)


def change(file, old, new):
    def before(trial):
        path = os.path.join(trial.own_scripts(), file)
        with open(path, encoding="utf-8") as source:
            lines = source.read().split("\n")
        must(old in lines, f"{file} has no line `{old}`: mistakes.py is to be brought up to date")
        trial.line = lines.index(old) + 1
        trial.path = path
        lines[lines.index(old)] = new
        with open(path, "w", encoding="utf-8") as target:
            target.write("\n".join(lines))
    return before


def told(_name):
    def after(trial, result):
        where = [line for line in result.err.replace("qemu-grow: ", "").splitlines() if trial.path in line]
        numbers = [int(line.split(trial.path + ":")[1].split(":")[0]) for line in where]
        must(trial.line in numbers, "the mistake is in line", trial.line, "but told:", result.err)
        must(not trial.record(), "the guest was started")
    return after


def mistakes():
    for name, file, old, new, reason in MISTAKES:
        yield Case(f"mistakes/{name}", exit=26, state="same", stage="untouched", says=(reason,),
                   before=change(file, old, new), after=told(name))
        yield Case(f"mistakes/check-{name}", ("--check-scripts",), exit=26, disk="", says=(reason,),
                   before=change(file, old, new), after=told(name))


CASES = [
    *mistakes(),
    Case("mistakes/none", ("--check-scripts",), disk="", says=("dialogue files in", "are right")),
]
