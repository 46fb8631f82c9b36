"""The raw disk image: its partition table, and e2fsck and resize2fs, really run on the host on a partition that is
taken out and put back."""

import os
import subprocess
import tempfile
from dataclasses import dataclass

SECTOR = 512
TABLE = 446
PIECE = 1 << 20
# Times in the superblock are those of the samples, so that equal work gives equal bytes.
TOOLS = dict(os.environ, LC_ALL="C", PATH="/usr/sbin:/sbin:/usr/bin:/bin", E2FSPROGS_FAKE_TIME="1700000000",
             E2FSCK_TIME="1700000000")


@dataclass
class Entry:
    boot: int = 0
    first: bytes = b"\0\0\0"  # CHS
    type: int = 0
    last: bytes = b"\0\0\0"
    start: int = 0
    sectors: int = 0

    @classmethod
    def of(cls, raw):
        start, sectors = (int.from_bytes(raw[at : at + 4], "little") for at in (8, 12))
        return cls(raw[0], raw[1:4], raw[4], raw[5:8], start, sectors)

    def bytes(self):
        head = bytes([self.boot]) + self.first + bytes([self.type]) + self.last
        return head + self.start.to_bytes(4, "little") + self.sectors.to_bytes(4, "little")

    @property
    def end(self):
        return self.start + self.sectors - 1


def copy_data(source, target, length):
    """Copies what is not a hole from file to file, from where each of them is."""
    base, aim = source.tell(), target.tell()
    at = base
    while at < base + length:
        try:
            data = os.lseek(source.fileno(), at, os.SEEK_DATA)
        except OSError:
            break
        hole = min(os.lseek(source.fileno(), data, os.SEEK_HOLE), base + length)
        if data >= hole:
            break
        source.seek(data)
        target.seek(aim + data - base)
        while data < hole:
            piece = source.read(min(PIECE, hole - data))
            target.write(piece)
            data += len(piece)
        at = hole


class Image:
    def __init__(self, path):
        self.path = path

    @property
    def sectors(self):
        return os.path.getsize(self.path) // SECTOR

    def read(self, offset, size):
        with open(self.path, "rb") as disk:
            disk.seek(offset)
            return disk.read(size)

    def write(self, offset, data):
        with open(self.path, "r+b") as disk:
            disk.seek(offset)
            disk.write(data)

    def entries(self):
        return [Entry.of(self.read(TABLE + 16 * i, 16)) for i in range(4)]

    def write_entries(self, entries):
        self.write(TABLE, b"".join(entry.bytes() for entry in entries))

    def partitions(self):
        """(number, entry) of each that is used."""
        return [(i, entry) for i, entry in enumerate(self.entries(), 1) if entry.type]

    def superblock(self, entry):
        """Of an ext2, ext3 or ext4, or None."""
        raw = self.read(entry.start * SECTOR + 1024, 1024)
        return raw if raw[56:58] == b"\x53\xef" else None

    def label(self, entry):
        raw = self.superblock(entry)
        return raw[120:136].split(b"\0")[0].decode("utf-8", "replace") if raw else ""

    def wants_journal(self, entry):
        raw = self.superblock(entry)
        return raw is not None and bool(raw[96] & 4)

    def run_tool(self, entry, *command):
        """Runs a tool on the partition. Returns its exit code and its output, which names the file it got."""
        start, length = entry.start * SECTOR, entry.sectors * SECTOR
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "part")
            with open(self.path, "rb") as disk, open(name, "wb") as part:
                disk.seek(start)
                copy_data(disk, part, length)
                part.truncate(length)
            done = subprocess.run([*command, name], env=TOOLS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False, start_new_session=True)
            with open(self.path, "r+b") as disk, open(name, "rb") as part:
                self.zero(disk, start, length)
                disk.seek(start)
                copy_data(part, disk, length)
            return done.returncode, done.stdout.decode("utf-8", "replace").replace(name, "PART")

    @staticmethod
    def zero(disk, start, length):
        """Makes a hole: what the tool has freed must not stay."""
        size = os.fstat(disk.fileno()).st_size
        if start + length >= size:
            disk.truncate(start)
            disk.truncate(size)
        else:
            disk.seek(start)
            for at in range(0, length, PIECE):
                disk.write(bytes(min(PIECE, length - at)))
