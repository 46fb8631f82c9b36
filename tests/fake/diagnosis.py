"""What a failed run says below its sentence, by kind of failure, against golden text; the same again from its recording
(--explain), and the bundle for a bug report. `QEMU_GROW_GOLDEN=update run.py ... --only=^diagnosis/` writes the golden
files anew."""

import json
import os
import re
import signal
import subprocess
import tarfile

from stops import enter, wait_gone
from trial import LONG, Case, Result, must

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
LETTERS = "[bcdfghjkmnpqrstvwxz]"
# What differs from run to run.
VARIES = ((rf"\b{LETTERS}{{12}}(?=\W)", "MARKMARK"), (rf"\b{LETTERS}{{6}}\b", "MARK"), (r"\d+\.\d s", "N s"),
          (r"\bQG[0-9a-f]{14}", "SERIAL"), (r"from byte \d+", "from byte N"), (r"  recording .*\n", ""),
          # The end may come while Enter's answer is still looked for.
          (r"awaited   (?:the echo of what is typed|fdisk's prompt|e2fsck), for", "awaited   WHAT, for"),
          (r"\\x1b\[6n", ""))  # the shell's question for the cursor may be on its way
SECRET = "hunter2"


def ask(trial, *words):
    """The program once more, for a recording: its exit code and output."""
    environment = {**trial.environment(), "HOME": trial.folder}
    done = subprocess.run([trial.program, *words], cwd=trial.folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LONG, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def indented(text):
    return "".join(line + "\n" for line in text.split("\n") if line.startswith("  "))


def plain(trial, text):
    for pattern, word in VARIES:
        text = re.sub(pattern, word, text)
    return text.replace(trial.folder, "DIR")


def golden(trial, result):
    """The diagnosis is the golden one, and --explain says the same, from the recording alone."""
    name = trial.case.name.rpartition("/")[2]
    path = os.path.join(GOLDEN, f"diagnosis-{name}.txt")
    said = plain(trial, indented(result.err))
    if os.environ.get("QEMU_GROW_GOLDEN") == "update":
        with open(path, "w", encoding="utf-8") as out:
            out.write(said)
    with open(path, encoding="utf-8") as file:
        wanted = file.read()
    must(said == wanted, f"the diagnosis is not {path}:\n{said}instead of\n{wanted}")
    code, out, err = ask(trial, f"--explain={trial.transcript}")
    must(code == 0 and not err, "--explain ends with", code, err)
    must(plain(trial, indented(out)) == said, f"--explain says something else:\n{out}instead of\n{said}")
    sentence = next(line for line in result.err.splitlines() if line.startswith("qemu-grow: "))
    must(sentence.removeprefix("qemu-grow: ") in out.splitlines(), f"--explain has not the sentence {sentence}:\n{out}")


def silent(_trial, result):
    must(len(result.err.splitlines()) == 1, "with -q only the sentence is said, not", result.err)


def told(name, faults, code, **more):
    return Case(f"diagnosis/{name}", faults=f"seed=1 {faults}", exit=code, state="same", after=golden, **more)


# The recording of another run than one that failed.


def good(trial, _result):
    code, out, err = ask(trial, f"--explain={trial.transcript}")
    must(code == 0 and not err and "ended well" in out and "step 23: Grow the file system" in out, code, out, err)


def no_folder(trial):
    """A run that says nothing of a recording."""
    words = [word for word in trial.command() if not word.startswith("--transcript=")]
    trial.command = lambda: words
    return trial.run()


def last(trial, _result):
    """Without a folder of its own a run is found as the last one."""
    code, out, err = ask(trial, "--explain=last")
    must(code == 0 and "with exit code 52" in out, code, out, err)
    code, out, err = ask(trial, "--bundle=bundle.tar.gz")
    must(code == 0, code, err)
    must("session.cast" in unpack(trial, "bundle.tar.gz"), "the bundle has no recording")


def killed(trial):
    gate = trial.gate("apk")
    with trial.start() as process:
        with enter(gate):
            guest = trial.record()[0]["pid"]
            process.kill()
            process.communicate(timeout=LONG)
            wait_gone(guest)
    return Result(process.returncode, "", "qemu-grow: was killed.")


def explain_killed(trial, _result):
    code, out, err = ask(trial, f"--explain={trial.transcript}")
    must(code == 0 and not err, code, err)
    for word in ("the recording has no end", "state     apk/add (step 16)", "typed     `apk add e2fsprogs-extra",
                 "--recover DISK"):
        must(word in out, f"`{word}` is not in", out)
    trial.faults = [fault for fault in trial.faults if not fault.startswith("gate=")]
    code, _, err = ask(trial, "--recover", trial.case.file)
    must(code == 0, "--recover ends with", code, err)


def no_recording(trial, _result):
    for words in (["--explain=nowhere"], ["--explain=."], ["--bundle=b.tar.gz", "nowhere"]):
        code, out, err = ask(trial, *words)
        must(code == 120 and not out and "is no recording" in err, words, code, out, err)
    code, _, err = ask(trial, "--bundle=b.tar.gz", f"--explain={trial.transcript}")
    must(code == 2 and "exclude each other" in err, code, err)
    must(not os.path.exists(os.path.join(trial.folder, "b.tar.gz")), "a bundle of nothing was made")


# The bundle.


def unpack(trial, name):
    """What is in a bundle: name and bytes."""
    with tarfile.open(os.path.join(trial.folder, name), "r:gz") as bundle:
        members = bundle.getmembers()
        must(all(m.isfile() and m.name.startswith("qemu-grow-bundle/") for m in members), "odd members", members)
        return {m.name.partition("/")[2]: bundle.extractfile(m).read() for m in members}


def bundle(trial, _result):
    """What --redact names then is in no file of it; what it was recorded as still is in the recording."""
    with open(os.path.join(trial.transcript, "output.log"), "rb") as file:
        output = file.read()
    must(SECRET.encode() in output, "the secret was never on the console")
    code, _, err = ask(trial, "--bundle=all.tar.gz", trial.transcript)
    must(code == 0, code, err)
    code, _, err = ask(trial, "--bundle=clean.tar.gz", r"--redact=hunter\d", trial.transcript)
    must(code == 0, code, err)
    everything, clean = unpack(trial, "all.tar.gz"), unpack(trial, "clean.tar.gz")
    must(set(everything) == set(clean), "other files", set(everything) ^ set(clean))
    for name in ("events.jsonl", "output.log", "input.log", "timing.log", "session.cast", "versions.txt", "options.txt",
                 "plan.json", "explanation.txt"):
        must(name in clean, f"{name} is not in the bundle")
    must(everything["output.log"] == output, "the recording was changed")
    must(json.loads(clean["plan.json"])["disk"], "the plan is none")
    for line in clean["events.jsonl"].splitlines() + clean["session.cast"].splitlines():
        json.loads(line)
    for name, text in clean.items():
        must(SECRET.encode() not in text, f"the secret is in {name}")
    typed = "".join(json.loads(line)[2] for line in clean["session.cast"].splitlines()[1:] if json.loads(line)[1] == "i")
    must(SECRET not in typed and "*" * len(SECRET) in typed, "the keys of the cast:", typed)
    must(len(clean["output.log"]) == len(output), "the console's text has another length")
    code, _, err = ask(trial, "--bundle=clean.tar.gz", trial.transcript)
    must(code == 27 and "File exists" in err, "a bundle was written over:", code, err)


def no_secret(trial, result):
    """What is told of a failure is told without secrets, at once and later."""
    text = result.err + ask(trial, "-v", f"--explain={trial.transcript}")[1]
    must("e2fsprogs-extra" not in text and "****" in text, "the secret is told:", text)


CASES = [
    told("dies", "die=apk:1", 43),
    told("misprint", "misprint=login", 43),
    told("no-device", "boot=none", 44),
    told("oom", "oom=apk", 92, options=("--console",)),
    told("login", "login=e2fsck", 48),
    told("odd-shell", "shell=odd", 49),
    told("apk", "apk=missing", 52),
    told("sectors", "sectors=4242", 53),
    told("fdisk", "fdisk=table", 54),
    told("e2fsck", "e2fsck=4", 90),
    told("resize2fs", "resize2fs=1", 90),
    Case("diagnosis/quiet", ("-q",), faults="apk=missing", exit=52, state="same", after=silent),
    Case("diagnosis/redact", ("--redact=e2fsprogs-extra",), faults="apk=missing", exit=52, state="same",
         after=no_secret),
    Case("diagnosis/good", after=good),
    Case("diagnosis/last", faults="apk=missing", exit=52, state="same", run=no_folder, after=last),
    Case("diagnosis/killed", exit=-signal.SIGKILL, state="same", run=killed, after=explain_killed),
    Case("diagnosis/no-recording", faults="apk=missing", exit=52, state="same", after=no_recording),
    Case("diagnosis/bundle", ("--console", f"--append=password={SECRET}"), faults="apk=missing", exit=52, state="same", after=bundle),
]
