"""The disk image, of any format, through qemu-nbd as QEMU would have it open; and e2fsck and resize2fs, really run on
the host on a partition that is taken out and put back."""

import contextlib
import os
import subprocess
import tempfile
from dataclasses import dataclass

import nbd

SECTOR = 512
TABLE = 446
BLOCK = 64 << 10
EXTENTS = 1 << 30  # bytes that are asked for at a time
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


class Image:
    """Opened for writing, and locked as QEMU locks it, until close()."""

    def __init__(self, path, kind):
        self.nbd = nbd.NBD()
        self.nbd.add_meta_context(nbd.CONTEXT_BASE_ALLOCATION)
        self.nbd.connect_systemd_socket_activation(["qemu-nbd", "--discard=unmap", "-f", kind, "--", path])
        self.size = self.nbd.get_size()

    def close(self):
        """Everything is in the image then: qemu-nbd has ended."""
        with contextlib.suppress(nbd.Error):  # a signal to the group has ended it already
            self.nbd.shutdown()
        self.nbd = None  # waits for it

    @property
    def sectors(self):
        return self.size // SECTOR

    def read(self, offset, size):
        return bytes(self.nbd.pread(size, offset))

    def write(self, offset, data):
        """Any bytes, though qemu-nbd takes whole sectors better."""
        self.nbd.pwrite(data, offset)

    def entries(self):
        table = self.read(TABLE, 64)
        return [Entry.of(table[16 * i : 16 * i + 16]) for i in range(4)]

    def write_entries(self, entries):
        self.write(TABLE, b"".join(entry.bytes() for entry in entries))
        self.nbd.flush()

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

    def data(self, start, length):
        """(offset, size) of what is not known to be zero."""
        at = start
        while at < start + length:
            found = []
            self.nbd.block_status(min(EXTENTS, start + length - at), at,
                                  lambda _context, _offset, entries, _error: found.extend(entries) or 0)
            for size, flags in zip(found[::2], found[1::2]):
                size = min(size, start + length - at)
                if not flags & nbd.STATE_ZERO:
                    yield at, size
                at += size

    def blocks(self, start, length):
        """{offset in it: bytes} of the partition's blocks that are not zero."""
        result = {}
        numbers = set()
        for at, size in self.data(start, length):
            numbers.update(range((at - start) // BLOCK, -(-(at + size - start) // BLOCK)))
        for number in sorted(numbers):
            block = self.read(start + number * BLOCK, min(BLOCK, length - number * BLOCK))
            if block.count(0) != len(block):
                result[number * BLOCK] = block
        return result

    def run_tool(self, entry, *command):
        """Runs a tool on the partition. Returns its exit code and its output, which names the file it got."""
        start, length = entry.start * SECTOR, entry.sectors * SECTOR
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "part")
            before = self.blocks(start, length)
            with open(name, "wb") as part:
                for at, block in before.items():
                    part.seek(at)
                    part.write(block)
                part.truncate(length)
            done = subprocess.run([*command, name], env=TOOLS, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False, start_new_session=True)
            self.take_back(name, start, length, before)
            return done.returncode, done.stdout.decode("utf-8", "replace").replace(name, "PART")

    def take_back(self, name, start, length, before):
        """Writes what the tool has changed; what it has freed must not stay."""
        left = dict(before)
        with open(name, "rb") as part:
            for at, size in file_data(part, length):
                for offset in range(at, at + size, BLOCK):
                    part.seek(offset)
                    block = part.read(min(BLOCK, at + size - offset))
                    left.pop(offset, None)
                    if block != before.get(offset, bytes(len(block))):
                        self.write(start + offset, block)
        for at, block in left.items():
            self.nbd.zero(len(block), start + at)
        self.nbd.flush()


def file_data(file, length):
    """(offset, size) of a file's blocks that are no holes, in whole blocks."""
    at = 0
    while at < length:
        try:
            data = os.lseek(file.fileno(), at, os.SEEK_DATA)
        except OSError:
            return
        hole = min(os.lseek(file.fileno(), data, os.SEEK_HOLE), length)
        if data >= hole:
            return
        begin = max(at, data // BLOCK * BLOCK)
        at = min(-(-hole // BLOCK) * BLOCK, length)
        yield begin, at - begin
