"""What a fake guest is told to do wrong: words `NAME=VALUE` in $FAKE_GUEST, separated by blanks.

seed=N              for what is random: where ISOLINUX moves the cursor (1)
record=FILE         a line of JSON there for each thing that was done to the guest
time-out=SECONDS    of boot: (1)
gate=STATE:FIFO     at this state, open FIFO for reading and wait until whoever opens it has closed it
panic=STATE         the kernel panics          hang=STATE   not a byte comes any more
babble=STATE        the same line comes again and again, and nothing else any more
die=STATE[:HOW]     QEMU ends: exit status HOW (1), or HOW is kill
login=STATE         init starts a new login    reset=STATE  the firmware comes back
oom=STATE           the kernel kills the command to get memory
death=STATE:FILE    what deaths.py has written into FILE
drop=K, double=K    every K-th letter at the serial port is lost, or comes twice (not at boot:)
drop-boot=K         the same at boot:
mute=STATE          from there on, no key is echoed
stopped=STATE       a signal stops QEMU, and nobody lets it go on
slow=K              everything takes K times as long as a fiftieth of what it takes in a real guest
line-lost=N         the first N lines that a shell is given are lost, after their echo
misprint=login      getty's prompt has another letter, and QEMU ends
flush=late          getty empties its buffer once more when the first key has come
mark-lost=N, mark-mangled=N     the first N marks are not printed, or one letter of them is another
words=prompt        before login and in apk's output stand lines that look like prompts
kernel=all          kernel lines within every prompt and echo (as the others, only with console=ttyS0)
boot=none|kernel|initrd|late    nothing to boot from; a file that ISOLINUX cannot load; no time to type
boot=bare                       the kernel does not get `single` and `init=`, whatever was typed
emergency=media|switch          the initramfs fails
password=ask|refuse             at login
shell=odd                       commands end with 2
monitor=drive|device|lost       how the monitor fails
mdev=seq|log|stop|start         which of these commands fails
links=N, mounts=N, clock=N, flush-disk=N        exit code of these in a bare shell
cd=none|late                    the CD is not seen; it is at the third look
apk=missing|media               how apk fails
serial=none|late                no disk has the serial number; it comes at the third look
sectors=N                       of the disk, as the guest sees it
label=other|none                where /dev/disk/by-label points to
fdisk=open|table|end|sector|type|reread|flag    how fdisk fails or differs
node=gone                       the partition's node does not come back
vanish-e2fsck=N, vanish-resize2fs=N     the node is gone as often when they want it
e2fsck=N, resize2fs=N           exit code, without doing anything
blocks=N                        what resize2fs says it has made
unclean=N                       resize2fs leaves a wrong count of N free blocks behind it
mdev-log=missing|torn           how bringing it out fails
dmesg=fail                      dmesg fails
poweroff=N                      QEMU ends with status N
accel=NAME,NAME                 the accelerators that QEMU offers (tcg)
hang-accel=NAME                 the kernel stands still under this one
spared-accel=NAME               a guest with a disk has none of all this under this one
qmp=NAME                        this command of QEMU's protocol is refused
saved=STATUS                    what becomes of saving the guest
clock-stands=1, random=old      what is wrong with a guest that was saved
runs=N                          all this only in the first N runs of QEMU that are recorded
harm=STATE:OFFSET               a byte of the disk is changed

The command `heal`, which a person types at the shell, takes all of them away.
"""

import json
import os


KEPT = ("seed", "record", "time-out")


class Faults:
    def __init__(self, text):
        self.words = dict(word.split("=", 1) for word in text.split())
        self.done = {}

    @classmethod
    def of_environment(cls):
        faults = cls(os.environ.get("FAKE_GUEST", ""))
        if "runs" in faults.words and faults.starts() >= faults.number("runs"):
            faults.words = {name: word for name, word in faults.words.items() if name in KEPT}
        return faults

    def starts(self):
        """How often QEMU was started before, by the record."""
        try:
            with open(self.get("record"), encoding="utf-8") as lines:
                return sum(json.loads(line)["state"] == "start" for line in lines)
        except FileNotFoundError:
            return 0

    def get(self, name, default=None):
        return self.words.get(name, default)

    def number(self, name, default=0):
        return int(self.words.get(name, default))

    def at(self, name, state):
        """The rest of NAME=STATE[:REST] at that state, else None. Once in a run."""
        wanted, _, rest = self.words.get(name, "").partition(":")
        if wanted != state or name in self.done:
            return None
        self.done[name] = True
        return rest

    def times(self, name):
        """True the first N times that it is asked, for NAME=N."""
        self.done[name] = self.done.get(name, 0) + 1
        return self.done[name] <= self.number(name)

    def heal(self):
        """Nothing goes wrong any more."""
        self.words = {name: value for name, value in self.words.items() if name in ("seed", "record", "time-out")}

    def record(self, **what):
        path = self.get("record")
        if path is not None:
            with open(path, "a", encoding="utf-8") as out:
                out.write(json.dumps(what) + "\n")
