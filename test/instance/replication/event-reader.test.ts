import { readAnnouncements } from "../../../instance/agent/replication/event-reader";
import { type Flow, toAddress, toNumber } from "../../../instance/agent/replication/flow";

/** An event as Linux 6.18 sent it: a TCP flow 10.0.1.10:60346 → 198.51.100.10:8443 behind 198.51.100.50 that became assured. */
const EVENT = Buffer.from(
  "c4000000000100000000000000000000020000003400018014000180080001000a00010a08000200c633640a1c000280050001000600000006000200ebba0000" +
    "0600030020fb0000340002801400018008000100c633640a08000200c63364321c00028005000100060000000600020020fb000006000300ebba000008000c00" +
    "cd93ffd6080003000000019e0800070000069780300004802c0001800500010003000000050002000a000000050003000a0000000600040023000000" +
    "0600050023000000",
  "hex",
);
/** Of the same kernel: an echo 127.0.0.1 → 127.0.0.2, identifier 4711, behind 127.0.0.9, that was answered. */
const ECHO_EVENT = Buffer.from(
  "a4000000000100000000000000000000020000003c00018014000180080001007f000001080002007f000002240002800500010001000000060004001267" +
    "0000050005000800000005000600000000003c00028014000180080001007f000002080002007f0000092400028005000100010000000600040012670000" +
    "0500050000000000050006000000000008000c0085887e6d080003000000019a080007000000001e",
  "hex",
);
const ours = new Set(["198.51.100.50", "127.0.0.9"].map(toNumber));

function announced(event: Buffer, addresses: ReadonlySet<number> = ours): readonly Flow[] {
  const found: Flow[] = [];
  readAnnouncements(event, event.length, addresses, (flow) => found.push({ ...flow }));
  return found;
}

describe("an event of the kernel", () => {
  test("announces the flow with its translation, state and window scales", () => {
    const [flow] = announced(EVENT);
    expect(flow).toMatchObject({
      protocol: 6,
      clientPort: 60_346,
      remotePort: 8_443,
      natPort: 60_346,
      tcpState: 3,
      lifetime: 432_000,
    });
    expect([flow?.client, flow?.remote, flow?.nat].map((address) => toAddress(address ?? 0))).toEqual([
      "10.0.1.10",
      "198.51.100.10",
      "198.51.100.50",
    ]);
    expect([flow?.wscaleOriginal, flow?.wscaleReply]).toEqual([10, 10]);
  });

  test("announces an echo with its identifiers", () => {
    expect(announced(ECHO_EVENT)).toMatchObject([{ protocol: 1, clientPort: 4711, remotePort: 0, natPort: 4711, lifetime: 30 }]);
    const otherIdentifier = Buffer.from(ECHO_EVENT);
    otherIdentifier.writeUInt16BE(815, ECHO_EVENT.lastIndexOf(Buffer.from("1267", "hex")));
    expect(announced(otherIdentifier)).toMatchObject([{ clientPort: 4711, remotePort: 0, natPort: 815 }]);
  });

  test("of ICMP that is no echo, or of an echo that nobody answered, announces nothing", () => {
    const timestamp = Buffer.from(ECHO_EVENT);
    timestamp[ECHO_EVENT.indexOf(Buffer.from("0500050008", "hex")) + 4] = 13;
    expect(announced(timestamp)).toEqual([]);
    const unanswered = Buffer.from(ECHO_EVENT);
    unanswered.writeUInt32BE(0x198, ECHO_EVENT.indexOf(Buffer.from("0000019a", "hex")));
    expect(announced(unanswered)).toEqual([]);
  });

  test("of a flow that somebody changed over netlink announces nothing: two NATs would tell each other of their copies for ever", () => {
    const ourOwn = Buffer.from(EVENT);
    ourOwn.writeUInt32LE(4_711, 12);
    expect(announced(ourOwn)).toEqual([]);
  });

  test("of a flow that is none of our lanes', or not assured, announces nothing", () => {
    expect(announced(EVENT, new Set([toNumber("198.51.100.51")]))).toEqual([]);
    const unassured = Buffer.from(EVENT);
    unassured.writeUInt32BE(0x19a, EVENT.indexOf(Buffer.from("0000019e", "hex")));
    expect(announced(unassured)).toEqual([]);
  });

  test.each([
    ["of TCP", EVENT],
    ["of an echo", ECHO_EVENT],
  ])("%s that is cut short or mangled announces nothing it does not say, and never throws", (_, event) => {
    for (let length = 0; length < event.length; length++) expect(announced(event.subarray(0, length))).toEqual([]);
    for (let at = 0; at < event.length; at++)
      for (const value of [0, 0xff]) {
        const mangled = Buffer.from(event);
        mangled[at] = value;
        expect(announced(mangled).length).toBeLessThanOrEqual(1);
      }
  });
});
