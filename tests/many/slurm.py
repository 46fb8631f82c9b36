"""A Slurm cluster of one node, this machine, with a munge of its own: all in one folder, no cgroups, no accounting."""

import contextlib
import os
import pwd
import secrets
import socket
import subprocess

from daemons import free_port, running, wait_until

MUNGED, SLURMCTLD, SLURMD = "/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd"
CPUS = 2  # as told to Slurm, whatever the machine has
CONF = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
NodeName=here NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=4096
PartitionName=all Nodes=here Default=YES MaxTime=INFINITE State=UP
"""


def present_user():
    return pwd.getpwuid(os.geteuid()).pw_name


def said(env, *command):
    """What a command of Slurm's prints; nothing when it fails."""
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def cancel(env, controller):
    """Ends what still runs, so that no job outlives the cluster."""
    subprocess.run(["scancel", "--full", "--user", present_user()], env=env, capture_output=True, check=False)
    wait_until(controller, lambda: not subprocess.run(["squeue", "--noheader"], env=env, capture_output=True,
                                                      check=False).stdout)


@contextlib.contextmanager
def cluster(folder):
    """While it lasts, Slurm's commands work with the variables that are yielded."""
    for name in ("", "state", "spool"):
        os.mkdir(os.path.join(folder, name) if name else folder, 0o755)
    with open(os.open(f"{folder}/munge.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(secrets.token_bytes(128))
    conf = f"{folder}/slurm.conf"
    with open(conf, "w", encoding="ascii") as out:
        out.write(CONF.format(folder=folder, host=socket.gethostname().split(".")[0], user=present_user(), cpus=CPUS,
                              ports=(free_port(), free_port())))
    env = {"SLURM_CONF": conf}
    everything = {**os.environ, **env}
    munge = [MUNGED, "--foreground", "--force", *(f"--{name}={folder}/munge.{end}" for name, end in
             (("key-file", "key"), ("socket", "socket"), ("pid-file", "pid"), ("log-file", "log"), ("seed-file", "seed")))]
    with contextlib.ExitStack() as stack:
        daemon = stack.enter_context(running(munge, f"{folder}/munged.log"))
        wait_until(daemon, lambda: said(None, "munge", f"--socket={folder}/munge.socket", "--no-input"))
        controller = stack.enter_context(running([SLURMCTLD, "-D", "-f", conf], f"{folder}/slurmctld.log"))
        wait_until(controller, lambda: "is UP" in said(everything, "scontrol", "ping"))
        node = stack.enter_context(running([SLURMD, "-D", "-N", "here", "-f", conf], f"{folder}/slurmd.log"))
        wait_until(node, lambda: said(everything, "sinfo", "--noheader", "--format=%t").strip() == "idle")
        stack.callback(cancel, everything, controller)
        yield env
