"""Typing and looking under difficulties, all of which must end well."""

from trial import Case

SHELLS = ("--seq=single", "--log=init", "--console")

CASES = [
    Case("typing/keys-lost", faults="drop=307"),
    Case("typing/keys-doubled", faults="double=311"),
    Case("typing/keys-lost-at-boot", SHELLS, "drop-boot=97"),
    Case("typing/keys-lost-in-shells", SHELLS, "drop=313"),
    Case("typing/kernel-lines", SHELLS, "kernel=all"),
    Case("typing/kernel-lines-usb", ("--attach=usb", "--plug=init", "--seq=init", "--log=login"), "kernel=all"),
    Case("typing/kernel-lines-and-keys-lost", SHELLS, "kernel=all drop=317"),
    Case("typing/node-vanishes", ("--seq=no",), "vanish-e2fsck=2 vanish-resize2fs=3"),
    Case("typing/disk-comes-late", ("--attach=usb",), "serial=late"),
    Case("typing/no-label", faults="label=none"),
]
