"""QEMU's command line, as far as the driver uses it. What is not known ends the fake, as it ends QEMU."""

import sys
from dataclasses import dataclass, field

TAKES_NOTHING = ("-nographic", "-no-reboot", "-usb")
TAKES_A_WORD = ("-boot", "-m", "-cdrom", "-nic", "-accel", "-drive", "-device", "-chardev", "-mon", "-serial", "-incoming",
                "-kernel", "-initrd", "-append")


def options_of(text):
    """NAME=VALUE,... with `,,` for a comma in a value."""
    parts = text.replace(",,", "\0").split(",")
    pairs = (part.replace("\0", ",").partition("=") for part in parts)
    return {name: value for name, _, value in pairs}


@dataclass
class CommandLine:
    words: dict = field(default_factory=dict)
    drives: list = field(default_factory=list)
    devices: list = field(default_factory=list)

    def qmp(self):
        """The descriptor that QMP is on, or None."""
        value = self.words.get("-chardev")
        return int(options_of(value)["fd"]) if value else None

    def attachment(self):
        """(attach, the drive's options, serial): what the guest has when it starts; None for each that is open."""
        races = not self.devices and "-usb" not in self.words
        if races or any("vmgenid" in device for device in self.devices):  # the disk, if any, is plugged in later
            return "none", self.drives[0] if self.drives else None, None
        if "-usb" in self.words:
            return "usb", self.drives[0] if self.drives else None, None
        device, drive = self.devices[0], self.drives[0]
        if device["drive"] != drive["id"]:
            fail(f"Property '.drive' can't find value '{device['drive']}'")
        attach = {"ide-hd": "hda", "virtio-blk-pci": "virtio"}[next(iter(device))]
        return attach, drive, device["serial"]


def fail(text):
    sys.stderr.write(f"qemu-system-x86_64: {text}\n")
    sys.exit(1)


def check_drive(options):
    """The image must be there, and QEMU must not be left to guess its format."""
    if not options.get("format"):
        fail("the fake guest wants a format")
    try:
        with open(options["file"], "r+b"):
            pass
    except OSError as error:
        return f"Could not open '{options['file']}': {error.strerror}"
    return None


def parse(argv):
    line = CommandLine()
    words = iter(argv)
    for word in words:
        if word in TAKES_NOTHING:
            line.words[word] = True
        elif word not in TAKES_A_WORD:
            fail(f"{word}: invalid option")
        elif (value := next(words, None)) is None:
            fail(f"{word}: requires an argument")
        elif word == "-drive":
            line.drives.append(options_of(value))
        elif word == "-device":
            line.devices.append(options_of(value))
        else:
            line.words[word] = value
    races = "-kernel" in line.words and not line.devices  # for --accel=auto, without CD and disk
    for wanted in ("-nographic", "-no-reboot", "-cdrom", "-nic"):
        if wanted not in line.words and not (races and wanted == "-cdrom"):
            fail(f"the fake guest wants {wanted}")
    # As QEMU is: with a -mon of one's own, -nographic has no monitor behind the console any more.
    if "-mon" in line.words and line.words.get("-serial") != "mon:stdio":
        fail("the fake guest wants -serial mon:stdio beside -mon")
    return line
