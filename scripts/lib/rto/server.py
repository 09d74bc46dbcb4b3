#!/usr/bin/env python3
"""The other side of what scripts/measure_rto.sh measures. Run it on a machine of yours on the internet: server.py PORT [ADDRESS]

Python 3.9 or newer, nothing else. One port, TCP and UDP; it must be reachable from the fleet's Elastic IPs. A machine with several addresses
needs ADDRESS, the one that is asked: else its datagrams leave from another.
TCP, by the first line:
  ECHO          every further line comes back
  PUSH MS       a numbered line every MS milliseconds, the client says nothing more
  ADDRESS       the client's address as seen here, then the end
UDP: HELLO is answered by a cookie, which proves that the address is the sender's own: nobody can aim this server at somebody else.
  PUSH COOKIE MS SECONDS   numbered datagrams
"""
import asyncio
import hmac
import os
import sys

LIFETIME_SECONDS = 900
MOST_FLOWS = 500
FASTEST_MS = 10
SECRET = os.urandom(32)
flows = set()


async def push(send, interval_ms, seconds):
    """Numbered lines at fixed times, however long one send takes."""
    loop = asyncio.get_running_loop()
    step = max(int(interval_ms), FASTEST_MS) / 1000
    start = loop.time()
    for number in range(int(min(float(seconds), LIFETIME_SECONDS) / step)):
        send(b"%d\n" % number)
        await asyncio.sleep(max(0, start + (number + 1) * step - loop.time()))


async def converse(reader, writer):
    words = (await asyncio.wait_for(reader.readline(), 10)).split()
    if words[:1] == [b"ADDRESS"]:
        writer.write(writer.get_extra_info("peername")[0].encode() + b"\n")
        await writer.drain()
    elif words[:1] == [b"PUSH"] and len(words) == 2:
        await push(writer.write, words[1], LIFETIME_SECONDS)
    elif words == [b"ECHO"]:
        while True:
            line = await reader.readline()
            if not line:
                break
            writer.write(line)


async def accept(reader, writer):
    task = asyncio.current_task()
    if len(flows) >= MOST_FLOWS:
        writer.close()
        return
    flows.add(task)
    try:
        await asyncio.wait_for(converse(reader, writer), LIFETIME_SECONDS)
    except (OSError, ValueError, asyncio.TimeoutError):
        pass  # The client's affair: it went away, or speaks something else.
    finally:
        flows.discard(task)
        writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        cookie = hmac.new(SECRET, repr(address).encode(), "sha256").hexdigest()[:32].encode()
        words = data.split()
        # The answer is no longer than the question: no use to whoever forges its sender.
        if words[:1] == [b"HELLO"] and len(data) >= len(cookie):
            self.transport.sendto(cookie, address)
        elif words[:1] == [b"PUSH"] and len(words) == 4 and hmac.compare_digest(words[1], cookie) and len(flows) < MOST_FLOWS:
            self.begin(address, words[2], words[3])

    def begin(self, address, interval_ms, seconds):
        if not (interval_ms.isdigit() and seconds.isdigit()):
            return
        task = asyncio.ensure_future(push(lambda line: self.transport.sendto(line, address), interval_ms, seconds))
        flows.add(task)
        task.add_done_callback(flows.discard)

    def error_received(self, error):
        pass  # A client that has gone: its flow ends by itself.


async def main(port, address="0.0.0.0"):
    server = await asyncio.start_server(accept, address, port, backlog=1024)
    await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, local_addr=(address, port))
    print("listening on port %d, TCP and UDP" % port, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3 or not sys.argv[1].isdigit() or not 1 <= int(sys.argv[1]) <= 65535:
        sys.exit("usage: server.py PORT [ADDRESS]; PORT is 1 to 65535")
    try:
        asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
    except KeyboardInterrupt:
        pass
