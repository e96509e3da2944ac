"""An SRPC peer in another language, written from docs/protocols/srpc.md with nothing but Python's standard library.

  srpc_peer.py vector                  prints the example frame of the protocol page in hexadecimal
  srpc_peer.py client                  reads one job as JSON from stdin, prints the answers as JSON
  srpc_peer.py server tcp|udp|http     prints {"port": N}, then serves until stdin ends
  srpc_peer.py relay PORT N            a TCP connection for somebody else: hexadecimal lines of stdin are sent, what comes is printed in
                                       lines of up to N bytes, and an empty line when it ends

Bodies are one string in field 1, or {"text": …}. Over TCP and UDP the server does what the text of a request says; see Server.plan. Over HTTP it
puts the text between < and >.
"""

import json
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

# name: (number, wire type); wire type 0 = varint, 1 = 64 bits, 2 = bytes
HEAD_FIELDS = {
    "sequence": (10, 0),
    "coloring": (20, 0),
    "color_id": (21, 0),
    "flow_id": (30, 0),
    "err": (40, 0),
    "result": (41, 0),
    "err_msg": (42, 2),
    "caller": (50, 2),
    "method_name": (51, 2),
    "caller_stack": (60, 2),
    "timeout_ms": (100, 0),
    "reason": (104, 2),
    "capabilities": (107, 0),
    "cancel": (108, 0),
}
SIGNED = {"err", "result"}
NAMES = {number: name for name, (number, _) in HEAD_FIELDS.items()}


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value, at
        shift += 7


def field(number, wire, value):
    tag = varint(number << 3 | wire)
    if wire == 0:
        return tag + varint(value)
    data = value if isinstance(value, bytes) else str(value).encode()
    return tag + varint(len(data)) + data


def encode_head(head):
    out = b""
    for name, (number, wire) in HEAD_FIELDS.items():
        if name in head:
            out += field(number, wire, head[name])
    return out + bytes.fromhex(head.get("extra_hex", ""))


def fields_of(data):
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = read_varint(data, at)
        elif wire == 1:
            value, at = int.from_bytes(data[at : at + 8], "little"), at + 8
        elif wire == 2:
            size, at = read_varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            raise ValueError("wire type %d" % wire)
        yield number, value


def decode_head(data):
    head = {}
    for number, value in fields_of(data):
        name = NAMES.get(number, str(number))
        if name in SIGNED and value >= 1 << 63:
            value -= 1 << 64
        head[name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return head


def encode_text(text):
    return field(1, 2, text)


def decode_text(body):
    for number, value in fields_of(body):
        if number == 1:
            return value.decode()
    return None


def color_id(name):
    value = 5381
    for byte in name.encode():
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def frame(head, body=b""):
    encoded = encode_head(head)
    return b"(" + struct.pack(">ii", len(encoded), len(body)) + encoded + body + b")"


def frame_length(data):
    """0 = more bytes are needed."""
    if len(data) < 9:
        return 0
    head_size, body_size = struct.unpack(">ii", data[1:9])
    if data[:1] != b"(" or head_size < 0 or body_size < 0:
        raise ValueError("no frame: %s" % data[:9].hex())
    size = 10 + head_size + body_size
    if len(data) < size:
        return 0
    if data[size - 1 : size] != b")":
        raise ValueError("bad end")
    return size


def unframe(data):
    head_size, body_size = struct.unpack(">ii", data[1:9])
    body = data[9 + head_size : 9 + head_size + body_size]
    return decode_head(data[9 : 9 + head_size]), body


def vector():
    method = "echo.EchoService.Echo"
    sequence, color = 305419896, color_id(method)
    head = {"sequence": sequence, "coloring": 0, "color_id": color, "flow_id": color ^ sequence}
    return frame({**head, "caller": "cgi", "method_name": method}, encode_text("hello world"))


# ---------------------------------------------------------------- client


def request_bytes(request):
    if "raw_hex" in request:
        return bytes.fromhex(request["raw_hex"])
    body = bytes.fromhex(request["body_hex"]) if "body_hex" in request else encode_text(request.get("text", ""))
    return frame(request["head"], body)


def answer_of(data):
    head, body = unframe(data)
    return {"head": head, "text": decode_text(body) if body else None}


def receive_frames(link, count):
    data, answers = b"", []
    while len(answers) < count:
        size = frame_length(data)
        if size > 0:
            answers.append(answer_of(data[:size]))
            data = data[size:]
            continue
        chunk = link.recv(65536)
        if not chunk:
            break
        data += chunk
    return answers


def send_pieces(link, data, piece_bytes):
    for at in range(0, len(data), piece_bytes):
        link.sendall(data[at : at + piece_bytes])


def client_tcp(job):
    with socket.create_connection((job.get("host", "127.0.0.1"), job["port"]), 10) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b"".join(request_bytes(request) for request in job["requests"])
        send_pieces(link, data, job.get("piece_bytes", len(data)))
        return receive_frames(link, job["answers"])


def client_udp(job):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(10)
        for request in job["requests"]:
            link.sendto(request_bytes(request), ("127.0.0.1", job["port"]))
        return [answer_of(link.recvfrom(65536)[0]) for _ in range(job["answers"])]


def client_http(job):
    """Texts as they are on the wire; the connection's end ends the answer."""
    with socket.create_connection(("127.0.0.1", job["port"]), 10) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = job["http"].encode()
        send_pieces(link, data, job.get("piece_bytes", len(data)))
        received = b""
        while chunk := link.recv(65536):
            received += chunk
        return received.decode()


def relay(port, piece_bytes):
    """Knows nothing of frames: whoever holds the other end of stdin and stdout does."""

    def receive():
        while chunk := link.recv(piece_bytes):
            print(chunk.hex(), flush=True)
        print(flush=True)

    with socket.create_connection(("127.0.0.1", port), 10) as link:
        link.settimeout(None)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=receive, daemon=True).start()
        for line in sys.stdin:
            link.sendall(bytes.fromhex(line))


# ---------------------------------------------------------------- server


class Server:
    def __init__(self):
        self.held = []

    def plan(self, head, text):
        """Datagrams or pieces of stream to send now, in order; (delay in seconds, bytes, other sender?)."""
        reply = {key: head[key] for key in ("sequence", "coloring", "color_id", "flow_id", "caller", "method_name") if key in head}
        answer = frame(reply, encode_text(text))
        if text == "hold":  # sent behind the answer to the next request
            self.held.append((0, answer, False))
            return []
        if text == "split":
            return [(0.001, bytes([byte]), False) for byte in answer]
        if text == "unknown":  # as the C++ server of the archived system answers
            return [(0, frame({**reply, "err": -6}), False)]
        if text == "java error":
            java = {"sequence": head["sequence"], "coloring": 0, "color_id": 0, "flow_id": 0, "err": -1000, "result": 0}
            java.update({"err_msg": "Unknown exception!", "caller": "Java.service", "method_name": "", "caller_stack": b""})
            return [(0, frame(java), False)]
        if text == "java":
            java = {"sequence": head["sequence"], "coloring": 0, "color_id": 0, "flow_id": 0, "err": 0, "result": 0}
            java.update({"err_msg": b"", "caller": "Java.service", "method_name": "", "caller_stack": b""})
            return [(0, frame(java, encode_text(text)), False)]
        if text == "future":  # fields nobody knows yet
            return [(0, frame({**reply, "extra_hex": "c8ff0301caff0303616263"}, encode_text(text)), False)]
        if text == "wrong sequence":
            wrong = {**reply, "sequence": (head["sequence"] + 1) & 0xFFFFFFFF}
            return [(0, frame(wrong, encode_text("not yours")), False), (0, answer, False)]
        if text == "wrong sender":
            return [(0, frame(reply, encode_text("forged")), True), (0.05, answer, False)]
        if text == "noise":
            return [(0, b"no frame at all", False), (0, answer, False)]
        if text == "facts":  # what the request's head said
            facts = json.dumps({key: head[key] for key in sorted(head)})
            return [(0, frame(reply, encode_text(facts)), False)]
        held, self.held = self.held, []
        return [(0, answer, False), *held]


def serve_connection(link):
    server, data = Server(), b""
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while chunk := link.recv(65536):
        data += chunk
        while (size := frame_length(data)) > 0:
            head, body = unframe(data[:size])
            data = data[size:]
            if head.get("cancel"):
                continue
            for delay, piece, _ in server.plan(head, decode_text(body)):
                time.sleep(delay)
                link.sendall(piece)


def serve_tcp():
    listener = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    while True:
        link, _ = listener.accept()
        threading.Thread(target=serve_connection, args=(link,), daemon=True).start()


def serve_udp():
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.bind(("127.0.0.1", 0))
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("127.0.0.1", 0))
    print(json.dumps({"port": link.getsockname()[1]}), flush=True)
    server = Server()
    while True:
        data, sender = link.recvfrom(65536)
        head, body = unframe(data)
        if head.get("cancel"):
            continue
        for delay, datagram, is_other in server.plan(head, decode_text(body)):
            time.sleep(delay)
            (other if is_other else link).sendto(datagram, sender)


HTTP_STATUS = {0: 200, -3: 400, -6: 501, -8: 400}


def json_outcome(method, body):
    """Error number and result of one request."""
    if method not in ("echo.EchoService.Echo", "echo.EchoService.echo"):
        return -6, None
    try:
        message = json.loads(body or b"{}")
    except ValueError:
        return -3, None
    if not isinstance(message, dict) or set(message) - {"text"}:
        return -3, None
    text = message.get("text")
    if text is None:
        return -8, None
    return (0, {"text": "<%s>" % text}) if isinstance(text, str) else (-3, None)


class HttpHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        target = urlsplit(self.path)
        query = parse_qs(target.query)
        method = query.get("methodName", [target.path[1:]])[0]
        ret, result = json_outcome(method, self.rfile.read(int(self.headers.get("Content-Length", 0))))
        text = '{"ret":%d, "errmsg":"%s"' % (ret, "" if ret == 0 else "refused")
        if result is None:
            text += " }"
        else:
            text += ', "resultObj": %s}' % json.dumps(result, ensure_ascii=False, separators=(",", ":"))
        is_real = query.get("status") == ["real"] or self.headers.get("x-msec-status") == "real"
        self.answer(HTTP_STATUS[ret] if is_real else 200, text.encode())

    def answer(self, status, body):
        head = "HTTP/1.1 %d %s\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: %d\r\n\r\n"
        self.wfile.write((head % (status, self.responses[status][0], len(body))).encode() + body)

    def log_message(self, *_):
        pass


def serve_http():
    server = ThreadingHTTPServer(("127.0.0.1", 0), HttpHandler)
    server.daemon_threads = True
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever()


def main():
    role = sys.argv[1]
    if role == "vector":
        print(vector().hex())
    elif role == "client":
        job = json.load(sys.stdin)
        run = {"tcp": client_tcp, "udp": client_udp, "http": client_http}[job["transport"]]
        print(json.dumps(run(job)))
    elif role == "relay":
        relay(int(sys.argv[2]), int(sys.argv[3]))
    else:
        serve = {"tcp": serve_tcp, "udp": serve_udp, "http": serve_http}[sys.argv[2]]
        threading.Thread(target=serve, daemon=True).start()
        sys.stdin.read()


main()
