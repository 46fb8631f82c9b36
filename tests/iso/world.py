"""What every test of the ISO shares: files, servers, a folder for each case, and the program run in it."""
import hashlib
import os
import subprocess
import tempfile

import server

NAME = "alpine-virt-{}-x86_64.iso"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def digest(data):
    return hashlib.sha256(data).hexdigest()


class World:
    def __init__(self, program, data):
        self.program, self.data = os.path.abspath(program), os.path.abspath(data)
        self.servers = server.Servers(f"{self.data}/tls")
        self.good = self.iso("good")
        self.count = 0

    def iso(self, name):
        return read(f"{self.data}/iso/{name}.iso")

    def key(self, name):
        return read(f"{self.data}/keys/{name}.fpr").decode().strip()


class Place:
    """The folder of one case: its catalogue, its cache, and what its servers have."""

    def __init__(self, world, name, folder):
        self.world, self.name = world, f"{name}-{world.count}"
        world.count += 1
        self.folder = folder
        self.cache = f"{folder}/cache/qemu-grow"
        self.files = world.servers.files.setdefault(self.name, {})
        for sub in ("isos", "config/qemu-grow", "tmp", "home"):
            os.makedirs(f"{folder}/{sub}")

    def url(self, way, server_name="good"):
        return self.world.servers.url(way, self.name, server_name)

    def serve(self, version, data, **more):
        """Puts an ISO on the servers; more: asc, sha256, sha512 beside it."""
        name = NAME.format(version)
        self.files[name] = data
        for suffix, text in more.items():
            self.files[f"{name}.{suffix}"] = text

    def catalogue(self, mirrors, releases=(), keys=(), **transfer):
        manner = {"slowest": 1000, "stalled": 2, "connect": 5, "rounds": 3, "pause": 20, **transfer}
        lines = ["default: 3.20.3", f"mirrors: [{', '.join(mirrors)}]", "transfer:"]
        lines += [f"  {key}: {value}" for key, value in manner.items()]
        if releases:
            lines.append("releases:")
        for version, data, with_size in releases:
            size = f", size: {len(data)}" if with_size else ""
            lines.append(f"  - {{version: {version}, sha256: {digest(data)}{size}}}")
        if keys:
            lines.append("keys:")
        for fingerprint, url in keys:
            lines.append(f"  - {{fingerprint: {fingerprint}, urls: ['{url}']}}")
        with open(f"{self.folder}/isos/catalogue.yaml", "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")

    def environment(self, **more):
        keep = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("QEMU")}
        return {**keep, "XDG_CACHE_HOME": f"{self.folder}/cache", "XDG_CONFIG_HOME": f"{self.folder}/config",
                "HOME": f"{self.folder}/home", "TMPDIR": f"{self.folder}/tmp", "LC_ALL": "C.UTF-8",
                "CURL_CA_BUNDLE": f"{self.world.data}/tls/ca.pem", **more}

    def command(self, *args):
        return [self.world.program, f"--isos={self.folder}/isos", *args]

    def run(self, *args, wrap=(), **more):
        """The program's result, with its output as text. wrap: words before the command."""
        return subprocess.run([*wrap, *self.command(*args)], env=self.environment(**more), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                              cwd=self.folder, check=False)

    def start(self, *args, **more):
        return subprocess.Popen(self.command(*args), env=self.environment(**more), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                cwd=self.folder)

    def left(self):
        """What is in the cache, without locks and the notes on files of one's own: names with the digests of ISOs checked and cut short."""
        found = []
        for name in sorted(os.listdir(self.cache)) if os.path.isdir(self.cache) else []:
            stem, _, suffix = name.partition(".")
            if suffix == "iso" and digest(read(f"{self.cache}/{name}")) != stem:
                found.append(f"WRONG {name}")
            elif suffix != "lock" and name != "own":
                found.append(suffix if not stem.startswith("key-") else "key")
        return sorted(found)

    def requests(self, end=".iso"):
        return self.world.servers.log.of(self.name, end)


def place(world, name, parent):
    return Place(world, name, tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
