"""Daemons that a test starts, and that end with it, whatever happens."""

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess

PR_SET_PDEATHSIG = 1
PAUSE = 0.1  # seconds between two looks at a state that nobody tells of


class Ended(Exception):
    """A daemon is not there any more. Its log says why."""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@contextlib.contextmanager
def running(command, log, env=None):
    """The process, which stays in the foreground; both its outputs go to the file log."""
    with open(log, "ab") as out, subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                                  start_new_session=True, preexec_fn=die_with_parent) as daemon:
        daemon.log = log
        try:
            yield daemon
        finally:
            daemon.terminate()
            daemon.wait()


def wait_until(daemon, ready):
    """Looks again and again until ready() is true. Raises Ended when the daemon is gone."""
    with contextlib.closing(os.fdopen(os.pidfd_open(daemon.pid))) as end:
        while not ready():
            if select.select([end], [], [], PAUSE)[0]:
                with open(daemon.log, encoding="utf-8", errors="replace") as log:
                    raise Ended(f"{daemon.args[0]} ended: {log.read()[-2000:]}")
