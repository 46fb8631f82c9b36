"""kills.py PROGRAM DATA WORK COUNT [SEED]: kill -9 at COUNT random moments of a fetch, pinned and signed by turns.
After each, what is left is either the right file or nothing that the program takes for one, and a further run, killed
again or not, ends with the right file."""
import os
import random
import shutil
import subprocess
import sys
import time

from world import World, digest, place, read


def fetch(p, iso):
    return ("--fetch", f"--iso={iso}")


def killed(p, iso, delay):
    """Starts a fetch and kills it after so many seconds. Whether it was killed before its end."""
    run = p.start(*fetch(p, iso))
    try:
        run.wait(timeout=delay)
    except subprocess.TimeoutExpired:
        run.kill()
    run.communicate()
    return run.returncode < 0


def check(p, iso, right):
    """Nothing in the cache looks finished and is not; offline, only the right file is taken."""
    assert not any(name.startswith("WRONG") for name in p.left()), p.left()
    result = p.run(*fetch(p, iso), "--offline", "-q")
    if result.returncode == 0:
        assert digest(read(result.stdout.strip())) == right, "another file was taken"
    assert result.returncode in (0, 29), result
    return result.returncode == 0


def main():
    program, data, work, count, *seed = sys.argv[1:]
    seed = int(seed[0]) if seed else random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    w = World(program, data)
    p = place(w, "kills", work)
    p.serve("3.20.3", w.good)
    p.serve("3.20.2", w.iso("3.20.2"), asc=read(f"{data}/asc/good"))
    p.files["release.asc"] = read(f"{data}/keys/release.asc")
    p.catalogue([p.url("paced")], [("3.20.3", w.good, True)], [(w.key("release"), p.url("good") + "/release.asc")])
    rights = {"3.20.3": digest(w.good), "3.20.2": digest(w.iso("3.20.2"))}
    print(f"seed {seed}")

    # How long a fetch takes here, so that the moments are spread over all of it.
    lasts = {}
    for iso in rights:
        begin = time.monotonic()
        assert p.run(*fetch(p, iso)).returncode == 0
        lasts[iso] = time.monotonic() - begin
    tally = {"killed": 0, "resumed": 0, "whole": 0}
    assert p.run("--clear-cache").returncode == 0
    while tally["killed"] < int(count):
        iso = list(rights)[tally["killed"] % 2]
        if not killed(p, iso, chance.uniform(0, lasts[iso])):
            assert p.run("--clear-cache").returncode == 0
            continue
        tally["killed"] += 1
        tally["whole"] += check(p, iso, rights[iso])
        if chance.random() < 0.5:
            continue  # the next one is killed with what this one has left
        before = len(p.requests())
        result = p.run(*fetch(p, iso))
        assert result.returncode == 0, result
        tally["resumed"] += any(r["range"] for r in p.requests()[before:])
        assert check(p, iso, rights[iso]), "the right file is not there"
        assert p.run("--clear-cache").returncode == 0
    w.servers.close()
    print(f"{tally['killed']} killed; {tally['whole']} of them had the right file already; "
          f"{tally['resumed']} were resumed by range")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
