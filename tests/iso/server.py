"""An HTTP(S) server that misbehaves on demand, and a log of what it was asked.

A URL is https://localhost:PORT/WAY/CASE/PATH: WAY names a row of WAYS (how the file is sent), CASE keeps the
counters of different cases apart, and the last part of PATH is looked for in `files`.
"""
import http.server
import select
import socket
import socketserver
import ssl
import struct
import threading


class Log:
    """What was asked for, and how many bytes of it were sent."""

    def __init__(self):
        self.lock = threading.Lock()
        self.entries = []

    def add(self, **entry):
        with self.lock:
            self.entries.append(entry)
            return entry

    def of(self, case, end=""):
        with self.lock:
            return [e for e in self.entries if e["case"] == case and e["path"].endswith(end)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_CONNECT(self):
        """A proxy's part: passes bytes on to a port of this host."""
        host, port = self.path.rsplit(":", 1)
        self.server.log.add(case="proxy", path=self.path, range=None, sent=0, host=host)
        with socket.create_connection(("localhost", int(port))) as there:
            self.send_response(200, "Connection established")
            self.end_headers()
            self.wfile.flush()
            pair = {self.connection: there, there: self.connection}
            while True:
                for ready in select.select(list(pair), [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    pair[ready].sendall(data)

    def do_GET(self):
        parts = self.path.split("/", 3)
        self.way, self.case, self.rest = parts[1], parts[2], parts[3]
        self.name = self.rest.rsplit("/", 1)[-1]
        number = len(self.server.log.of(self.case, self.name))
        self.entry = self.server.log.add(case=self.case, path=self.path, sent=0,
                                         range=self.headers.get("Range"))
        data = self.server.files.get(self.case, {}).get(self.name)
        try:
            if data is None:
                self.refuse(404)
            elif self.name.endswith(".iso"):
                WAYS[self.way](self, data, number)
            else:
                self.send(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    # ---------------------------------------------------------------- how bytes are sent

    def refuse(self, status, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        body = b"<html>no</html>"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def start(self, size, ranges=True, etag='"one"', length=None, status=None, heed_if_range=True):
        """Sends the headers; the offset at which the body begins."""
        first = 0
        asked = self.headers.get("Range")
        if ranges and asked and (not heed_if_range or self.headers.get("If-Range") == etag):
            first = int(asked.split("=")[1].rstrip("-"))
        if first >= size > 0:
            self.refuse(416, Content_Range=f"bytes */{size}")
            return None
        self.send_response(status or (206 if first else 200))
        if first:
            self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
        if etag:
            self.send_header("ETag", etag)
        if length is None or length >= 0:
            self.send_header("Content-Length", str(size - first if length is None else length))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        return first

    def body(self, data, step=65536, pause=0.0):
        for at in range(0, len(data), step):
            self.wfile.write(data[at:at + step])
            self.entry["sent"] += len(data[at:at + step])
            if pause:
                self.wfile.flush()
                self.server.stop.wait(pause)

    def send(self, data, **how):
        first = self.start(len(data), **how)
        if first is not None:
            self.body(data[first:])

    def reset(self):
        """Breaks the connection off with a TCP reset."""
        self.wfile.flush()
        plain = self.connection
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        plain.close()
        self.close_connection = True

    def stall(self):
        """Sends nothing more until the client gives up."""
        self.wfile.flush()
        while not self.server.stop.is_set():
            if select.select([self.connection], [], [], 0.1)[0]:
                break
        self.close_connection = True


# ------------------------------------------------------------------ the ways; number: of earlier requests

def good(h, data, number):
    h.send(data)


def paced(h, data, number):
    first = h.start(len(data))
    if first is not None:
        h.body(data[first:], step=32768, pause=0.003)


def reset_once(h, data, number):
    first = h.start(len(data))
    if first is not None and number > 0:
        h.body(data[first:])
    elif first is not None:
        h.body(data[:len(data) // 2])
        h.reset()


def no_ranges(h, data, number):
    h.start(len(data), ranges=False, etag=None)
    h.body(data if number > 0 else data[:len(data) // 2])
    if number == 0:
        h.reset()


def changed(h, data, number):
    """The first half of another version, then the right one."""
    if number > 0:
        h.send(data, etag='"two"')
        return
    old = bytes(b ^ 255 for b in data)
    h.start(len(old))
    h.body(old[:len(old) // 2])
    h.reset()


def changed_unnoticed(h, data, number):
    """The same from a server that does not heed If-Range."""
    if number == 0:
        changed(h, data, number)
    else:
        h.send(data, etag='"two"', heed_if_range=False)


def other_range(h, data, number):
    """Answers the second request with a range that was not asked for."""
    if number == 1:
        h.send_response(206)
        h.send_header("Content-Range", f"bytes 0-{len(data) - 1}/{len(data)}")
        h.send_header("Content-Length", str(len(data)))
        h.end_headers()
        h.body(data)
    else:
        reset_once(h, data, number)


def stall_begin(h, data, number):
    h.start(len(data))
    h.stall()


def stall_half(h, data, number):
    first = h.start(len(data))
    if first is not None:
        h.body(data[first:first + len(data) // 3])
        if first + len(data) // 3 < len(data):
            h.stall()


def silent(h, data, number):
    h.stall()


def drip(h, data, number):
    first = h.start(len(data))
    if first is not None:
        h.body(data[first:], step=20, pause=0.1)


def fault_once(h, data, number):
    h.refuse(500) if number == 0 else h.send(data)


def retry_after(h, data, number):
    h.refuse(503, Retry_After="1") if number == 0 else h.send(data)


def endless(h, data, number):
    h.start(0, length=-1)
    while not h.server.stop.is_set():
        h.body(bytes(65536))


def claim(size):
    def way(h, data, number):
        h.start(len(data), ranges=False, length=len(data) + size)
        h.body(data)
        h.close_connection = True
    return way


def huge(h, data, number):
    h.start(len(data), ranges=False, length=10 << 30)
    h.body(data)
    h.stall()


def status(code):
    return lambda h, data, number: h.refuse(code)


def redirect(target):
    def way(h, data, number):
        h.refuse(302, Location=target.format(https=h.server.ports["good"], http=h.server.ports["http"],
                                             case=h.case, rest=h.rest))
    return way


WAYS = {
    "good": good, "paced": paced, "reset-once": reset_once, "no-ranges": no_ranges, "changed": changed,
    "changed-unnoticed": changed_unnoticed, "other-range": other_range, "stall-begin": stall_begin,
    "stall-half": stall_half, "silent": silent, "drip": drip, "500-once": fault_once,
    "retry-after": retry_after, "endless": endless, "claims-more": claim(1000), "claims-less": claim(-1000),
    "huge": huge, "403": status(403), "404": status(404), "410": status(410), "500": status(500), "429": status(429),
    "redirect": redirect("https://localhost:{https}/good/{case}/{rest}"),
    "redirect-http": redirect("http://localhost:{http}/good/{case}/{rest}"),
    "redirect-file": redirect("file:///etc/passwd"),
    "redirect-loop": redirect("https://localhost:{https}/redirect-loop/{case}/{rest}"),
}


class Listener(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, certificate):
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate + ".pem", certificate + ".key")

    def finish_request(self, request, client_address):
        # In the connection's own thread: a slow handshake keeps nobody waiting.
        if self.context:
            request = self.context.wrap_socket(request, server_side=True)
        self.RequestHandlerClass(request, client_address, self)

    def handle_error(self, request, client_address):
        pass


class Servers:
    """One server for each certificate, and one without; all share their files and their log."""

    def __init__(self, tls):
        self.log, self.files, self.stop = Log(), {}, threading.Event()
        self.ports = {}
        self.listeners = []
        for name in ("good", "name", "expired", "http"):
            listener = Listener(None if name == "http" else f"{tls}/{name}")
            listener.log, listener.files, listener.stop = self.log, self.files, self.stop
            listener.ports = self.ports
            self.ports[name] = listener.server_address[1]
            self.listeners.append(listener)
            threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, way, case, server="good"):
        return f"{'http' if server == 'http' else 'https'}://localhost:{self.ports[server]}/{way}/{case}"

    def close(self):
        self.stop.set()
        for listener in self.listeners:
            listener.shutdown()
            listener.server_close()


def dead_port():
    """A port of this host that nobody listens at."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


if __name__ == "__main__":
    raise SystemExit("run cases.py, kills.py or crowd.py")
