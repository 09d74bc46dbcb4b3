"""Measures connections while their NAT changes. Runs on the probe instance: Python 3.9, nothing else, no root. One JSON line out;
on stderr one when the warm-up is over and every flow has opened or failed to.

probe.py CONFIG, where CONFIG is JSON:
  peer            host and port of server.py; null: new connections only, to 1.1.1.1
  echo, push, udpPush   how many flows of each kind
  intervalMs      between two messages of a flow
  nats            primary address of each NAT: instance ID
  warmUpSeconds, settleSeconds, mostSeconds
It ends when the NAT has changed, everything flows again and settleSeconds have passed, or GIVE_UP; at the latest after mostSeconds.
"""
import asyncio
import json
import socket
import struct
import sys
import time

IP_RECVERR = 11  # linux/in.h; the socket module does not name it
TRACE_PORT = 33434
FRESH_EVERY = {True: 0.1, False: 0.25}  # with a peer of one's own; to somebody else's address
FRESH_DEADLINE = 1.0
OPEN_DEADLINE = 5
GIVE_UP = 20  # seconds after the last change: who is silent by then is lost
config = json.loads(sys.argv[1])
INTERVAL = config["intervalMs"] / 1000
BORN = time.monotonic()
EPOCH = time.time() - BORN
flows, fresh, changes = [], [], []
nats = {"hop": None}


def milliseconds(at):
    return round((at + EPOCH) * 1000)


class Flow:
    """What one connection heard. The longest silence counts from the end of the warm-up."""

    def __init__(self, kind):
        self.kind, self.last, self.ended, self.numbers = kind, None, None, []
        self.longest, self.resumed = 0.0, None
        flows.append(self)

    def hear(self, number):
        now = time.monotonic()
        if self.last is not None and now - BORN > config["warmUpSeconds"] and now - self.last > self.longest:
            self.longest, self.resumed = now - self.last, now
        self.last = now
        if self.kind == "udpPush":
            self.numbers.append(number)

    def is_alive(self):
        return self.ended is None and self.last is not None and time.monotonic() - self.last < max(1.0, 5 * INTERVAL)


async def stream(flow, command, speaks):
    peer = config["peer"]
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(peer["host"], peer["port"]), OPEN_DEADLINE)
        writer.write(command)
        if speaks:
            asyncio.ensure_future(speak(writer))
        expected = 0
        while True:
            line = await reader.readline()
            if line != b"%d\n" % expected:
                raise ConnectionError("closed by the other side" if not line else "stream out of order")
            expected += 1
            flow.hear(expected)
    except (OSError, asyncio.TimeoutError) as error:
        flow.ended = str(error) or type(error).__name__


async def speak(writer):
    number = 0
    while not writer.is_closing():
        writer.write(b"%d\n" % number)
        number += 1
        await asyncio.sleep(INTERVAL)


class UdpPush(asyncio.DatagramProtocol):
    """Asks until the first datagram has come; from then on only the server speaks."""

    def __init__(self, flow):
        self.flow, self.ask = flow, b"HELLO".ljust(64)

    def connection_made(self, transport):
        self.transport = transport
        self.retry()

    def retry(self):
        if self.flow.last is None and time.monotonic() - BORN > OPEN_DEADLINE:
            self.flow.ended = "no answer"
        elif self.flow.last is None:
            self.transport.sendto(self.ask)
            asyncio.get_running_loop().call_later(0.5, self.retry)

    def datagram_received(self, data, _address):
        if len(data) == 32:
            if self.ask.startswith(b"HELLO"):
                self.ask = b"PUSH %s %d %d" % (data, config["intervalMs"], config["mostSeconds"])
                self.transport.sendto(self.ask)
            return
        self.flow.hear(int(data))

    def error_received(self, error):
        self.flow.ended = str(error)


async def ask_address():
    """Asks by a new connection which public address the other side sees."""
    started = time.monotonic()
    peer = config["peer"]
    where = (peer["host"], peer["port"]) if peer else ("1.1.1.1", 80)
    question = b"ADDRESS\n" if peer else b"GET /cdn-cgi/trace HTTP/1.0\r\nHost: 1.1.1.1\r\n\r\n"
    address, writer = None, None
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(*where), FRESH_DEADLINE)
        writer.write(question)
        text = (await asyncio.wait_for(reader.read(), FRESH_DEADLINE)).decode()
        found = [line[3:] for line in text.splitlines() if line.startswith("ip=")] if not peer else text.split()
        address = found[0] if found else None
    except (OSError, asyncio.TimeoutError):
        pass
    finally:
        if writer:
            writer.close()
    fresh.append((started, time.monotonic(), address))


class Trace:
    """Which NAT carries our packets: a packet with just enough hops to reach it comes back as an error that names it."""

    def __init__(self, host):
        self.host, self.ttl = host, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        asyncio.get_running_loop().add_reader(self.socket, self.read)

    def send(self):
        self.ttl = nats["hop"] or self.ttl % 3 + 1
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, self.ttl)
        try:
            self.socket.sendto(struct.pack("!B", self.ttl), (self.host, TRACE_PORT))
        except OSError:
            self.read()  # an earlier error is told at the next send; it is in the queue

    def read(self):
        try:
            data, ancillary, _flags, _address = self.socket.recvmsg(64, 512, socket.MSG_ERRQUEUE)
        except OSError:
            return
        for level, kind, error in ancillary:
            if (level, kind) == (socket.IPPROTO_IP, IP_RECVERR) and len(error) >= 24:
                self.see(socket.inet_ntoa(error[20:24]), data)

    def see(self, offender, data):
        if offender in config["nats"]:
            nats["hop"] = nats["hop"] or data[0]
            if not changes or changes[-1]["address"] != offender:
                changes.append({"at": milliseconds(time.monotonic()), "address": offender, "instanceId": config["nats"][offender]})


def is_over(now):
    if now - BORN > config["mostSeconds"]:
        return True
    if len(changes) < 2 or now + EPOCH - changes[-1]["at"] / 1000 < config["settleSeconds"]:
        return False
    if now + EPOCH - changes[-1]["at"] / 1000 > GIVE_UP:
        return True
    flowing = bool(fresh) and fresh[-1][2] is not None and now - fresh[-1][1] < 1.5
    return flowing and all(flow.ended or flow.is_alive() for flow in flows)


def is_measuring(now):
    return now - BORN > config["warmUpSeconds"] and all(flow.ended or flow.last is not None for flow in flows)


def summary(kind):
    ours = [flow for flow in flows if flow.kind == kind]
    opened = [flow for flow in ours if flow.last is not None]
    worst = max(opened, key=lambda flow: flow.longest, default=None)
    resumed = milliseconds(worst.resumed) if worst and worst.longest > 3 * INTERVAL else None
    lost = sum(max(flow.numbers) + 1 - len(set(flow.numbers)) for flow in opened if flow.numbers)
    return {
        "opened": len(opened), "asked": len(ours), "survived": sum(flow.is_alive() for flow in ours),
        "stallMs": sorted(round(flow.longest * 1000) for flow in opened), "resumedAt": resumed,
        "ended": sorted({flow.ended for flow in ours if flow.ended}), **({"lost": lost} if kind == "udpPush" else {}),
    }


def fresh_summary():
    good = [attempt for attempt in sorted(fresh) if attempt[2]]
    gaps = [(later[1] - earlier[0], earlier[0]) for earlier, later in zip(good, good[1:])]
    back = bool(good) and time.monotonic() - good[-1][1] < 2 * FRESH_DEADLINE
    return {
        "attempts": len(fresh), "failed": len(fresh) - len(good), "outageMs": round(max(gaps)[0] * 1000) if gaps and back else None,
        "addresses": sorted({attempt[2] for attempt in good}), "addressAfter": good[-1][2] if back else None,
        "addressBefore": good[0][2] if good else None, "resumedAt": milliseconds(max(gaps)[1] + max(gaps)[0]) if gaps and back else None,
    }


async def main():
    loop = asyncio.get_running_loop()
    peer = config["peer"]
    host = (await loop.getaddrinfo(peer["host"], peer["port"], family=socket.AF_INET))[0][4][0] if peer else "1.1.1.1"
    if peer:
        peer["host"] = host  # asked once: a name server behind the lane is not what is measured
    tasks = []
    for kind, command, speaks in (("echo", b"ECHO\n", True), ("push", b"PUSH %d\n" % config["intervalMs"], False)):
        tasks += [loop.create_task(stream(Flow(kind), command, speaks)) for _ in range(config[kind] if peer else 0)]
    for _ in range(config["udpPush"] if peer else 0):
        await loop.create_datagram_endpoint(lambda: UdpPush(Flow("udpPush")), remote_addr=(host, peer["port"]))
    trace, asked, told, now = Trace(host), 0.0, False, time.monotonic()
    while not is_over(now):
        if not told and is_measuring(now):
            told = True
            print("measuring %d of %d flows" % (sum(flow.is_alive() for flow in flows), len(flows)), file=sys.stderr, flush=True)
        trace.send()
        if now - asked >= FRESH_EVERY[bool(peer)]:
            asked = now
            tasks.append(loop.create_task(ask_address()))
        await asyncio.sleep(INTERVAL)
        now = time.monotonic()
    print(json.dumps({
        "schema": 1, "startedAt": milliseconds(BORN), "endedAt": milliseconds(now), "intervalMs": config["intervalMs"],
        "hop": nats["hop"], "nats": changes, "fresh": fresh_summary(),
        "flows": {kind: summary(kind) for kind in ("echo", "push", "udpPush")},
    }, separators=(",", ":")))


asyncio.run(main())
