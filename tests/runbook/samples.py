"""The disks and choices that the runbooks are made for."""

import itertools
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
MOMENTS = ("single", "init", "login", "no")

# (name, sample disk, format, size, options): those whose whole text is kept in golden/.
GOLDEN = (
    ("openwrt", "openwrt", "qcow2", "512M", ()),
    ("virtio-single-init", "boot-flag-last", "raw", "128M", ("--attach=virtio", "--seq=single", "--log=init", "--kmsg-mark",
                                                              "--dmesg", "--verbose-services")),
    ("usb-drive-boot", "four-primaries", "raw", "128M", ("--attach=usb", "--plug=boot", "--plug-by=drive", "--seq=no",
                                                         "--log=login", "--debug-init")),
    ("in-place", "type-last", "raw", "128M", ("--in-place", "--append=quiet loglevel=3")),
    ("copy", "one-partition", "vdi", "128M", ()),
)


def every():
    """Options: all 48 combinations, all ways of plugging in, each of the other choices."""
    for attach, seq, log in itertools.product(("hda", "virtio", "usb"), MOMENTS, MOMENTS):
        yield (f"--attach={attach}", f"--seq={seq}", f"--log={log}")
    for plug, by in itertools.product(("boot", "single", "init", "login", "late"), ("device", "drive")):
        yield ("--attach=usb", f"--plug={plug}", f"--plug-by={by}")
    for option in ("--console", "--debug-init", "--kmsg-mark", "--dmesg", "--verbose-services", "--in-place", "--append=quiet",
                   "--route=single", "--route=early"):
        yield (option,)


def make(folder, disk, kind, name=None):
    """A sample disk; its path."""
    path = os.path.join(folder, name or f"{disk}.{kind}")
    if not os.path.exists(path):
        subprocess.run(["sh", os.path.join(TESTS, "disks/make.sh"), disk, path, kind], check=True, capture_output=True)
    return path


def program(folder, words, **how):
    """Runs the program in a folder, with nothing of this user's in its environment."""
    env = {"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C.UTF-8"}
    env.update((name, os.environ[name]) for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ)
    how = {"capture_output": True, "check": False, "cwd": folder, "env": env, **how}
    return subprocess.run(words, **how)
