"""nginx.py PROGRAM DATA WORK: with nginx as the server: a fetch, one that is cut off and resumed, and two and ten
runs at once on an empty cache, of which one fetches. nginx's own log is what counts."""
import os
import shutil
import signal
import subprocess
import sys
import time

import server
from world import NAME, World, digest, place, read

CONF = """
daemon off;
pid {root}/pid;
error_log {root}/error.log;
events {{ }}
http {{
    access_log {root}/access.log;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {tls}/good.pem;
        ssl_certificate_key {tls}/good.key;
        root {root}/files;
        location /slow/ {{ alias {root}/files/; limit_rate 400k; }}
    }}
}}
"""


def start(w, root):
    """nginx, listening."""
    path = f"{root}/files/v3.20/releases/x86_64"
    os.makedirs(path)
    shutil.copy(f"{w.data}/iso/good.iso", f"{path}/{NAME.format('3.20.3')}")
    port = server.dead_port()
    with open(f"{root}/conf", "w", encoding="utf-8") as out:
        out.write(CONF.format(root=root, port=port, tls=f"{w.data}/tls"))
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    run = subprocess.Popen([program, "-c", f"{root}/conf", "-p", root], stderr=subprocess.DEVNULL)
    while subprocess.run(["curl", "-sf", "-o", "/dev/null", "--cacert", f"{w.data}/tls/ca.pem",
                          f"https://localhost:{port}/v3.20/releases/x86_64/{NAME.format('3.20.3')}"],
                         check=False).returncode != 0:
        assert run.poll() is None, "nginx ended"
        time.sleep(0.05)
    return run, f"https://localhost:{port}"


def statuses(root):
    """The status of each ISO that was asked for by the program, in order."""
    lines = [line for line in read(f"{root}/access.log").decode().splitlines() if "qemu-grow/" in line]
    return [line.split('" ')[1].split()[0] for line in lines if ".iso " in line]


def main():
    program, data, work = sys.argv[1:]
    shutil.rmtree(work, ignore_errors=True)
    root = f"{work}/nginx"
    os.makedirs(root)
    root = os.path.abspath(root)
    w = World(program, data)
    run, url = start(w, root)
    try:
        p = place(w, "plain", work)
        p.catalogue([url], [("3.20.3", w.good, True)])
        result = p.run("--fetch")
        assert result.returncode == 0 and statuses(root) == ["200"], (result, statuses(root))
        print("ok   fetch")

        p = place(w, "resumed", work)
        p.catalogue([url + "/slow"], [("3.20.3", w.good, True)])
        part = f"{p.cache}/{digest(w.good)}.part"
        fetch = p.start("--fetch")
        while not os.path.exists(part) or os.path.getsize(part) < 1000000:
            assert fetch.poll() is None, fetch.communicate()
            time.sleep(0.01)
        fetch.send_signal(signal.SIGTERM)
        fetch.communicate()
        assert fetch.returncode == 143, fetch.returncode
        p.catalogue([url], [("3.20.3", w.good, True)])
        result = p.run("--fetch")
        assert result.returncode == 0 and p.left() == ["iso", "yaml"], (result, p.left())
        assert statuses(root)[-1] == "206", statuses(root)
        print("ok   resumed with status 206")

        for count in (2, 10):
            p = place(w, f"crowd-{count}", work)
            p.catalogue([url + "/slow"], [("3.20.3", w.good, True)])
            before = len(statuses(root))
            runs = [p.start("--fetch") for _ in range(count)]
            ends = [r.communicate() + (r.returncode,) for r in runs]
            assert all(code == 0 for _, _, code in ends), ends
            assert p.left() == ["iso", "yaml"], p.left()
            asked = statuses(root)[before:]
            assert asked == ["200"], asked
            waited = sum("waiting for it" in out for out, _, _ in ends)
            print(f"ok   {count} runs at once: one transfer in nginx's log, {waited} waited for it")
    finally:
        run.terminate()
        run.wait()
        w.servers.close()
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
