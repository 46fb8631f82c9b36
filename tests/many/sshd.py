"""An sshd of one's own, for the present user: own keys, port and configuration, all in one folder. Nothing of ~/.ssh or
/etc/ssh is read or changed."""

import contextlib
import os
import pwd
import subprocess

from daemons import free_port, running, wait_until

SSHD = "/usr/sbin/sshd"
SEPARATION = "/run/sshd"  # built into Debian's sshd, which makes it at its start as a service
SERVER = """ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host-key
PidFile {folder}/pid
AuthorizedKeysFile {folder}/user-key.pub
AuthenticationMethods publickey
PermitRootLogin prohibit-password
PermitUserRC no
StrictModes no
UsePAM no
SetEnv {environment}
"""
CLIENT = """Host {hosts}
HostName 127.0.0.1
Port {port}
User {user}
IdentityFile {folder}/user-key
IdentitiesOnly yes
IdentityAgent none
UserKnownHostsFile {folder}/known-hosts
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
BatchMode yes
"""


def key(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)
    with open(path + ".pub", encoding="ascii") as public:
        return public.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


@contextlib.contextmanager
def server(folder, hosts, environment):
    """While it lasts, the ssh command that is yielded reaches this machine under each of the names in hosts. What runs
    there has environment."""
    os.mkdir(folder)
    port = free_port()
    if os.geteuid() == 0:
        os.makedirs(SEPARATION, mode=0o755, exist_ok=True)
    host_key = key(f"{folder}/host-key")
    key(f"{folder}/user-key")
    write(f"{folder}/known-hosts", f"[127.0.0.1]:{port} {host_key}")
    words = " ".join(f'"{name}={value}"' for name, value in environment.items())
    conf = write(f"{folder}/sshd.conf", SERVER.format(folder=folder, port=port, environment=words))
    user = pwd.getpwuid(os.geteuid()).pw_name
    client = write(f"{folder}/ssh.conf", CLIENT.format(folder=folder, port=port, user=user, hosts=" ".join(hosts)))
    ssh = ["ssh", "-F", client]
    with running([SSHD, "-D", "-e", "-f", conf], f"{folder}/sshd.log") as daemon:
        wait_until(daemon, lambda: subprocess.run([*ssh, hosts[0], "true"], stdin=subprocess.DEVNULL, capture_output=True,
                                                  check=False).returncode == 0)
        yield " ".join(ssh)
