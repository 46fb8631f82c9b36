"""busybox fdisk 1.36.1, as much of it as asks and answers about primary partitions of a DOS table."""

import re

from image import SECTOR, Entry

TYPES = {0x0C: "Win95 FAT32 (LBA)", 0x82: "Linux swap", 0x83: "Linux", 0x05: "Extended"}
COMMAND = "Command (m for help): "
CYLINDERS = """
The number of cylinders for this disk is set to {}.
There is nothing wrong with that, but this is larger than 1024,
and could in certain setups cause problems with:
1) software that runs at boot time (e.g., old versions of LILO)
2) booting and partitioning software from other OSs
   (e.g., DOS FDISK, OS/2 FDISK)
"""
MENU = """Command Action
a\ttoggle a bootable flag
d\tdelete a partition
n\tadd a new partition
p\tprint the partition table
q\tquit without saving changes
w\twrite table to disk and exit
"""


class Left(Exception):
    """fdisk ends, with this exit code."""


def size_text(sectors):
    """As busybox' smart_ulltoa5: 16.0M, 104M."""
    value = sectors * SECTOR / 1024
    for unit in "KMGT":
        if value < 1024 or unit == "T":
            return f"{value:.1f}{unit}" if value < 100 and unit != "K" else f"{int(value)}{unit}"
        value /= 1024
    return ""


class Fdisk:
    def __init__(self, machine):
        self.machine = machine
        self.console = machine.console
        self.faults = machine.faults
        self.image = machine.image
        self.sectors = self.machine.sectors
        self.entries = self.image.entries()
        self.geometry()
        if self.faults.get("fdisk") == "table":
            self.entries[machine.last - 1].sectors -= 8

    # Geometry, as each bus gives it.

    def geometry(self):
        attach = self.machine.attach
        if attach == "hda":
            self.heads, self.per_track = 255, 63
        elif attach == "virtio":
            last = max(self.entries, key=lambda entry: entry.start).last
            self.heads, self.per_track = last[0] + 1, last[1] & 63
            if self.heads > 16 or self.per_track == 0:
                self.heads, self.per_track = 16, 63
        else:
            self.heads = -(-self.sectors // (1024 * 62))
            self.per_track = -(-self.sectors // (1024 * self.heads))
        self.cylinders = self.sectors // (self.heads * self.per_track)

    def chs(self, sector):
        track, within = divmod(sector, self.per_track)
        cylinder, head = divmod(track, self.heads)
        return cylinder, head, within + 1

    def packed(self, sector):
        cylinder, head, within = self.chs(sector)
        if cylinder > 1023:
            cylinder, head, within = 1023, self.heads - 1, self.per_track
        return bytes([head, within | (cylinder >> 2) & 0xC0, cylinder & 0xFF])

    @staticmethod
    def unpacked(raw):
        return raw[2] | (raw[1] & 0xC0) << 2, raw[0], raw[1] & 63

    # Questions.

    def ask(self, prompt, drawn=None):
        line = self.console.line(prompt, drawn)
        if line is None:
            raise Left(0)
        return line.strip()

    def ask_something(self, prompt):
        while not (answer := self.ask(prompt)):
            pass
        return answer

    def ask_number(self, what, low, high, default=None):
        given = f", default {default}" if default is not None else ""
        while True:
            answer = self.ask(f"{what} ({low}-{high}{given}): ", drawn="")
            if not answer and default is not None:
                self.console.out(f"Using default value {default}\n")
                return default
            found = re.match(r"\d+", answer)
            if not found and answer:
                continue
            value = int(found[0]) if found else 0
            if low <= value <= high:
                return value
            self.console.out("Value is out of range\n")

    def ask_partition(self, used):
        """A slot that is used, or one that is not. With a single one, busybox does not ask."""
        slots = [i for i, entry in enumerate(self.entries) if bool(entry.type) == used]
        if len(slots) == 1:
            self.console.out(f"Selected partition {slots[0] + 1}\n")
            return slots[0]
        if not slots:
            self.console.out("No partition is defined yet!\n")
            return None
        return self.ask_number("Partition number", 1, 4) - 1

    # Commands.

    def show(self):
        out, size = self.console.out, self.sectors * SECTOR
        amount = f"{size // 10**6} MB" if size < 10**10 else f"{size // 10**9} GB"
        out(f"Disk {self.machine.node}: {amount}, {size} bytes, {self.sectors} sectors\n"
            f"{self.cylinders} cylinders, {self.heads} heads, {self.per_track} sectors/track\n"
            f"Units: sectors of 1 * {SECTOR} = {SECTOR} bytes\n\n"
            "Device  Boot StartCHS    EndCHS        StartLBA     EndLBA    Sectors  Size Id Type\n")
        used = [(i, entry) for i, entry in enumerate(self.entries, 1) if entry.type]
        for number, entry in used:
            first, last = (",".join(map(str, self.unpacked(raw))) for raw in (entry.first, entry.last))
            flag = {0: " ", 0x80: "*"}.get(entry.boot, "?")
            out(f"{self.machine.node}{number} {flag}  {first:12}{last:12}{entry.start:10} {entry.end:10} "
                f"{entry.sectors:10} {size_text(entry.sectors):>5} {entry.type:2x} {TYPES.get(entry.type, '')}\n")
            self.check_geometry(number, entry)
        if [entry.start for _, entry in used] != sorted(entry.start for _, entry in used):
            out("\nPartition table entries are not in disk order\n")

    def check_geometry(self, number, entry):
        if self.cylinders > 1024:
            return
        for word, raw, sector in (("start (non-Linux?)", entry.first, entry.start), ("end", entry.last, entry.end)):
            told, real = self.unpacked(raw), self.chs(sector)
            if told != real:
                texts = (",".join(map(str, place)) for place in (told, real))
                self.console.out(f"Partition {number} has different physical/logical {word}:\n"
                                 "     phys=({}) logical=({})\n".format(*texts))

    def delete(self):
        slot = self.ask_partition(True)
        if slot is not None:
            self.entries[slot] = Entry()

    def new(self):
        if all(entry.type for entry in self.entries):
            self.console.out("You must delete some partition and add an extended partition first\n")
            return
        text = "Partition type\n   p   primary partition (1-4)\n   e   extended\n"
        answer = self.ask_something(text)
        if answer[0] not in "pP":
            self.console.out(f"Invalid partition number for type '{answer[0]}'\n")
            return
        slot = self.ask_partition(False)
        if slot is not None:
            self.add(slot)

    def taken(self, sector):
        """The end of the partition that has this sector, or None."""
        return next((entry.end for entry in self.entries if entry.type and entry.start <= sector <= entry.end), None)

    def add(self, slot):
        if self.entries[slot].type:
            self.console.out(f"Partition {slot + 1} is already defined, delete it before re-adding\n")
            return
        first = self.per_track
        while (end := self.taken(first)) is not None:
            first = end + 1
        start = None
        while start is None:
            wanted = self.ask_number("First sector", first, self.sectors - 1, first)
            if self.taken(wanted) is None and self.faults.get("fdisk") != "sector":
                start = wanted
            else:
                self.console.out(f"Sector {wanted} is already allocated\n")
        limit = min([self.sectors] + [entry.start for entry in self.entries if entry.type and entry.start > start]) - 1
        if self.faults.get("fdisk") == "end":
            limit -= 2048
        end = self.ask_number("Last sector or +size{,K,M,G,T}", start, limit, limit)
        if self.faults.get("fdisk") == "start":
            start += 8
        self.entries[slot] = Entry(0, self.packed(start), 0x83, self.packed(end), start, end - start + 1)

    def flag(self):
        slot = self.ask_number("Partition number", 1, 4) - 1
        if self.faults.get("fdisk") != "flag":
            self.entries[slot].boot ^= 0x80

    def type(self):
        slot = self.ask_partition(True)
        if slot is None:
            return
        code = int(self.ask_something("Hex code (type L to list codes): "), 16)
        if code == self.entries[slot].type:
            return
        if self.faults.get("fdisk") != "type":
            self.entries[slot].type = code
        self.console.out(f"Changed system type of partition {slot + 1} to {code:x} ({TYPES.get(code, 'Unknown')})\n")

    def write(self):
        self.machine.at("fdisk-w")
        self.image.write_entries(self.entries)
        self.console.out("The partition table has been altered.\nCalling ioctl() to re-read partition table\n")
        if self.faults.get("fdisk") == "reread":
            self.console.out("fdisk: WARNING: rereading partition table failed, kernel still uses old table: "
                             "Resource busy\n")
            raise Left(1)
        self.machine.table_written()
        raise Left(0)

    def leave(self):
        self.console.out("\n")
        raise Left(0)

    def run(self):
        """fdisk's exit code."""
        if self.faults.get("fdisk") == "open":
            self.console.out(f"fdisk: can't open '{self.machine.node}': No such file or directory\n")
            return 1
        if self.cylinders > 1024:
            self.console.out(CYLINDERS.format(self.cylinders))
        keys = {"a": self.flag, "d": self.delete, "n": self.new, "p": self.show, "q": self.leave, "t": self.type,
                "w": self.write}
        try:
            while True:
                self.console.out("\n")
                key = self.ask_something(COMMAND)[0]
                if key in keys:
                    keys[key]()
                else:
                    self.console.out(f"{key}: unknown command\n{MENU}")
        except Left as left:
            return left.args[0]
