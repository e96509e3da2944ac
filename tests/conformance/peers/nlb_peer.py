"""Programs of the archived system's naming, written from docs/protocols/nlb.md with nothing but Python's standard library.

  nlb_peer.py      reads one command as JSON per line from stdin, prints one answer as JSON per line

Commands have "do" and more keys; see the methods of Peer named do_*. An error is answered with {"error": "..."}.
It plays both sides: a program that was linked with the library (search, report, ask) and the agent (create, cycle).
Files are mapped once per directory and service and never again, as the library does it.
"""

import fcntl
import json
import math
import mmap
import os
import random
import socket
import struct
import sys

META_FILE = 4096
SERVERS_FILE = 802816
HEADER = 80512
ROW = 72
EMPTY = 0xFFFFFFFF
MODULI = [4621, 3557, 2741, 2111, 1627, 1259, 971, 751, 577, 443, 347, 269, 211, 163, 352]
DEFAULTS = [10, 0.98, 0.6, 0.1, 0.01, 0.5, 0.5, 0.05]
TUNING = [
    "shaping_request_min",
    "success_ratio_base",
    "success_ratio_min",
    "resume_weight_ratio",
    "dead_retry_ratio",
    "weight_low_watermark",
    "weight_low_ratio",
    "weight_incr_ratio",
]
POLICIES = {"": 0, "wrr": 1, "dynamic wrr": 2, "standard": 3, "odd": 4, "consistent hash": 5}
TRANSPORTS = {"udp": 1, "tcp": 2, "all": 3}


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def key_of(ip):
    return struct.unpack("<I", socket.inet_aton(ip))[0]


def ip_of(key):
    return socket.inet_ntoa(struct.pack("<I", key))


class Table:
    """The bytes of servers.dat0 or servers.dat1."""

    FIELDS = {
        "server_num": 24,
        "dead_num": 28,
        "dead_retry_times": 32,
        "weight_total": 36,
        "weight_dead_base": 40,
        "policy": 80112,
        "version": 80116,
        "weight_static_total": 80120,
        "weight_low_num": 80124,
    }
    # offset, format
    ROW_FIELDS = {
        "ip": (0, "I"),
        "weight_base": (4, "I"),
        "static": (8, "H"),
        "dynamic": (10, "H"),
        "type": (12, "H"),
        "port_num": (14, "H"),
        "failed": (32, "I"),
        "success": (36, "I"),
        "cost": (40, "Q"),
        "dead_time": (48, "Q"),
    }

    def __init__(self, data):
        self.data = data

    def head(self, name):
        return struct.unpack_from("<I", self.data, self.FIELDS[name])[0]

    def set_head(self, name, value):
        struct.pack_into("<I", self.data, self.FIELDS[name], value)

    def tuning(self):
        return struct.unpack_from("<i7f", self.data, 80128)

    def row(self, index, name):
        offset, form = self.ROW_FIELDS[name]
        return struct.unpack_from("<" + form, self.data, HEADER + ROW * index + offset)[0]

    def set_row(self, index, name, value):
        offset, form = self.ROW_FIELDS[name]
        struct.pack_into("<" + form, self.data, HEADER + ROW * index + offset, value)

    def ports(self, index):
        return list(struct.unpack_from("<%dH" % self.row(index, "port_num"), self.data, HEADER + ROW * index + 16))

    def rows(self):
        return range(self.head("server_num"))

    def find(self, ip):
        order = struct.unpack_from("<I", self.data, 44)[0]
        moduli = struct.unpack_from("<%dI" % order, self.data, 48)
        key, base = key_of(ip), 0
        for modulus in moduli:
            index = struct.unpack_from("<I", self.data, 112 + 4 * (base + key % modulus))[0]
            if index >= 10000:
                return None
            if self.row(index, "ip") == key:
                return index
            base += modulus
        return None

    def index_all(self):
        struct.pack_into("<I16I", self.data, 44, 15, *MODULI, 0)
        slots = [EMPTY] * 20000
        for index in self.rows():
            base = 0
            for modulus in MODULI:
                slot = base + self.row(index, "ip") % modulus
                if slots[slot] == EMPTY:
                    slots[slot] = index
                    break
                base += modulus
        struct.pack_into("<20000I", self.data, 112, *slots)

    def fill(self, service):
        """All of a new list: alive, full weights."""
        self.data[0:HEADER] = bytes(HEADER)
        infos = service["IPInfo"]
        self.set_head("server_num", len(infos))
        self.set_head("policy", POLICIES[service.get("Policy", "standard")])
        self.set_head("version", 1)
        self.set_head("weight_static_total", sum(info["w"] for info in infos))
        values = [type(d)(service.get(name, d)) for name, d in zip(TUNING, DEFAULTS)]
        struct.pack_into("<i7f", self.data, 80128, *values)
        for index, info in enumerate(infos):
            at = HEADER + ROW * index
            self.data[at : at + ROW] = bytes(ROW)
            self.set_row(index, "ip", key_of(info["IP"]))
            for name in ("static", "dynamic"):
                self.set_row(index, name, info["w"])
            self.set_row(index, "type", TRANSPORTS[info["t"]])
            self.set_row(index, "port_num", len(info["ports"]))
            struct.pack_into("<%dH" % len(info["ports"]), self.data, at + 16, *info["ports"])

    def sum_up(self):
        """Step 6, as shipped."""
        total, live = 0, 0
        for index in self.rows():
            if self.row(index, "dead_time") != 0:
                break
            self.set_row(index, "weight_base", total)
            total += self.row(index, "dynamic")
            live += 1
        dead = self.head("server_num") - live
        self.set_head("dead_num", dead)
        self.set_head("weight_dead_base", total)
        share = 0
        if dead > 0:
            share = max(1, math.trunc(f32(f32(total * self.tuning()[4]) + 1)))
        self.set_head("weight_total", total + share)
        self.set_head("dead_retry_times", 1 if dead > 0 else 0)

    def swap(self, one, other):
        a, b = HEADER + ROW * one, HEADER + ROW * other
        kept = bytes(self.data[a : a + ROW])
        self.data[a : a + ROW] = self.data[b : b + ROW]
        self.data[b : b + ROW] = kept


class Service:
    """Mapped files of one service."""

    def __init__(self, directory, name):
        self.place = os.path.join(directory, *name.split(".", 1))
        with self.lock():
            self.meta = self.map("meta.dat", META_FILE)
        self.tables = [Table(self.map("servers.dat%d" % n, SERVERS_FILE)) for n in (0, 1)]

    def lock(self):
        return MetaLock(os.path.join(self.place, "meta.lock"))

    def map(self, name, size):
        with open(os.path.join(self.place, name), "r+b") as file:
            if os.fstat(file.fileno()).st_size != size:
                raise ValueError(name + " has another size")
            return mmap.mmap(file.fileno(), size, mmap.MAP_SHARED)

    def index(self):
        return struct.unpack_from("<I", self.meta, 24)[0]

    def table(self):
        return self.tables[self.index()]


class MetaLock:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def __exit__(self, *_):
        os.close(self.fd)


def search(table, below):
    """Section 'Route search'. Gives the index of a server."""
    count, dead = table.head("server_num"), table.head("dead_num")
    live, base, total = count - dead, table.head("weight_dead_base"), table.head("weight_total")
    if count == 0:
        return None
    if live == 0 or base == 0 or total == 0:
        return below(count)
    tries = table.head("dead_retry_times")
    if below(total) >= base and 0 < tries < 1 << 31:
        table.set_head("dead_retry_times", tries - 1)
        return live + below(dead)
    value = below(base)
    chosen = next(n for n in range(live) if value < table.row(n, "weight_base") + table.row(n, "dynamic"))
    success = table.row(chosen, "success")
    requests = success + table.row(chosen, "failed")
    least, lowest = table.tuning()[0], table.tuning()[2]
    if requests >= max(1, least) and success / requests < lowest:
        return below(count)
    return chosen


def cycle(service, now):
    """Section 'Weight update', as shipped, without a new list and without events."""
    index = service.index()
    cur, nxt = service.tables[index], service.tables[1 - index]
    used = HEADER + ROW * cur.head("server_num")
    draft = Table(bytearray(cur.data[:used]))
    for n in draft.rows():
        for name in ("failed", "success", "cost"):
            draft.set_row(n, name, cur.row(n, name))
            cur.set_row(n, name, 0)
    adjust(draft, now)
    draft.set_head("weight_low_num", count_low(draft))
    for n in draft.rows():
        for name in ("failed", "success", "cost"):
            draft.set_row(n, name, 0)
    draft.data[0:24] = bytes(24)
    draft.sum_up()
    draft.index_all()
    nxt.data[:used] = bytes(draft.data)
    struct.pack_into("<I", service.meta, 24, 1 - index)


def count_low(draft):
    mark = draft.tuning()[5]
    return sum(1 for n in draft.rows() if f32(draft.row(n, "dynamic") / draft.row(n, "static")) < mark)


def adjust(draft, now):
    _, base, _, resume, _, _, low_ratio, step = draft.tuning()
    success = sum(draft.row(n, "success") for n in draft.rows())
    failed = sum(draft.row(n, "failed") for n in draft.rows())
    protect = f32(draft.head("weight_low_num") / draft.head("server_num")) > low_ratio
    if protect and success + failed > 0:
        base = min(success / (success + failed), base)
    begin, end = 0, draft.head("server_num") - 1
    while begin <= end:
        requests = draft.row(begin, "failed") + draft.row(begin, "success")
        dead = draft.row(begin, "dead_time") != 0
        static, dynamic = draft.row(begin, "static"), draft.row(begin, "dynamic")
        ratio = draft.row(begin, "success") / requests if requests else None
        goes = False
        if requests == 0:
            goes = dead
            if dead:
                draft.set_row(begin, "dynamic", 0)
        elif ratio >= base:
            if dead:
                draft.set_row(begin, "dead_time", 0)
                draft.set_row(begin, "dynamic", max(1, math.trunc(f32(static * resume))))
            elif dynamic != static:
                draft.set_row(begin, "dynamic", min(static, dynamic + max(1, math.trunc(f32(static * step)))))
        elif ratio <= 0.00001 or not protect:
            weight = 0 if ratio <= 0.00001 else math.trunc(dynamic * (ratio * ratio))
            draft.set_row(begin, "dynamic", weight)
            goes = weight == 0
            if goes and not dead:
                draft.set_row(begin, "dead_time", now)
        if goes:
            draft.swap(begin, end)
            end -= 1
        else:
            begin += 1


class Peer:
    def __init__(self):
        self.open = {}
        self.held = {}

    def service(self, command):
        key = (command["directory"], command["service"])
        if key not in self.open:
            self.open[key] = Service(*key)
        return self.open[key]

    def do_search(self, command):
        """Chooses `count` times; gives how often each ip:port came."""
        below = random.Random(command.get("seed", 1)).randrange
        service, hits = self.service(command), {}
        for _ in range(command["count"]):
            table = service.table()
            index = search(table, below)
            if index is None:
                return {"error": -2}
            port = table.ports(index)[below(table.row(index, "port_num"))]
            where = "%s:%d" % (ip_of(table.row(index, "ip")), port)
            hits[where] = hits.get(where, 0) + 1
        return hits

    def do_report(self, command):
        """Counts `failed` failures, or `success` successes of `cost` each, for an address."""
        table = self.service(command).table()
        index = table.find(command["ip"])
        if index is None:
            return {"error": -9}
        failed, success = command.get("failed", 0), command.get("success", 0)
        table.set_row(index, "failed", table.row(index, "failed") + failed)
        table.set_row(index, "success", table.row(index, "success") + success)
        table.set_row(index, "cost", table.row(index, "cost") + success * command.get("cost", 0))
        return 0

    def do_dump(self, command):
        service = self.service(command)
        table = service.table()
        rows = [{name: table.row(n, name) for name in Table.ROW_FIELDS} for n in table.rows()]
        for n, row in enumerate(rows):
            row.update(ip=ip_of(row["ip"]), ports=table.ports(n))
            row["found"] = table.find(row["ip"])
        head = {name: table.head(name) for name in Table.FIELDS}
        name = bytes(service.meta[64:320]).split(b"\0")[0].decode()
        mtime = struct.unpack_from("<Q", service.meta, 16)[0]
        return {"name": name, "index": service.index(), "mtime": mtime, "tuning": table.tuning(), **head, "rows": rows}

    def do_ask(self, command):
        """The question by UDP."""
        name = command["service"].encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(command.get("timeout", 1))
            sock.sendto(struct.pack(">I", len(name)) + name, ("127.0.0.1", command["port"]))
            try:
                answer = sock.recv(1024)
            except socket.timeout:
                return {"error": -12}
        if len(answer) < 8:
            return {"error": -13}
        length, result = struct.unpack_from(">ii", answer)
        if result != 0:
            return {"error": -14 if length == 4 else -13}
        if length != 12:
            return {"error": -13}
        port, kind = struct.unpack_from(">HH", answer, 12)
        return {"ip": socket.inet_ntoa(bytes(reversed(answer[8:12]))), "port": port, "type": kind}

    def do_create(self, command):
        """Writes the files of a service as an agent does it; `json` is the service's node."""
        place = os.path.join(command["directory"], *command["service"].split(".", 1))
        os.makedirs(place, exist_ok=True)
        table = Table(bytearray(SERVERS_FILE))
        table.fill(command["json"])
        table.sum_up()
        table.index_all()
        used = HEADER + ROW * table.head("server_num")
        meta = struct.pack("<QQQI36s256s", 0, 0, command["mtime"], 0, b"", command["service"].encode())
        with MetaLock(os.path.join(place, "meta.lock")):
            for name in ("servers.dat0", "servers.dat1"):
                self.write(os.path.join(place, name), bytes(table.data[:used]), SERVERS_FILE)
            self.write(os.path.join(place, "meta.dat"), meta, META_FILE)
        return 0

    @staticmethod
    def write(path, content, size):
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        os.write(fd, content)
        os.ftruncate(fd, size)
        os.close(fd)

    def do_cycle(self, command):
        cycle(self.service(command), command["now"])
        return 0

    def do_hold(self, command):
        """Is the one agent of a directory until `release`."""
        fd = os.open(os.path.join(command["directory"], ".sigleton.lock"), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self.held[command["directory"]] = fd
        return True

    def do_release(self, command):
        os.close(self.held.pop(command["directory"]))
        return 0


def main():
    peer = Peer()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = getattr(peer, "do_" + command["do"])(command)
        except OSError as error:
            answer = {"error": error.strerror}
        except ValueError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


main()
