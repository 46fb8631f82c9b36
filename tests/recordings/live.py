#!/usr/bin/python3
"""What a recording must be, seen on runs with the fake guest.

  live.py PROGRAM [--kills=N] [--jobs=N] [--seed=N] [--only=REGEX]

players     asciinema cat and scriptreplay show the console's bytes; the times of each file make up the run's
secret      what --redact names, and what is typed at `Password:`, is in no file
shelf       without --transcript the last 20 recordings are kept
refused     a folder that is not empty, a pattern that is none
replay      --replay shows the console; --step stops before each state
kills       N runs, each killed (SIGKILL) at a random moment: all files open, and hold what had been seen; with every third
            the keeper, which writes them, is killed, too: they open, and agree as far as each goes

One line per check, `ok NAME` or `FAIL NAME: why`. Exit code 1 when one failed."""

import argparse
import contextlib
import json
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "fake"))
sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from trial import Case, Samples, Trial, Wrong, must  # noqa: E402

FILES = ("output.log", "input.log", "timing.log", "session.cast", "events.jsonl")
KEPT = 20
LONG = 300  # seconds after which a run has certainly failed; nothing waits for them


def content(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def console(folder, name="output.log"):
    return content(folder, name).partition(b"\n")[2]


def without_moves(data):
    """Without escape sequences and control characters."""
    return re.sub(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[ -/]*[0-Z\\^-~]|[\x00-\x1f]", b"", data)


def lines_of(folder, name):
    """Whole lines as JSON; a last line that was cut off is left out."""
    text = content(folder, name).decode()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def timing(folder):
    """(kind, seconds since the start, the rest)"""
    at, text = 0.0, content(folder, "timing.log").decode()
    for line in text[: text.rfind("\n") + 1].splitlines():
        kind, passed, rest = line.split(" ", 2)
        at += float(passed)
        yield kind, at, rest


def on_terminal(command, cwd, keys=b""):
    """What a program shows on a terminal of its own; some will not do without."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        subprocess.run(["stty", "raw", "-echo"], check=False)
        os.execvp(command[0], command)
    text = b""
    with contextlib.suppress(OSError):
        os.write(master, keys)
        while select.select([master], [], [], LONG)[0]:
            piece = os.read(master, 65536)
            if not piece:
                break
            text += piece
    os.close(master)
    must(os.waitpid(pid, 0)[1] == 0, command, "failed:", text[-300:])
    return text


def is_keeper(pid):
    """Whether this is the process that writes a recording."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="ascii") as name:
        return name.read() == "qemu-grow-rec\n"
    return False


class Live:
    def __init__(self, args, samples, work):
        self.args, self.samples, self.work = args, samples, work
        self.random = random.Random(args.seed)

    def trial(self, name, options=(), faults="", code=0, **more):
        case = Case(f"live/{name}", options, faults, exit=code, **more)
        trial = Trial(case, os.path.join(self.work, name), self.samples, os.path.abspath(self.args.program), self.args.seed)
        trial.prepare()
        return trial

    def run(self, name, options=(), faults="", code=0):
        trial = self.trial(name, options, faults, code)
        result = trial.run()
        must(result.code == code, "exit code", result.code, result.err)
        return trial, result

    def players(self):
        trial, _ = self.run("players", ("--seq=single", "--log=init"))
        folder, raw = trial.transcript, console(trial.transcript)
        shown = on_terminal(["asciinema", "cat", "session.cast"], folder)
        must(shown == raw, "asciinema cat shows", len(shown), "bytes, not", len(raw))
        replayed = subprocess.run(["scriptreplay", "--log-timing=timing.log", "--log-out=output.log", "--divisor=1000"],
                                  cwd=folder, capture_output=True, check=False, timeout=LONG)
        must(replayed.returncode == 0 and replayed.stdout.rstrip(b"\n") == raw.rstrip(b"\n"), "scriptreplay:", replayed.stderr)
        keys = subprocess.run(["scriptreplay", "--log-timing=timing.log", "--log-in=input.log", "--stream=in",
                               "--divisor=1000"], cwd=folder, capture_output=True, check=False, timeout=LONG)
        must(keys.returncode == 0 and keys.stdout.rstrip(b"\n") == console(folder, "input.log").replace(b"\r", b"\n").rstrip(b"\n"), "its input:",
             keys.stdout[-40:], console(folder, "input.log")[-40:])
        self.times(folder)

    @staticmethod
    def times(folder):
        events = lines_of(folder, "events.jsonl")
        cast = lines_of(folder, "session.cast")
        seconds = events[-1]["seconds"]
        whole = [at for _, at, _ in timing(folder)][-1]
        sizes = {kind: sum(int(rest) for k, _, rest in timing(folder) if k == kind) for kind in "OI"}
        must(events[-1]["type"] == "end" and events[0]["type"] == "start", "events:", events[0], events[-1])
        must(abs(whole - seconds) <= 0.01 * seconds, "timing.log makes up", whole, "of", seconds)
        must(abs(cast[-1][0] - seconds) <= 0.01 * seconds, "session.cast makes up", cast[-1][0], "of", seconds)
        must(sizes["O"] == len(console(folder)) and sizes["I"] == len(console(folder, "input.log")), "sizes:", sizes)
        marks = [event[2] for event in cast[1:] if event[1] == "m"]
        states = [event for event in events if event["type"] == "state"]
        must(len(marks) == len(states) + 1 and marks[-1] == "exit 0", len(marks), "marks for", len(states), "states")
        must(all(a[0] <= b[0] for a, b in zip(cast[1:], cast[2:])), "the cast's times go back")
        must(json.loads(content(folder, "events.jsonl").splitlines()[0])["options"], "no options")

    @staticmethod
    def without(word, data, name):
        """The word is not there as it is, nor with each byte twice, nor with what moves the cursor within."""
        shown = without_moves(data)
        for form in (word, "".join(letter + letter for letter in word)):
            must(form.encode() not in data and form.encode() not in shown, "the secret is in", name, "as", form)

    def secret(self):
        """Typed at boot:, shown by the kernel, in QEMU's command line, in a file's name, and at a password prompt."""
        word = "hunter2x" + "".join(self.random.choice("bcdfg") for _ in range(8))
        trial = self.trial("secret", ("--console", f"--append=key={word}", "--redact=hunter2x[a-z]*", "--redact=nothing",
                                       "--report=run.html"),
                           file=f"disk-{word}.raw")
        result = trial.run()
        must(result.code == 0, "exit code", result.code, result.err)
        for name in FILES:
            self.without(word, content(trial.transcript, name), name)
        self.without(word, "".join(event[2] for event in lines_of(trial.transcript, "session.cast")[1:]).encode(), "the cast")
        self.without(word, content(trial.folder, "run.html"), "the report")
        must(b"*" * 2 * len(word) in without_moves(console(trial.transcript)), "its echo at boot: is not marked")
        for name, words in {"explain": [f"--explain={trial.transcript}"], "runbook": ["--runbook=md", trial.transcript],
                            "replay": ["--speed=1000", f"--replay={trial.transcript}"],
                            "guest": ["-v", f"--guest={trial.transcript}"]}.items():
            done = subprocess.run([trial.program, *words], capture_output=True, check=False, timeout=LONG)
            # On a swamped host keys may have been sent again that another run does not send: see kill().
            must(done.returncode in ((0, 110) if name == "guest" else (0,)), name, "exit code", done.returncode, done.stderr)
            self.without(word, done.stdout + done.stderr, name)
        must(b"key=" + b"*" * len(word) in content(trial.transcript, "events.jsonl"), "its place is not marked")
        must(b"*" * len(word) in console(trial.transcript, "input.log"), "its keys are not marked")
        self.times(trial.transcript)

    def shelf(self):
        trial = self.trial("shelf", ("--redact=x",), faults="boot=none", code=44)
        shelf = os.path.join(trial.folder, "state/qemu-grow")
        os.makedirs(os.path.join(shelf, "keep me"))
        for number in range(KEPT + 3):
            old = os.path.join(shelf, f"20200101000000-{number:02}")
            os.mkdir(old)
            with open(os.path.join(old, "events.jsonl"), "w", encoding="ascii"):
                pass
        words = [word for word in trial.command() if not word.startswith("--transcript")]
        done = subprocess.run(words, cwd=trial.folder, env=trial.environment(), capture_output=True, check=False, timeout=LONG)
        must(done.returncode == 44, "exit code", done.returncode, done.stderr)
        kept = sorted(os.listdir(shelf))
        must(len(kept) == KEPT + 1 and "keep me" in kept, "kept:", kept)
        new = os.path.join(shelf, [name for name in kept if not name.startswith("2020") and name != "keep me"][0])
        must(lines_of(new, "events.jsonl")[-1]["code"] == 44, "the new one is not whole")
        must(kept[0] == "20200101000000-04", "the oldest is", kept[0])

    def refused(self):
        trial = self.trial("refused", code=27, state="same")
        os.mkdir(trial.transcript)
        trial.write("transcript/x", "x")
        trial.options.append(f"--transcript={trial.transcript}")
        result = trial.run()
        must(result.code == 27 and "is not empty" in result.err, result.code, result.err)
        trial = self.trial("no-pattern", ("--redact=(",), code=2, state="same")
        result = trial.run()
        must(result.code == 2 and "--redact=(" in result.err, result.code, result.err)
        done = subprocess.run([trial.program, "--replay=/nowhere"], capture_output=True, text=True, check=False, timeout=LONG)
        must(done.returncode == 120 and "/nowhere" in done.stderr, done.returncode, done.stderr)

    def replay(self):
        trial, _ = self.run("replay")
        command = [trial.program, f"--replay={trial.transcript}"]
        done = subprocess.run([*command, "--speed=1000"], capture_output=True, check=False, timeout=LONG)
        must(done.returncode == 0 and done.stdout == console(trial.transcript), "replay:", done.stderr)
        states = [event for event in lines_of(trial.transcript, "events.jsonl") if event["type"] == "state"]
        done = subprocess.run([*command, "--step"], input=b"\n" * 100, capture_output=True, check=False, timeout=LONG)
        must(done.returncode == 0 and done.stdout == console(trial.transcript), "step:", done.stderr)
        told = re.findall(rb"byte (\d+): (?:\S+ )?(\S+/\S+);", done.stderr)
        must([name.decode() for _, name in told] == [f"{s['dialogue']}/{s['state']}" for s in states][: len(told)] and
             len(told) > len(states) // 2, "states told:", len(told), "of", len(states))
        done = subprocess.run([*command, "--step"], input=b"\nq\n", capture_output=True, check=False, timeout=LONG)
        must(done.returncode == 0 and len(done.stdout) < len(console(trial.transcript)), "q does not end it")

    def kill(self, number, whole):
        """One run, killed after a part of the time that a whole one took."""
        trial = self.trial(f"kill-{number}", faults="slow=1", code=-9, state="any")
        moment = random.Random(self.args.seed * 1000 + number).uniform(0, whole)
        with trial.start() as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(moment)
            keepers = [pid for pid in trial.left_over() if is_keeper(pid)] if number % 3 == 0 else []
            for pid in [*keepers, process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.communicate()
        trial.wait_for_nbd()
        for pid in trial.left_over():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        folder = trial.transcript
        if not os.path.exists(os.path.join(folder, "events.jsonl")):
            return 0  # it had not begun
        events, cast, pieces = lines_of(folder, "events.jsonl"), lines_of(folder, "session.cast"), list(timing(folder))
        for kind, name in (("O", "output.log"), ("I", "input.log")):
            size = sum(int(rest) for k, _, rest in pieces if k == kind)
            whole = len(console(folder, name))
            must(size == whole or (keepers and size < whole), "killed after", moment, ": timing.log has", size, "bytes of", name)
        data = "".join(event[2] for event in cast[1:] if event[1] == "o").encode()
        must(data == console(folder) or (keepers and console(folder).startswith(data)), "the cast is not the console")
        # Each line that the guest got is there: nothing that was seen is lost with the driver. With the keeper killed, too,
        # what it had not written is.
        typed = [event["text"].strip() for event in events if event["type"] == "typed"]
        for _, did in trial.commands():
            must(keepers or not isinstance(did, str) or not did or any(did in text for text in typed), "killed after", moment, "without", did)
        guest = subprocess.run([trial.program, "-q", f"--guest={folder}"], capture_output=True, text=True, check=False,
                               timeout=LONG)
        # On a host that is swamped, a wait may have ended in the very turn in which its answer came: then keys were sent
        # again that a run without such a moment does not send.
        must(guest.returncode in (0, 110, 120), "as guest:", guest.stderr)
        return 1

    def kills(self):
        begin = time.monotonic()
        self.run("whole", faults="slow=1")
        whole = 1.1 * (time.monotonic() - begin)
        with ThreadPoolExecutor(self.args.jobs) as pool:
            held = sum(pool.map(lambda number: self.kill(number, whole), range(self.args.kills)))
        must(held > self.args.kills // 4, "only", held, "of", self.args.kills, "runs had begun")
        return f"{held} of {self.args.kills} recordings hold what had been seen, the others had not begun"


CHECKS = ("players", "secret", "shelf", "refused", "replay", "kills")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    good = 0
    with tempfile.TemporaryDirectory(prefix="qemu-grow-live-") as work:
        samples = Samples(os.path.join(work, "samples"))
        os.mkdir(samples.folder)
        live = Live(args, samples, work)
        todo = [name for name in CHECKS if re.search(args.only, name)]
        for name in todo:
            try:
                text = getattr(live, name)()
                print(f"ok {name}{': ' + text if text else ''}", flush=True)
                good += 1
            except (Wrong, OSError, subprocess.SubprocessError) as wrong:
                print(f"FAIL {name}: {wrong}", flush=True)
    return 0 if good == len(todo) else 1


if __name__ == "__main__":
    sys.exit(main())
