#!/usr/bin/python3
"""What QEMU's options and the kernel's parameters cost or save: each one alone, then those that win, together.

  options.py QEMU_GROW ISO OUT.tsv [ROUNDS] [--route=direct] [--only=NAME,...] [--together=NAME,...]

Grows an OpenWrt-like qcow2 of 120.5 MiB to 512 MiB, attached by virtio, without KVM, on the route `direct` (or another one),
ROUNDS times (3) for each option, in turns; a round is the command line as the program makes it (`baseline`) and then a few
options, so that both have seen the same load. An option is given to the program where it has one for it (--append, --memory,
--accel), else edited_qemu.py takes QEMU's place and edits its arguments. --together adds a row for all of those NAMEs at once,
and one for all but each of them.

OUT.tsv gets a line for each run, behind what is there; OUT.md is made of all its lines anew: the command, and a table of the
medians with the least and the most. A ratio is that to the baseline of the same round; 0.95 is a twentieth less. CPU is QEMU's
and that of the tools that the program calls, not the program's own; on a busy machine it tells more than the seconds do.
Every result is proved by the program itself; a run that failed or gave way to another route counts as failed."""

import gzip
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from statistics import median

sys.dont_write_bytecode = True

# pylint: disable=wrong-import-position
from measure import measure  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SIZE = 512 << 20
GROUP = 8  # options that share a baseline
BASELINE = "baseline"
FIELDS = ("route", "round", "option", "cpu", "seconds", "result")


@dataclass
class Option:
    what: str
    words: tuple = ()  # of the program's
    edits: tuple = ()  # of QEMU's command line: regular expression, replacement
    append: str = ""  # to the kernel's command line


def machine(text):
    return Option(f"-machine {text}", edits=((r"\Z", f"\n-machine\n{text}"),))


def add(*words):
    return Option(" ".join(words), edits=((r"\Z", "".join("\n" + word for word in words)),))


def overlay(mode):
    return Option(f"cache={mode} on the disk", edits=(("(if=none,id=disk0)", rf"\1,cache={mode}"),))


def memory(mebibytes):
    return Option(f"-m {mebibytes}", words=(f"--memory={mebibytes}",))


def accel(text):
    return Option(f"-accel tcg,{text}", words=(f"--accel=tcg,{text}",))


def kernel(text):
    return Option(f"-append '... {text}'", append=text)


def started(name, file):
    return Option(f"-{name} {file}", edits=((rf"(-{name}\n)[^\n]*", rf"\1@{file}@"),))


OPTIONS = {
    BASELINE: Option("as the program has it"),
    "q35": machine("q35"),
    "microvm": machine("microvm"),
    "no-hpet": machine("pc,hpet=off"),
    "no-acpi": machine("pc,acpi=off"),
    "cache-writeback": overlay("writeback"),
    "cache-none": overlay("none"),
    "cache-unsafe": overlay("unsafe"),
    "memory-128": memory(128),
    "memory-256": memory(256),
    "memory-512": memory(512),
    "memory-1024": memory(1024),
    "cpu-max": add("-cpu", "max"),
    "cpu-nehalem": add("-cpu", "Nehalem"),
    "cpu-kvm64": add("-cpu", "kvm64"),
    "tb-32": accel("tb-size=32"),
    "tb-128": accel("tb-size=128"),
    "tb-512": accel("tb-size=512"),
    "thread-single": accel("thread=single"),
    "thread-multi": accel("thread=multi"),
    "split-wx-off": accel("split-wx=off"),
    "vga-none": add("-vga", "none"),
    "nodefaults": add("-nodefaults"),
    "qboot": add("-bios", "qboot.rom"),
    "vmlinux": started("kernel", "vmlinux"),
    "raw-initramfs": started("initrd", "initramfs"),
    "packed-kernel": started("kernel", "vmlinuz-virt"),
    "packed-initramfs": started("initrd", "initramfs-virt"),
    "nokaslr": kernel("nokaslr"),
    "edd-off": kernel("edd=off"),
    "tsc-reliable": kernel("tsc=reliable"),
    "mitigations-off": kernel("mitigations=off"),
    "not-quiet": Option("-append without quiet", words=("--console",)),
    "timer-check": Option("-append without no_timer_check", edits=((" no_timer_check", ""),)),
    "self-tests": Option("-append without cryptomgr.notests", edits=((" cryptomgr.notests", ""),)),
    "baud-9600": Option("-append 'console=ttyS0 ...'", edits=(("ttyS0,115200", "ttyS0"),)),
    "acpi-noirq": kernel("acpi=noirq"),
    "lpj": kernel("lpj=10000000"),
    "nosmp": kernel("nosmp"),
    "trust-cpu": kernel("random.trust_cpu=on"),
    "init-on-alloc-off": kernel("init_on_alloc=0"),
    "no-selftests": kernel("cryptomgr.notests"),
    "no-keyboard": kernel("i8042.nokbd i8042.noaux"),
    "acpi-off": kernel("acpi=off"),
}


def unpack(data):
    """What the first compressed stream in data holds."""
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"\xfd7zXZ"):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=False).stdout
    sys.exit(f"options.py: {data[:6].hex()} begins no compression that is known")


def kernel_payload(data):
    """The compressed ELF file in a bzImage (Documentation/x86/boot.rst: setup_sects, payload_offset, payload_length)."""
    begin = 512 * ((data[0x1F1] or 4) + 1) + int.from_bytes(data[0x248:0x24C], "little")
    return data[begin:begin + int.from_bytes(data[0x24C:0x250], "little")]


class Bench:
    def __init__(self, program, iso, route, folder):
        self.program, self.iso, self.route, self.folder = program, iso, route, folder
        self.before = os.path.join(folder, "before.qcow2")
        subprocess.run(["sh", os.path.join(HERE, "../disks/make.sh"), "openwrt", self.before, "qcow2"], check=True)
        self.files = {}
        for name, packed, take in (("vmlinux", "vmlinuz-virt", kernel_payload), ("initramfs", "initramfs-virt", bytes)):
            subprocess.run(["xorriso", "-osirrox", "on", "-indev", iso, "-extract", f"/boot/{packed}",
                            os.path.join(folder, packed)], check=True, capture_output=True)
            self.files.update({file: os.path.join(folder, file) for file in (name, packed)})
            with open(os.path.join(folder, packed), "rb") as source, open(self.files[name], "wb") as target:
                target.write(unpack(take(source.read())))
        self.env = {**os.environ, "LC_ALL": "C.UTF-8", "XDG_CACHE_HOME": os.path.join(folder, "cache"),
                    "XDG_STATE_HOME": os.path.join(folder, "state"), "QEMU_REAL": os.environ.get("QEMU", "qemu-system-x86_64"),
                    "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}

    def run(self, options):
        """CPU seconds, seconds, and what became of it."""
        edits = [edit for option in options for edit in option.edits]
        for name, path in self.files.items():
            edits = [(regex, replacement.replace(f"@{name}@", path)) for regex, replacement in edits]
        words = ["--accel=tcg", *(word for option in options for word in option.words)]
        append = " ".join(option.append for option in options if option.append)
        disk = os.path.join(self.folder, "disk")
        shutil.copyfile(self.before, disk)
        m = measure([self.program, f"--iso={self.iso}", f"--route={self.route}", "--attach=virtio", "--no-transcript",
                     f"--qemu={HERE}/edited_qemu.py", *words, *([f"--append={append}"] if append else ()), disk, str(SIZE)],
                    self.folder, {**self.env, "QEMU_EDITS": json.dumps(edits)})
        with open(os.path.join(self.folder, "out"), encoding="utf-8", errors="replace") as out:
            text = out.read()
        gave_way = re.search(r"gives way to .*?: (.*)", text)
        said = re.search(r"^qemu-grow: (.*)", text, re.M)
        result = "proved"
        if gave_way or m.code != 0:
            result = f"failed: {(gave_way or said or ['', f'exit code {m.code}'])[1]}"
        return m.cpu - m.own_cpu, m.seconds, result


def read(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        return [dict(zip(FIELDS, line.rstrip("\n").split("\t"))) for line in list(lines)[1:]]


def write(path, row):
    new = not os.path.exists(path)
    with open(path, "a", encoding="utf-8") as out:
        if new:
            out.write("\t".join(FIELDS) + "\n")
        out.write("\t".join(str(row[field]).replace("\t", " ") for field in FIELDS) + "\n")


def what_of(name):
    if name in OPTIONS:
        return f"`{OPTIONS[name].what}`" if name != BASELINE else OPTIONS[name].what
    return "those at once" if not name.startswith("without ") else "all of those but it"


def row_of(name, rows, base):
    proved = [row for row in rows if row["result"] == "proved"]
    cells = [name, what_of(name), f"{len(proved)} of {len(rows)}"]
    if not proved:
        return "| " + " | ".join([*cells, "", "", "", rows[0]["result"].replace("|", "/")]) + " |"
    for field, form in (("cpu", "{:.2f}"), ("seconds", "{:.1f}")):
        numbers = [float(row[field]) for row in proved]
        cells.append(f"{form} ({form} to {form})".format(median(numbers), min(numbers), max(numbers)))
    ratios = sorted(float(row["cpu"]) / float(base[row["round"]]["cpu"]) for row in proved if row["round"] in base)
    cells.append(f"{median(ratios):.3f}" if ratios else "")
    cells.append(f"{ratios[0]:.3f} to {ratios[-1]:.3f}" if ratios else "")
    return "| " + " | ".join(cells) + " |"


def table(rows, path, head):
    with open(path, "w", encoding="utf-8") as out:
        out.write(head)
        for route in dict.fromkeys(row["route"] for row in rows):
            mine = [row for row in rows if row["route"] == route]
            base = {row["round"]: row for row in mine if row["option"] == BASELINE and row["result"] == "proved"}
            out.write(f"\n## Route {route}\n\n| option | what | proved | CPU seconds | seconds | CPU to the baseline | least to most |\n"
                      "|---|---|---|---|---|---:|---|\n")
            for name in dict.fromkeys(row["option"] for row in mine):
                out.write(row_of(name, [row for row in mine if row["option"] == name], base) + "\n")


def sets_of(together):
    """Name and options of each row for several at once."""
    if not together:
        return {}
    sets = {" + ".join(together): together}
    if len(together) > 2:
        sets.update({f"without {out}": [name for name in together if name != out] for out in together})
    return {name: [OPTIONS[one] for one in names] for name, names in sets.items()}


def choice(name):
    found = [word.split("=", 1)[1] for word in sys.argv[1:] if word.startswith(f"--{name}=")]
    return found[-1].split(",") if found else []


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if len(words) not in (3, 4):
        sys.exit(__doc__)
    program, iso, out = (os.path.realpath(word) for word in words[:3])
    rounds = int(words[3]) if len(words) == 4 else 3
    route = (choice("route") or ["direct"])[0]
    together = sets_of(choice("together"))
    names = choice("only") or ([] if together else [name for name in OPTIONS if name != BASELINE])
    runs = {**{name: [OPTIONS[name]] for name in names}, **together}
    head = ("# QEMU's options and the kernel's parameters\n\nMade by options.py, whose first lines say what is in it:\n\n"
            f"    tests/bench/options.py build/dev/qemu-grow build/guest/alpine-virt-test.iso {os.path.relpath(out)} {rounds}\n")
    if os.path.exists(out[:-4] + ".md"):  # words of a person's stay
        with open(out[:-4] + ".md", encoding="utf-8") as old:
            head = old.read().split("\n## Route ", 1)[0]
    with tempfile.TemporaryDirectory(prefix="qemu-grow-options-") as folder:
        bench = Bench(program, iso, route, folder)
        for _ in range(rounds):
            todo = list(runs)
            while todo:
                group, todo = todo[:GROUP], todo[GROUP:]
                number = time.strftime("%m%d-%H%M%S")
                for name in (BASELINE, *group):
                    cpu, seconds, result = bench.run(runs.get(name, [OPTIONS[BASELINE]]))
                    write(out, {"route": route, "round": number, "option": name, "cpu": f"{cpu:.2f}",
                                "seconds": f"{seconds:.1f}", "result": result})
                    print(f"{number} {name}: CPU {cpu:.2f} s, {seconds:.1f} s, {result}", flush=True)
    table(read(out), out[:-4] + ".md", head)


if __name__ == "__main__":
    main()
