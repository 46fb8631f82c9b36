#!/usr/bin/python3
"""page.py PROGRAM: the pages of every recording of the tests, and of those of recordings.py, looked at without a browser.

Each is HTML with two scripts: the data, which is JSON and holds what the recording's events hold, and the page's own, whose
digest is the one that the policy names. Nothing in it refers to anything outside."""

import base64
import glob
import hashlib
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
RECORDINGS = sorted(glob.glob(os.path.join(HERE, "..", "recordings", "*", "")))
TEMPLATE = os.path.join(HERE, "..", "..", "scripts", "report")
SIZE_MAX = 24 << 20  # bytes; what gather.h allows, each byte written as six
FORBIDDEN = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|fetch\(|XMLHttpRequest|WebSocket|import\("


class Page(html.parser.HTMLParser):
    """Elements with their attributes, and the text of scripts and styles."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.inside = None
        self.bodies = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside = (tag, dict(attrs))
            self.bodies.append((*self.inside, []))

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside:
            self.bodies[-1][2].append(data)


def check(name, text, folder):
    page = Page()
    page.feed(text)
    page.close()
    bodies = [(tag, attrs, "".join(body)) for tag, attrs, body in page.bodies]
    assert [(tag, attrs.get("type")) for tag, attrs, _ in bodies] == [("style", None), ("script", "application/json"), ("script", None)], name
    policy = next(attrs["content"] for tag, attrs in page.elements if attrs.get("http-equiv") == "Content-Security-Policy")
    for kind, (_, _, body) in (("style", bodies[0]), ("script", bodies[2])):
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy, f"{name}: the policy's digest of {kind}"
    assert "default-src 'none'" in policy and "unsafe" not in policy, name
    for tag, attrs in page.elements:
        for key, value in attrs.items():
            assert not key.startswith("on") and key not in ("src", "action", "style"), f"{name}: {tag} has {key}"
            assert key != "href" or value.startswith("#"), f"{name}: {tag} leads to {value}"
    data = json.loads(bodies[1][2])
    assert not re.search(r"[<>&\x00-\x1f\x7f-\U0010ffff]", bodies[1][2]), name
    with open(os.path.join(folder, "events.jsonl"), encoding="utf-8", errors="replace") as lines:
        states = sum('"type":"state"' in line.replace(" ", "") and line.endswith("}\n") for line in lines)
    assert sum(e["type"] == "state" for e in data["events"]) == states > 0 or not states, f"{name}: states"
    assert len(text) < SIZE_MAX, name


def main():
    program = os.path.abspath(sys.argv[1])
    for file in glob.glob(os.path.join(TEMPLATE, "*")):
        with open(file, encoding="utf-8") as text:
            found = re.search(FORBIDDEN + r"|@import|url\((?!#)|https?://(?!www\.w3\.org/2000/svg)", text.read())
        assert not found, f"{file}: {found.group()}"
    with tempfile.TemporaryDirectory() as work:
        made = os.path.join(work, "made")
        subprocess.run([sys.executable, os.path.join(HERE, "recordings.py"), os.path.join(HERE, "recording"), made], check=True)
        folders = RECORDINGS + sorted(glob.glob(os.path.join(made, "*", "")))
        assert len(folders) > 7
        for folder in folders:
            out = os.path.join(work, "report.html")
            subprocess.run([program, f"--report={out}", f"--explain={folder}"], check=True, stdout=subprocess.DEVNULL)
            assert os.stat(out).st_mode & 0o777 == 0o600
            with open(out, encoding="utf-8") as text:
                check(os.path.basename(folder.rstrip("/")), text.read(), folder)
        print(f"{len(folders)} pages are right")


main()
