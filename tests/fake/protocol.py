"""QEMU's machine protocol, as far as the dialogues use it: a thread of its own, as in QEMU. What QEMU writes when it
saves a guest is here a line of JSON."""

import json
import os
import socket
import threading

from console import complain

MAGIC = "the fake guest's state"


def fail(text):
    """QEMU ends, whatever its other threads do."""
    complain(f"qemu-system-x86_64: {text}")
    os._exit(1)


class Protocol(threading.Thread):
    def __init__(self, machine, fd):
        super().__init__(daemon=True)
        self.machine = machine
        self.faults = machine.faults
        self.socket = socket.socket(fileno=os.dup(fd))
        self.status = "inmigrate" if "-incoming" in machine.command.words else "running"
        self.goes_on = threading.Event()
        self.lent = None

    def run(self):
        text = b""
        while True:
            piece, fds, _, _ = socket.recv_fds(self.socket, 65536, 1)
            if not piece:
                return
            self.lent = fds[0] if fds else self.lent
            text += piece
            *lines, text = text.split(b"\n")
            for line in filter(None, lines):
                self.take(json.loads(line))

    def take(self, what):
        if what.get("id") != "dialogue":
            return
        name, given = what["execute"], what.get("arguments", {})
        self.faults.record(state="qmp", did=name)
        if self.faults.get("qmp") == name:
            answer = {"error": {"class": "GenericError", "desc": f"{name} fails in this trial"}}
        else:
            answer = {"return": getattr(self, name.replace("-", "_"))(**given) or {}}
        self.machine.qmp({**answer, "id": "dialogue"})
        if name == "quit":
            self.machine.end(0)

    def stop(self):
        self.status = "paused"

    def cont(self):
        self.status = "running"
        self.goes_on.set()

    def quit(self):
        pass

    def getfd(self, fdname):
        if fdname != "state" or self.lent is None:
            fail("the fake guest wants a descriptor with getfd")

    def migrate_set_parameters(self, **_given):
        pass

    def migrate(self, uri):
        machine = self.machine
        if uri != "fd:state" or self.status != "paused":
            fail(f"the fake guest does not save to {uri} while it is {self.status}")
        state = {"magic": MAGIC, "drivers": machine.drivers, "cd": machine.cd, "words": machine.words}
        os.write(self.lent, json.dumps(state).encode())
        if self.faults.at("die", "saving") is not None:
            os._exit(1)

    def query_migrate(self):
        return {"status": self.faults.get("saved", "completed")}

    def migrate_incoming(self, uri):
        try:
            state = json.loads(os.read(self.lent, 65536))
        except ValueError:
            state = {}
        if uri != "fd:state" or state.get("magic") != MAGIC:
            fail("load of migration failed: Invalid argument")
        self.machine.drivers, self.machine.cd, self.machine.words = state["drivers"], state["cd"], state["words"]
        self.status = "paused"

    def query_status(self):
        return {"status": self.status, "running": self.status == "running"}

    def device_add(self, driver, serial, **given):
        if given != {"id": "target", "drive": "disk0"}:
            fail(f"the fake guest cannot plug in {given}")
        self.machine.plug_as({"virtio-blk-pci": "virtio", "usb-storage": "usb"}[driver], serial)
