"""cases.py PROGRAM DATA WORK [NAME...]: every way in which a server, a file or a disk can misbehave, one after
the other. DATA is made by make.sh."""
import fcntl
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

import server
from world import NAME, World, digest, place, read

CASES = {}


def case(function):
    CASES[function.__name__.replace("_", "-")] = function
    return function


def verdict(p, result, code, *says, left=None):
    text = result.stdout + result.stderr
    problems = []
    if result.returncode != code:
        problems.append(f"exit code {result.returncode}, not {code}")
    problems += [f"does not say {s!r}" for s in says if not re.search(s, text)]
    # What is indented is the diagnosis of a failed run.
    if code not in (0, 130) and sum(not line.startswith(" ") for line in result.stderr.splitlines()) != 1:
        problems.append("the error is not one line")
    if left is not None and p.left() != sorted(left):
        problems.append(f"left in the cache: {p.left()}, not {sorted(left)}")
    if os.listdir(f"{p.folder}/tmp"):
        problems.append(f"left in TMPDIR: {os.listdir(p.folder + '/tmp')}")
    if problems:
        raise AssertionError("; ".join(problems) + "\n" + text)


GOOD = ["iso", "yaml"]  # what a fetched ISO leaves


def simple(name, way, code, *says, left=(), served=None, size=True, mirrors=None, server_name="good", **transfer):
    """A case of one mirror that has one release."""
    def function(w, parent):
        p = place(w, name, parent)
        data = w.good if served is None else served(w.good)
        p.serve("3.20.3", data)
        urls = [p.url(way, server_name)] if mirrors is None else mirrors(p)
        p.catalogue(urls, [("3.20.3", w.good, size)], **transfer)
        verdict(p, p.run("--fetch"), code, *says, left=left)
    CASES[name] = function


def flip(data):
    return data[:1000000] + bytes([data[1000000] ^ 1]) + data[1000001:]


MISMATCH = "came with SHA-256 [0-9a-f]{64} and must have [0-9a-f]{64}"
LOGIN = b"<!DOCTYPE html>\n<html>Please log in</html>\n"
simple("good", "good", 0, "pinned: its SHA-256 [0-9a-f]{64} is that of the catalogue", left=GOOD)
simple("short", "good", 32, r"has \d{7} bytes and must have \d{7}", served=lambda d: d[:-1000])
simple("short-size-unknown", "good", 32, MISMATCH, served=lambda d: d[:-1000], size=False)
simple("longer", "good", 32, "must have", served=lambda d: d + b"more")
simple("longer-size-unknown", "good", 32, MISMATCH, served=lambda d: d + b"more", size=False)
simple("flipped", "good", 32, MISMATCH, served=flip)
simple("empty", "good", 32, "0 bytes and must have", served=lambda d: b"")
simple("login-page", "good", 32, "web page", served=lambda d: LOGIN, size=False)
simple("404", "404", 30, "does not have it")
simple("403", "403", 30, "refuses it")
simple("410", "410", 30, "any more")
simple("500", "500", 30, "has a fault")
simple("429", "429", 30, "too often")
simple("500-then-good", "500-once", 0, "trying again in", left=GOOD)
simple("retry-after", "retry-after", 0, "trying again in 1.0 s", left=GOOD)
simple("redirect", "redirect", 0, left=GOOD)
simple("redirect-to-http", "redirect-http", 31, "other than https")
simple("redirect-to-file", "redirect-file", 31, "other than https")
simple("redirect-loop", "redirect-loop", 30, "again and again")
simple("no-ranges", "no-ranges", 0, left=GOOD)
simple("reset", "reset-once", 0, left=GOOD)
simple("changed", "changed", 0, "beginning anew", left=GOOD)
simple("changed-unnoticed", "changed-unnoticed", 0, "beginning anew", left=GOOD)
simple("other-range", "other-range", 0, "another range", left=GOOD)
simple("stall-at-begin", "stall-begin", 30, "stuck|slow", rounds=2)
simple("stall-half", "stall-half", 0, "going on", left=GOOD)
simple("silent", "silent", 30, "slow|time", rounds=1)
simple("drip", "drip", 30, "stuck after", left=["part", "part.from"], rounds=1)
simple("claims-more", "claims-more", 32, "must have")
simple("claims-more-size-unknown", "claims-more", 30, "ended before the file's end", size=False, rounds=2,
       left=["part", "part.from"])
simple("claims-less", "claims-less", 32, "must have")
simple("claims-less-size-unknown", "claims-less", 32, MISMATCH, size=False)
simple("huge", "huge", 32, "has 10737418240 bytes and must have")
simple("huge-size-unknown", "huge", 36, "no ISO has more than", size=False)
simple("endless", "endless", 36, "has more than 8388608 bytes", size=False, largest=8388608)
simple("wrong-name", "good", 31, "(?i)certificate", server_name="name")
simple("expired", "good", 31, "(?i)certificate has expired", server_name="expired")
simple("plain-http", "good", 31, "other than https", server_name="http")
simple("dead-mirror", "", 30, "Couldn.t connect", rounds=2,
       mirrors=lambda p: [f"https://localhost:{server.dead_port()}"])
simple("dead-first-mirror", "", 0, "trying the next mirror", left=GOOD,
       mirrors=lambda p: [f"https://localhost:{server.dead_port()}", p.url("good")])
simple("stuck-first-mirror", "", 0, "trying the next mirror", left=GOOD,
       mirrors=lambda p: [p.url("drip"), p.url("good")])
simple("expired-first-mirror", "", 0, "trying the next mirror", left=GOOD,
       mirrors=lambda p: [p.url("good", "expired"), p.url("good")])
simple("all-mirrors-fail", "", 30, "none of 3 mirrors gave", mirrors=lambda p: [p.url(c) for c in ("403", "404", "410")])


@case
def wrong_first_mirror(w, parent):
    """A mirror with a changed file does not keep the next one from being asked."""
    p, q = place(w, "wrong-first", parent), place(w, "right-second", parent)
    p.serve("3.20.3", flip(w.good))
    q.serve("3.20.3", w.good)
    p.catalogue([p.url("good"), q.url("good")], [("3.20.3", w.good, True)])
    verdict(p, p.run("--fetch"), 0, MISMATCH, "trying the next mirror", "pinned", left=GOOD)


@case
def unknown_authority(w, parent):
    p = place(w, "unknown-authority", parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    verdict(p, p.run("--fetch", CURL_CA_BUNDLE="/etc/ssl/certs/ca-certificates.crt"), 31, "(?i)certificate")


@case
def http_allowed(w, parent):
    p = place(w, "http-allowed", parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url("good", "http")], [("3.20.3", w.good, True)])
    verdict(p, p.run("--fetch", "--allow-http"), 0, "pinned", left=GOOD)


@case
def proxy(w, parent):
    p = place(w, "proxy", parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    verdict(p, p.run("--fetch", https_proxy=f"http://localhost:{w.servers.ports['http']}"), 0, left=GOOD)
    assert w.servers.log.of("proxy"), "the proxy was not asked"


@case
def resumed_by_range(w, parent):
    """After a reset only the rest is asked for."""
    p = place(w, "resumed", parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url("reset-once")], [("3.20.3", w.good, True)])
    verdict(p, p.run("--fetch"), 0, left=GOOD)
    ranges = [r["range"] for r in p.requests()]
    assert len(ranges) == 2 and ranges[0] is None and re.fullmatch(r"bytes=\d{4,}-", ranges[1]), ranges


@case
def interrupted(w, parent):
    """Ctrl-C keeps the part, and the next run goes on behind it."""
    p = place(w, "interrupted", parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url("stall-half")], [("3.20.3", w.good, True)], stalled=600)
    run = p.start("--fetch")
    while not os.path.isdir(p.cache) or not any(
            n.endswith(".part") and os.path.getsize(f"{p.cache}/{n}") > 1000000 for n in os.listdir(p.cache)):
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate()
    assert run.returncode == 130 and "stopped" in err, (run.returncode, out, err)
    assert p.left() == ["part", "part.from"], p.left()
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    verdict(p, p.run("--fetch"), 0, left=GOOD)
    assert p.requests()[-1]["range"], "the second run began anew"


@case
def complete_part(w, parent):
    """Killed between the last byte and the renaming: nothing is fetched again."""
    p = place(w, "complete-part", parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    os.makedirs(p.cache)
    part = f"{p.cache}/{digest(w.good)}.part"
    for path, data in ((part, w.good), (part + ".from", b'"one"\n')):
        with open(path, "wb") as out:
            out.write(data)
    verdict(p, p.run("--fetch"), 0, left=GOOD)
    assert not p.requests(), p.requests()


@case
def damaged_part(w, parent):
    """Bytes of the part that were not written before a power cut: found by the digest, and fetched again."""
    for name, part in (("zeros", bytes(2000000)), ("all-zeros", bytes(len(w.good))), ("longer", w.good + b"x")):
        p = place(w, "damaged-part-" + name, parent)
        p.serve("3.20.3", w.good)
        p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
        os.makedirs(p.cache)
        path = f"{p.cache}/{digest(w.good)}.part"
        for file, data in ((path, part), (path + ".from", b'"one"\n')):
            with open(file, "wb") as out:
                out.write(data)
        verdict(p, p.run("--fetch"), 0, left=GOOD)


# ------------------------------------------------------------------ the cache

def fetched(w, parent, name):
    p = place(w, name, parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    verdict(p, p.run("--fetch"), 0, left=GOOD)
    return p, f"{p.cache}/{digest(w.good)}"


@case
def cached(w, parent):
    p, _ = fetched(w, parent, "cached")
    verdict(p, p.run("--fetch"), 0, "pinned", left=GOOD)
    verdict(p, p.run("--fetch", "--offline"), 0, "pinned", left=GOOD)
    verdict(p, p.run("--fetch", "--offline", "--iso=3.20"), 0, "pinned", left=GOOD)
    verdict(p, p.run("--fetch", "--offline", "--iso=latest"), 0, "pinned", left=GOOD)
    assert len(p.requests("")) == 1, p.requests("")


@case
def only_the_path(w, parent):
    p, stem = fetched(w, parent, "only-the-path")
    result = p.run("--fetch", "-q")
    assert (result.returncode, result.stdout, result.stderr) == (0, stem + ".iso\n", ""), result


@case
def offline_and_absent(w, parent):
    p = place(w, "offline", parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    for iso in ("3.20.3", "3.20", "latest", "3.20.2", p.url("good") + "/x.iso"):
        verdict(p, p.run("--fetch", "--offline", f"--iso={iso}"), 29, "not in the cache", left=[])
    assert not p.requests(""), "the network was used"


@case
def changed_in_cache(w, parent):
    p, stem = fetched(w, parent, "changed-in-cache")
    os.chmod(stem + ".iso", 0o644)
    with open(stem + ".iso", "r+b") as iso:
        iso.seek(12345)
        iso.write(b"!")
    verdict(p, p.run("--fetch", "--offline"), 29, "was changed", "removed", left=[])
    verdict(p, p.run("--fetch"), 0, "pinned", left=GOOD)


@case
def changed_after_it_was_seen(w, parent):
    """The stamp that saves reading the file again does not hide a change of one byte with the old times."""
    p, stem = fetched(w, parent, "seen")
    while "seen:" not in read(stem + ".yaml").decode():  # two seconds after the file was made
        verdict(p, p.run("--fetch"), 0)
        time.sleep(0.1)
    before = os.stat(stem + ".iso")
    verdict(p, p.run("--fetch"), 0)
    os.chmod(stem + ".iso", 0o644)
    with open(stem + ".iso", "r+b") as iso:
        iso.seek(12345)
        iso.write(b"!")
    os.utime(stem + ".iso", ns=(before.st_atime_ns, before.st_mtime_ns))
    verdict(p, p.run("--fetch", "--offline"), 29, "was changed", left=[])


@case
def odd_records(w, parent):
    """A record that says what it likes makes no ISO genuine."""
    p = place(w, "odd-records", parent)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    os.makedirs(p.cache)
    wrong = flip(w.good)
    for name, data in ((f"{digest(w.good)}.iso", wrong), (f"{digest(wrong)}.iso", wrong),
                       (f"{digest(wrong)}.yaml", f"file: {NAME.format('3.20.3')}\nversion: 3.20.3\n"
                        f"sha256: {digest(wrong)}\ntrust: pinned\n".encode()),
                       ("broken.yaml", b"\0{{{"), (f"{digest(w.good)}.yaml", b"trust: [pinned\n")):
        with open(f"{p.cache}/{name}", "wb") as out:
            out.write(data)
    verdict(p, p.run("--fetch", "--offline"), 29, "was changed")


@case
def cleared(w, parent):
    p, _ = fetched(w, parent, "cleared")
    verdict(p, p.run("--clear-cache"), 0, "3.2 MiB became free", left=[])
    assert os.listdir(p.cache) == [], os.listdir(p.cache)
    verdict(p, p.run("--clear-cache"), 0, "0.0 MiB became free", left=[])
    verdict(p, p.run("--fetch", "--offline"), 29, left=[])


@case
def listed(w, parent):
    p, _ = fetched(w, parent, "listed")
    verdict(p, p.run("--list-isos"), 0, rf"3\.20\.3\* +3\.2 MiB +pinned +yes +{digest(w.good)}", left=GOOD)


def sample_disk(p):
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run(["sh", f"{here}/../disks/make.sh", "openwrt", f"{p.folder}/disk.raw", "raw"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@case
def clear_what_is_in_use(w, parent):
    """An ISO that another run has in use stays, with its record; afterwards it goes."""
    p, _ = fetched(w, parent, "clear-in-use")
    iso = next(f"{p.cache}/{name}" for name in os.listdir(p.cache) if name.endswith(".iso"))
    with open(iso, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)  # as a run holds it
        verdict(p, p.run("--clear-cache"), 0, "0.0 MiB became free; what is in use was left", left=GOOD)
    verdict(p, p.run("--clear-cache"), 0, "3.2 MiB became free$", left=[])


@case
def a_run_holds_its_iso(w, parent):
    """While a run goes on (its QEMU is slow to end), its ISO is not cleared away."""
    p, _ = fetched(w, parent, "holds")
    here = os.path.dirname(os.path.abspath(__file__))
    sample_disk(p)
    slow = f"{p.folder}/qemu"
    with open(slow, "w", encoding="utf-8") as out:
        out.write(f"#!/bin/sh\n: >{p.folder}/begun\nread -r line <{p.folder}/end\nexit 1\n")
    os.chmod(slow, 0o755)
    os.mkfifo(f"{p.folder}/end")
    run = p.start(f"--qemu={slow}", "--format=raw", f"--scripts={here}/../../scripts", f"{p.folder}/disk.raw", "+64M")
    while not os.path.exists(f"{p.folder}/begun") and run.poll() is None:
        time.sleep(0.05)
    try:
        verdict(p, p.run("--clear-cache"), 0, "what is in use was left", left=GOOD)
    finally:
        end = os.open(f"{p.folder}/end", os.O_RDWR)  # does not wait for a reader
        os.write(end, b"end\n")
        run.communicate()
        os.close(end)
    assert run.returncode != 0


@case
def killed_runs_leave_folders(w, parent):
    """Temporary folders of runs that were killed go with the next run that needs one; those in use stay."""
    p = place(w, "left-folders", parent)
    p.serve("3.20.2", w.iso("3.20.2"), asc=read(f"{w.data}/asc/good"))
    p.files["release.asc"] = read(f"{w.data}/keys/release.asc")
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)], [(w.key("release"), p.url("good") + "/release.asc")])
    tmp = f"{p.folder}/tmp"
    for name in ("gpg-killed", "gpg-in1use", "iso-killed", "bench-abcdef"):
        os.makedirs(f"{tmp}/qemu-grow-{name}/sub")
    held = os.open(f"{tmp}/qemu-grow-gpg-in1use", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    result = p.run("--fetch", "--iso=3.20.2")
    assert result.returncode == 0, result
    assert sorted(os.listdir(tmp)) == ["qemu-grow-bench-abcdef", "qemu-grow-gpg-in1use", "qemu-grow-iso-killed"]
    os.close(held)
    for name in os.listdir(tmp):
        shutil.rmtree(f"{tmp}/{name}")


@case
def no_cache(w, parent):
    """The ISO of a run without the cache is gone when the run ends, here because the emulator is none."""
    p = place(w, "no-cache", parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    here = os.path.dirname(os.path.abspath(__file__))
    sample_disk(p)
    result = p.run("--no-cache", "--qemu=false", "--format=raw", f"--scripts={here}/../../scripts", f"{p.folder}/disk.raw", "+64M")
    verdict(p, result, 43, "pinned", "fetching", left=[])
    verdict(p, p.run("--fetch", "--no-cache"), 2, "--no-cache forbids")


def full(w, parent, name, command, code, *says, left, way="good", size=True):
    """In a mount namespace of its own, so that nobody else sees the small file system."""
    p = place(w, name, parent)
    p.serve("3.20.3", w.good)
    p.catalogue([p.url(way)], [("3.20.3", w.good, size)])
    os.makedirs(f"{p.folder}/cache")
    if subprocess.run([*UNSHARE, "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        print(f"     {name}: no mount namespace here, left out")
        return
    script = command.replace("CACHE", f"{p.folder}/cache") + ' && "$@"; code=$?; ' \
        f'ls -A {p.folder}/cache/qemu-grow 2>/dev/null | sed "s/^/LEFT /" >{p.folder}/left; exit $code'
    result = p.run("--fetch", wrap=[*UNSHARE, "sh", "-c", script, "sh"])
    verdict(p, result, code, *says)
    kept = [n.split(".", 1)[1] for n in read(f"{p.folder}/left").decode().split("\n") if "." in n]
    kept = sorted(n for n in kept if n != "lock")
    assert kept == left, kept


UNSHARE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


@case
def disk_full(w, parent):
    full(w, parent, "disk-full", "mount -t tmpfs -o size=1m none CACHE", 38, f"needs {len(w.good)} bytes",
         left=[])


@case
def disk_full_midway(w, parent):
    """How much comes is not known before."""
    full(w, parent, "disk-full-midway", "mount -t tmpfs -o size=4m none CACHE", 38, "cannot be written: No space left",
         left=[], way="endless", size=False)


@case
def file_too_large(w, parent):
    """write fails midway, as on a full disk: the limit of a file's size is less than the ISO's."""
    full(w, parent, "file-too-large", "ulimit -f 2000 && trap '' XFSZ", 38, "cannot be written", left=[])


@case
def read_only_cache(w, parent):
    full(w, parent, "read-only", "mount -t tmpfs -o ro none CACHE", 37, "(?i)read-only", left=[])


@case
def read_only_cache_with_the_iso(w, parent):
    p, _ = fetched(w, parent, "read-only-with-iso")
    if subprocess.run([*UNSHARE, "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
        print("     no mount namespace here, left out")
        return
    script = f'mount --bind {p.folder}/cache {p.folder}/cache && mount -o remount,bind,ro {p.folder}/cache && "$@"'
    verdict(p, p.run("--fetch", wrap=[*UNSHARE, "sh", "-c", script, "sh"]), 0, "pinned", left=GOOD)


# ------------------------------------------------------------------ what --iso means

def newest(w, data, version="3.20.3", **change):
    entry = {"title": '"Virtual"', "branch": "v3.20", "arch": "x86_64", "version": version, "flavor": "alpine-virt",
             "file": NAME.format(version), "iso": NAME.format(version), "date": "2024-09-06", "time": "11:20:38",
             "size": len(data), "sha256": digest(data), "sha512": "00" * 64, **change}
    text = "---\n-\n  title: \"Standard\"\n  desc: |\n    Any: text\n    - here\n  flavor: alpine-standard\n" \
           "  arch: x86_64\n  version: 3.20.9\n-\n"
    return (text + "".join(f"  {k}: {v}\n" for k, v in entry.items() if v is not None)).encode()


@case
def latest_and_branch(w, parent):
    for iso, path in (("latest", "latest-stable"), ("3.20", "v3.20"), ("v3.20", "v3.20")):
        p = place(w, "newest", parent)
        p.serve("3.20.3", w.good)
        p.files["latest-releases.yaml"] = newest(w, w.good)
        p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
        verdict(p, p.run("--fetch", f"--iso={iso}"), 0, "is 3.20.3", "pinned", left=GOOD)
        asked = p.requests("latest-releases.yaml")[0]["path"]
        assert f"/{path}/releases/x86_64/" in asked, asked


@case
def newest_is_wrong(w, parent):
    rows = (
        ("digest", newest(w, flip(w.good)), 32, "the server names SHA-256"),
        ("flavour", newest(w, w.good, flavor="alpine-xen"), 30, "has no entry for alpine-virt"),
        ("arch", newest(w, w.good, arch="aarch64"), 30, "has no entry for alpine-virt"),
        ("branch", newest(w, w.good, version="3.19.1"), 30, "not of branch 3.20"),
        ("path", newest(w, w.good, version="../../x"), 30, "gives no release"),
        ("no-version", newest(w, w.good, version="3.20.3\n  version: 3.20.4"), 30, "no list of releases"),
        ("hex", newest(w, w.good, sha256="12"), 30, "SHA-256 that is none"),
        ("html", LOGIN, 30, "no list of releases"),
        ("binary", bytes(range(256)) * 20, 30, "no list of releases"),
        ("empty", b"", 30, "no list of releases|no entry"),
        ("large", b"#" * 2000000, 36, "more than 1048576 bytes"),
    )
    for name, text, code, says in rows:
        p = place(w, "newest-" + name, parent)
        p.serve("3.20.3", w.good)
        p.files["latest-releases.yaml"] = text
        p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
        verdict(p, p.run("--fetch", "--iso=3.20"), code, says, left=[])
        assert not p.requests(), "the ISO was fetched"


@case
def no_such_branch(w, parent):
    p = place(w, "no-branch", parent)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    verdict(p, p.run("--fetch", "--iso=3.99"), 28, "no server has a branch 3.99", left=[])


@case
def by_url(w, parent):
    p = place(w, "by-url", parent)
    p.files["my.iso"] = w.good
    p.catalogue([], [])
    url = p.url("good") + "/my.iso"
    verdict(p, p.run("--fetch", f"--iso={url}"), 34, "has no signature", left=[])
    assert not p.requests(), "it was fetched in vain"
    verdict(p, p.run("--fetch", f"--iso={url}", f"--sha256={digest(flip(w.good))}"), 32, MISMATCH, left=[])
    verdict(p, p.run("--fetch", f"--iso={url}", "--sha256=12"), 2, "64 hexadecimal digits", left=[])
    verdict(p, p.run("--fetch", f"--iso={url}", f"--sha256={digest(w.good).upper()}"), 0,
            "pinned: .* the one given by --sha256", left=GOOD)
    for odd in ("ftp://localhost/x.iso", "file:///etc/passwd", "://"):
        verdict(p, p.run("--fetch", f"--iso={odd}"), 2, "--iso takes", left=GOOD)


@case
def by_mirror(w, parent):
    p = place(w, "by-mirror", parent)
    p.serve("3.20.3", w.good)
    p.catalogue([f"https://localhost:{server.dead_port()}"], [("3.20.3", w.good, True)])
    verdict(p, p.run("--fetch", f"--mirror={p.url('good')}/"), 0, "pinned", left=GOOD)


@case
def by_the_users_catalogue(w, parent):
    p = place(w, "users", parent)
    p.serve("3.30.7", w.iso("3.20.2"))
    p.files["mine.iso"] = w.iso("3.20.2")
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    users = f"{p.folder}/config/qemu-grow/isos.yaml"
    with open(users, "w", encoding="utf-8") as out:
        out.write(f"default: 3.20.2\nreleases:\n- version: 3.20.2\n  sha256: {digest(w.iso('3.20.2'))}\n"
                  f"  url: {p.url('good')}/mine.iso\n")
    verdict(p, p.run("--fetch"), 0, "Alpine 3.20.2, pinned", left=GOOD)
    verdict(p, p.run("--fetch", "--iso=3.20.2", f"--sha256={digest(w.good)}"), 2, "and the catalogue has")
    for text, says in (("relases: []\n", r"isos.yaml:\d+: .*relases"), ("mirrors: [x]\n", "no URL 'x'"),
                       ("releases: [{version: 3.20, sha256: 12}]\n", "version that is none '3.20'"),
                       ("releases: [{version: 3.20.1, sha256: 12}]\n", "64 hexadecimal digits '12'"),
                       ("keys: [{fingerprint: 12}]\n", "40 hexadecimal digits '12'"), ("default: x\n", "no release 'x'"),
                       ("[\n", "isos.yaml")):
        with open(users, "w", encoding="utf-8") as out:
            out.write(text)
        verdict(p, p.run("--fetch"), 39, says)
    with open(users, "w", encoding="utf-8") as out:
        out.write("# nothing yet\n")
    shutil.rmtree(f"{p.folder}/isos")
    verdict(p, p.run("--fetch"), 39, "no catalogue of ISOs in")


# ------------------------------------------------------------------ trust

def unpinned(w, parent, name, iso="3.20.2", key="release", keys=None, **beside):
    p = place(w, name, parent)
    p.serve("3.20.2", w.iso(iso), **beside)
    p.files["release.asc"] = read(f"{w.data}/keys/{keys or key}.asc")
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)], [(w.key(key), p.url("good") + "/release.asc")])
    return p


def asc(w, name):
    return read(f"{w.data}/asc/{name}")


@case
def signed(w, parent):
    p = unpinned(w, parent, "signed", asc=asc(w, "good"))
    verdict(p, p.run("--fetch", "--iso=3.20.2"), 0, f"signed: by the release key {w.key('release')}", left=GOOD + ["key"])
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--offline"), 0, "signed: by the release key", left=GOOD + ["key"])
    verdict(p, p.run("--fetch", "--iso=3.20", "--offline"), 0, "signed: by the release key")
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--offline", "--trust=pinned"), 29, "not in the cache")
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=pinned"), 34, "--trust=pinned wants it")
    assert len(p.requests()) == 1, p.requests()
    # The signer's word is worth nothing any more when the catalogue does not know the key.
    p.catalogue([p.url("good")], [], [(w.key("stranger"), p.url("good") + "/release.asc")])
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--offline"), 29, "not in the cache")


@case
def signed_by_one_of_two(w, parent):
    p = unpinned(w, parent, "signed-second", asc=asc(w, "second"))
    p.files["second.asc"] = read(f"{w.data}/keys/second.asc")
    url = p.url("good")
    p.catalogue([url], [], [(w.key("release"), url + "/release.asc"), (w.key("second"), url + "/second.asc")])
    verdict(p, p.run("--fetch", "--iso=3.20.2"), 0, f"signed: by the release key {w.key('second')}")


@case
def signed_with_a_bundle_of_keys(w, parent):
    p = unpinned(w, parent, "signed-bundle", keys="both", asc=asc(w, "good"))
    verdict(p, p.run("--fetch", "--iso=3.20.2"), 0, "signed: by the release key", left=GOOD + ["key"])
    p = unpinned(w, parent, "signed-bundle-stranger", keys="both", asc=asc(w, "stranger"))
    verdict(p, p.run("--fetch", "--iso=3.20.2"), 33, "made with another key", left=[])


def not_signed(name, says, code=33, **how):
    def function(w, parent):
        more = {k: (v(w) if callable(v) else v) for k, v in how.items()}
        for least in ("signed", "checksum", "none"):
            p = unpinned(w, parent, f"{name}-{least}", **more)
            verdict(p, p.run("--fetch", "--iso=3.20.2", f"--trust={least}"), code, says, left=[])
    CASES[name] = function


not_signed("signed-by-a-stranger", "made with another key", asc=lambda w: asc(w, "stranger"))
not_signed("signature-of-another-file", "for another file, or the file was changed", asc=lambda w: asc(w, "other-file"))
not_signed("signed-by-an-expired-key", "the release key has expired", key="old", asc=lambda w: asc(w, "old"))
not_signed("armour-broken", "is not good", asc=lambda w: asc(w, "broken"))
not_signed("armour-cut", "is not good", asc=lambda w: asc(w, "cut"))
not_signed("signature-is-none", "is not good: there is none", asc=lambda w: asc(w, "nothing"))
not_signed("signature-is-empty", "is not good", asc=lambda w: b"")
not_signed("key-of-a-stranger", "has fingerprint [0-9A-F]{40}, and the release key's fingerprint is",
           keys="stranger", asc=lambda w: asc(w, "stranger"))
not_signed("key-is-broken", "is none, and the release key's", keys="broken", asc=lambda w: asc(w, "good"))


@case
def signed_but_older(w, parent):
    """A genuine older ISO with its genuine signature under a newer one's name."""
    p = unpinned(w, parent, "signed-older", iso="3.20.1", asc=asc(w, "other-file"))
    verdict(p, p.run("--fetch", "--iso=3.20.2"), 35, "is release 3.20.1 and not 3.20.2")
    assert "iso" not in p.left(), p.left()


@case
def checksum(w, parent):
    iso = w.iso("3.20.2")
    line = f"{digest(iso)}  {NAME.format('3.20.2')}\n".encode()
    p = unpinned(w, parent, "checksum", sha256=line)
    verdict(p, p.run("--fetch", "--iso=3.20.2"), 34, "no signature", left=[])
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=signed"), 34, "no signature", left=[])
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=checksum"), 0, "same-host checksum", left=GOOD)
    verdict(p, p.run("--fetch", "--iso=3.20.2"), 34, "no signature", left=GOOD)
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--offline"), 29, "not in the cache", left=GOOD)
    p = unpinned(w, parent, "checksum-wrong", sha256=line.replace(line[:4], b"0000"))
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=checksum"), 32, MISMATCH, left=[])
    p = unpinned(w, parent, "checksum-of-another", sha256=line.replace(b"3.20.2", b"3.20.1"))
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=checksum"), 34, "neither a signature nor", left=[])
    p = unpinned(w, parent, "checksum-html", sha256=LOGIN)
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=checksum"), 34, "neither a signature nor", left=[])


@case
def checksum_by_sha512(w, parent):
    """Where the server has no .sha256, or none for this ISO."""
    iso = w.iso("3.20.2")
    line = f"{hashlib.sha512(iso).hexdigest()}  {NAME.format('3.20.2')}\n".encode()
    p = unpinned(w, parent, "sha512", sha512=line)
    verdict(p, p.run("--fetch", "--iso=3.20.2"), 34, "no signature", left=[])
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=checksum"), 0, "same-host checksum", left=GOOD)
    p = unpinned(w, parent, "sha512-and-no-sha256", sha512=line, sha256=LOGIN)
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=checksum"), 0, "same-host checksum", left=GOOD)
    p = unpinned(w, parent, "sha512-wrong", sha512=line.replace(line[:4], b"0000"))
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=checksum"), 32, "has SHA-512 [0-9a-f]{128}, and its server's",
            left=[])
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=none"), 32, "has SHA-512", left=[])


@case
def nothing_vouches(w, parent):
    p = unpinned(w, parent, "nothing")
    for least in ("pinned", "signed", "checksum"):
        verdict(p, p.run("--fetch", "--iso=3.20.2", f"--trust={least}"), 34, left=[])
    assert not p.requests(), "it was fetched in vain"
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=none"), 0, "none: nothing vouches", left=GOOD)
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=none", "--offline"), 0, "none: nothing vouches", left=GOOD)
    p.files[NAME.format("3.20.2")] = LOGIN
    verdict(p, p.run("--clear-cache"), 0)
    verdict(p, p.run("--fetch", "--iso=3.20.2", "--trust=none"), 35, "web page", left=[])


# ------------------------------------------------------------------ files of the user's own

@case
def own_files(w, parent):
    p = place(w, "own", parent)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    rows = (
        ("good", 0, "pinned: its SHA-256 is that of the catalogue for 3.20.3"),
        ("other", 0, "a file of your own"), ("joliet", 0, "a file of your own"),
        ("plain", 0, "a file of your own"),
        ("standard", 35, "flavour 'std'"), ("aarch64", 35, "is for aarch64"), ("debian", 35, "is no Alpine ISO"),
        ("truncated", 35, r"is not complete: it has 1500000 of \d+ bytes"), ("beginning", 35, "only the beginning"),
        ("empty", 35, "is empty"), ("login", 35, "web page"), ("zeros", 35, "is no ISO 9660"),
        ("no-kernel", 35, "has no file /boot/vmlinuz-virt"), ("no-initramfs", 35, "has no file /boot/initramfs-virt"),
        ("no-e2fsprogs", 35, "has no file /apks/x86_64/e2fsprogs-extra-"), ("nowhere", 24, "cannot be read"),
    )
    for name, code, says in rows:
        verdict(p, p.run("--fetch", f"--iso={w.data}/iso/{name}.iso"), code, says, left=[])
    verdict(p, p.run("--fetch", f"--iso={p.folder}"), 24, "is no file", left=[])
    result = p.run("--fetch", "-v", f"--iso={w.data}/iso/good.iso")
    verdict(p, result, 0, "e2fsprogs 1.47.0-r5", left=[])


@case
def own_file_changed_after_it_was_seen(w, parent):
    """A file of one's own is not read again while nobody touches it; a change of one byte with the old times is seen."""
    p = place(w, "own-seen", parent)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    own = f"{p.folder}/own.iso"
    shutil.copy(f"{w.data}/iso/good.iso", own)
    while not os.path.isdir(f"{p.cache}/own"):  # two seconds after the file was made
        verdict(p, p.run("--fetch", f"--iso={own}"), 0, "pinned", left=[])
        time.sleep(0.1)
    note = next(f"{p.cache}/own/{name}" for name in os.listdir(f"{p.cache}/own"))
    text = read(note)
    assert digest(w.good).encode() in text, text
    with open(note, "wb") as out:  # what only a file that is not read can be taken for
        out.write(text.replace(digest(w.good).encode(), b"5" * 64))
    verdict(p, p.run("--fetch", f"--iso={own}"), 0, "a file of your own .SHA-256 5{64}")
    verdict(p, p.run("--fetch", f"--iso={own}", "--trust=pinned"), 0, "pinned")
    verdict(p, p.run("--fetch", f"--iso={own}", f"--sha256={digest(w.good)}"), 0, "pinned")
    before = os.stat(own)
    with open(own, "r+b") as iso:
        iso.seek(os.path.getsize(own) - 1)
        iso.write(b"!")
    os.utime(own, ns=(before.st_atime_ns, before.st_mtime_ns))
    verdict(p, p.run("--fetch", f"--iso={own}"), 0, f"a file of your own .SHA-256 {digest(read(own))}")
    verdict(p, p.run("--clear-cache"), 0)
    assert not os.path.exists(f"{p.cache}/own"), "--clear-cache leaves it"


SECTOR = 2048


def continuation(sector, offset, size):
    """An entry of Rock Ridge that says where the entries go on."""
    both = [n.to_bytes(4, "little") + n.to_bytes(4, "big") for n in (sector, offset, size)]
    return b"CE\x1c\1" + b"".join(both)


def harmed(good, harm):
    """The good ISO with its directories damaged."""
    iso = bytearray(good)
    root = int.from_bytes(good[16 * SECTOR + 158:16 * SECTOR + 162], "little") * SECTOR
    boot = good.index(b"\4BOOT\0", root) - 32  # its record
    last = len(good) // SECTOR - 1  # an empty sector
    if harm == "endless-continuation":  # in place of the file's mode (PX)
        mode = good.index(b"PX", boot)
        iso[mode:mode + 28] = continuation(last, 0, 28)
        iso[mode + 28:mode + 36] = b"ZZ\x08\1\0\0\0\0"
        iso[last * SECTOR:last * SECTOR + 28] = continuation(last, 0, 28)
    elif harm == "continuation-outside":
        mode = good.index(b"PX", boot)
        iso[mode:mode + 28] = continuation(last + 1, 0, 28)
        iso[mode + 28:mode + 36] = b"ZZ\x08\1\0\0\0\0"
    elif harm == "huge-directory":
        iso[boot + 10:boot + 14] = b"\xff" * 4
    elif harm == "directory-outside":
        iso[boot + 2:boot + 6] = b"\xff" * 4
    elif harm == "long-record":
        iso[boot] = 255
        iso[boot + 32] = 250
    elif harm == "short-entry":
        iso[good.index(b"NM", boot) + 2] = 1
    assert iso != good
    return bytes(iso)


@case
def own_damaged_files(w, parent):
    p = place(w, "own-damaged", parent)
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)])
    rows = (
        ("endless-continuation", "is damaged: the entries of a file have no end"),
        ("continuation-outside", "is damaged: it points behind its end"),
        ("huge-directory", "is damaged: "), ("directory-outside", "is damaged: it points behind its end"),
        ("long-record", "is damaged: a directory's record is longer than its room"),
        ("short-entry", "is damaged: an entry of Rock Ridge is longer than its area"),
    )
    own = f"{p.folder}/own.iso"
    for harm, says in rows:
        with open(own, "wb") as out:
            out.write(harmed(w.good, harm))
        verdict(p, p.run("--fetch", f"--iso={own}", "--trust=none"), 35, says, left=[])


@case
def own_file_and_trust(w, parent):
    p = place(w, "own-trust", parent)
    p.files["release.asc"] = read(f"{w.data}/keys/release.asc")
    p.catalogue([p.url("good")], [("3.20.3", w.good, True)], [(w.key("release"), p.url("good") + "/release.asc")])
    own = f"{p.folder}/own.iso"
    shutil.copy(f"{w.data}/iso/3.20.2.iso", own)
    sha256 = digest(w.iso("3.20.2"))
    verdict(p, p.run("--fetch", f"--iso={own}", "--trust=pinned"), 34, "not in the catalogue")
    verdict(p, p.run("--fetch", f"--iso={own}", "--trust=signed"), 34, "own.iso.asc")
    verdict(p, p.run("--fetch", f"--iso={own}", "--trust=checksum"), 34, "own.iso.sha256")
    verdict(p, p.run("--fetch", f"--iso={own}", "--trust=none"), 0, "a file of your own")
    verdict(p, p.run("--fetch", f"--iso={own}", f"--sha256={sha256}", "--trust=pinned"), 0, "pinned")
    verdict(p, p.run("--fetch", f"--iso={own}", f"--sha256={digest(w.good)}"), 32, "and --sha256 says")
    assert os.path.exists(own), "the user's own file was removed"
    with open(own + ".sha256", "w", encoding="utf-8") as out:
        out.write(f"{sha256}  own.iso\n")
    verdict(p, p.run("--fetch", f"--iso={own}", "--trust=checksum"), 0, "as the checksum beside it says")
    os.remove(own + ".sha256")
    sha512 = hashlib.sha512(read(own)).hexdigest()
    for text, code, says in ((sha512, 0, "as the checksum beside it says"), ("0" * 128, 32, "SHA-512"),
                             ("nothing", 34, "no digest")):
        with open(own + ".sha512", "w", encoding="utf-8") as out:
            out.write(f"{text}  own.iso\n")
        verdict(p, p.run("--fetch", f"--iso={own}", "--trust=checksum"), code, says)
    shutil.copy(f"{w.data}/asc/good", own + ".asc")
    verdict(p, p.run("--fetch", f"--iso={own}", "--trust=signed"), 0, "signed by the release key")
    shutil.copy(f"{w.data}/asc/stranger", own + ".asc")
    verdict(p, p.run("--fetch", f"--iso={own}", "--trust=signed"), 33, "made with another key")


@case
def modes(w, parent):
    """A fetched ISO is read-only, and nobody else reads the cache."""
    p, stem = fetched(w, parent, "modes")
    assert stat.S_IMODE(os.stat(stem + ".iso").st_mode) == 0o444
    assert stat.S_IMODE(os.stat(p.cache).st_mode) == 0o700


def main():
    program, data, work, *names = sys.argv[1:]
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    w = World(program, data)
    failed = []
    for name in names or CASES:
        try:
            CASES[name](w, work)
            print(f"ok   {name}")
        except AssertionError as problem:
            failed.append(name)
            print(f"FAIL {name}: {problem}")
        sys.stdout.flush()
    w.servers.close()
    print(f"{len(names or CASES) - len(failed)} of {len(names or CASES)} cases are right")
    if not failed:
        shutil.rmtree(work)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
