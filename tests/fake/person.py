"""A person at the terminal: the console in their hands (--interact), questions (--pause-at), and the way back."""

import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import termios

from stops import Terminal
from trial import Case, Result, must

BACK = "\x1d"
YOURS = "-- The console is yours"


class Person(Terminal):
    """Waits for words that come after those that it has seen."""

    def __init__(self, trial):
        super().__init__(trial)
        self.seen = 0

    def sees(self, word):
        while word not in self.text[self.seen :]:
            self.until_more()
        self.seen = self.text.index(word, self.seen) + len(word)

    def until_more(self):
        before = len(self.text)
        must(self.read(60) and len(self.text) > before, "nothing more comes behind:", repr(self.text[-300:]))

    def types(self, keys):
        os.write(self.master, keys.encode())

    def has_console(self):
        """Waits until the terminal is raw, too: it becomes so behind the words, and keys of before would be lost."""
        self.sees(YOURS)
        while termios.tcgetattr(self.slave) == self.before:
            must(self.process.poll() is None, "the terminal never was raw")
            os.sched_yield()

    def result(self):
        code = self.finish()
        plain = re.sub(r"\x1b(?:\[[0-9;]*[A-Za-z]|[78])", "", self.text.replace("\r\n", "\n")).replace("\r", "\n")
        errors = "\n".join(line for line in plain.split("\n") if line.startswith("qemu-grow: "))
        return Result(code, plain, errors)


def at_state(trial):
    """Commands, Ctrl-C and a new window size reach the guest; half a line that is left there does no harm."""
    t = Person(trial)
    t.has_console()
    t.types("frob\r")
    t.sees("frob: not found")
    t.types("abc\x03")
    t.sees("localhost:~# ")
    fcntl.ioctl(t.master, termios.TIOCSWINSZ, struct.pack("HHHH", 41, 132, 0, 0))
    t.types("half a line")
    t.sees("half a line")
    t.types(BACK)
    t.sees("q: end the run")
    t.types("\n")
    result = t.result()
    must(result.code != 0 or "a person had the console 1 time" in result.out, "the result does not tell of it")
    return result


def check_state(trial, _result):
    done = trial.commands()
    must(("shell", "frob") in done, "the guest did not get the command:", done)
    must(not any("half" in str(did) for _, did in done), "the guest ran half a line:", done)
    sizes = [did for state, did in done if state == "window"]
    with open(os.path.join(trial.transcript, "input.log"), "rb") as file:
        typed = file.read()
    # The terminal's own answers may stand between them.
    must(re.search(rb"frob\r.*?abc\x03.*?half a line", typed, re.DOTALL), "the recording has not what the person typed:", typed)
    with open(os.path.join(trial.transcript, "events.jsonl"), encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    with open(os.path.join(trial.transcript, "session.cast"), encoding="utf-8") as file:
        resized = [event[2] for event in map(json.loads, list(file)[1:]) if event[1] == "r"]
    with open(os.path.join(trial.transcript, "timing.log"), encoding="utf-8") as file:
        signals = re.findall(r"^S \S+ SIGWINCH ROWS=(\d+) COLS=(\d+)$", file.read(), re.MULTILINE)
    must(resized == ["80x24", "100x30", "132x41", "80x24"], "the cast has the sizes:", resized)
    must(signals == [("30", "100"), ("41", "132"), ("24", "80")], "timing.log has the sizes:", signals)
    must([event["what"] for event in events if event["type"] == "person"] ==
         ["takes the console", "gives it back", "is asked", "has answered"], "the events of the person are others")
    person = [event["proof"] for event in events if event["type"] == "proof"][-1]["person"]
    must(person["visits"] == 1 and person["bytes_sent"] == len("frob\rabc\x03half a line") and person["at"] == "e2fsck/check",
         "the proof tells of the person:", person)
    played = subprocess.run([trial.program, "-q", f"--guest={trial.transcript}"], capture_output=True, text=True, check=False)
    must(played.returncode == 110 and "a person had the console there" in played.stderr, "as guest:", played.stderr)
    must([30, 100] in sizes and [41, 132] in sizes and sizes[-1] == [24, 80], "window sizes:", sizes)


def check_secret(trial, _result):
    """What a person types is recorded without what --redact names."""
    for name in os.listdir(trial.transcript):
        with open(os.path.join(trial.transcript, name), "rb") as file:
            must(b"frob" not in file.read(), "the secret is in", name)


def mend(trial):
    """A failed run goes on once a person has seen to it."""
    t = Person(trial)
    t.sees("-- Failed: ")
    t.has_console()
    t.types("heal\r")
    t.sees("localhost:~# ")
    t.types(BACK)
    t.sees("Enter: try again from apk/add")
    t.types("\n")
    return t.result()


def give_up(trial):
    t = Person(trial)
    t.has_console()
    t.types(BACK)
    t.sees("q: end the run")
    t.types("q\n")
    return t.result()


def again_and_end(trial):
    """It fails again, and the person has the console again."""
    t = Person(trial)
    for answer in ("\n", "c\n"):
        t.has_console()
        t.types(BACK)
        t.sees("q: end the run")
        t.types(answer)
    t.has_console()
    t.types(BACK)
    t.sees("q: end the run")
    t.types("q\n")
    return t.result()


def other_prompt(trial):
    """The person comes back at another prompt than that of the dialogue, is told so, and mends it."""
    t = Person(trial)
    t.has_console()
    t.types("q\r")
    t.sees("localhost:~# ")
    t.types(BACK)
    t.sees("q: end the run")
    t.types("\n")
    t.sees("-- The console is not at the prompt `fdisk`, empty and ready.")
    t.sees("q: end the run")
    t.types("c\n")
    t.has_console()
    t.types("fdisk /dev/sda\r")
    t.sees("Command (m for help): ")
    t.types(BACK)
    t.sees("q: end the run")
    t.types("\n")
    return t.result()


def ends_qemu(trial):
    t = Person(trial)
    t.has_console()
    t.types("\x01x")
    t.sees("QEMU has ended")
    return t.result()


def signalled(number):
    """The terminal is as it was (finish() looks), however the program ends while it is raw."""
    def run(trial):
        t = Person(trial)
        t.has_console()
        t.process.send_signal(number)
        if number == signal.SIGQUIT:
            t.process.wait()
            must(termios.tcgetattr(t.slave) == t.before, "the terminal's settings are not what they were")
            return Result(t.process.returncode, "", "qemu-grow: was killed.")
        return t.result()
    return run


def not_stopped(trial):
    """SIGTSTP, which the kernel does not let stop a program that no shell could continue: the console goes on, raw."""
    t = Person(trial)
    t.has_console()
    raw = termios.tcgetattr(t.slave)
    t.process.send_signal(signal.SIGTSTP)
    t.types("frob\r")
    t.sees("frob: not found")
    must(termios.tcgetattr(t.slave) == raw, "the terminal is not raw again")
    t.types(BACK)
    t.sees("q: end the run")
    t.types("\n")
    return t.result()


def pause(answers):
    def run(trial):
        t = Person(trial)
        for answer in answers:
            t.sees("q: end the run")
            t.types(answer)
        return t.result()
    return run


ON_FAILURE = "--interact=on-failure"
OPENED = ("--interact=e2fsck/check",)

CASES = [
    Case("person/state", OPENED, run=at_state, after=check_state, says=("a person had the console 1 time",)),
    Case("person/redact", (*OPENED, "--redact=frob"), run=at_state, after=check_secret),
    Case("person/mend", (ON_FAILURE,), faults="apk=missing", run=mend),
    Case("person/give-up", (ON_FAILURE,), faults="apk=missing", run=give_up, exit=52, stage="spared", state="same"),
    Case("person/again", (ON_FAILURE,), faults="apk=missing", run=again_and_end, exit=52, stage="spared", state="same"),
    Case("person/other-prompt", ("--interact=fdisk/print-again",), run=other_prompt),
    Case("person/ends-qemu", OPENED, run=ends_qemu, exit=43, stage="spared", state="same"),
    Case("person/TERM", OPENED, run=signalled(signal.SIGTERM), exit=143, stage="spared", state="same"),
    Case("person/HUP", OPENED, run=signalled(signal.SIGHUP), exit=130, stage="spared", state="same"),
    Case("person/QUIT", OPENED, run=signalled(signal.SIGQUIT), exit=-signal.SIGQUIT, state="same", keeps=True),
    Case("person/TSTP", OPENED, run=not_stopped),
    Case("person/pause", ("--pause-at=fdisk/write",), run=pause(["?\n", "\n"])),
    Case("person/pause-end", ("--pause-at=fdisk/write",), run=pause(["q\n"]), exit=130, stage="spared", state="same",
         says=("ended from the terminal at fdisk/write",)),
    # Without a terminal, and with a state that there is none of, nothing is written.
    Case("person/no-terminal", OPENED, exit=2, state="same", says=("no terminal",)),
    Case("person/no-terminal-failure", (ON_FAILURE,), exit=2, state="same", says=("no terminal",)),
    Case("person/no-state", ("--pause-at=fdisk/wrte",), exit=2, state="same", says=("perhaps fdisk/write is meant",)),
]
