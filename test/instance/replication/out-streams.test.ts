import { OutStreams } from "../../../instance/agent/replication/out-streams";
import { Opener, Sealer } from "../../../instance/agent/replication/packet";
import { KEY } from "./support/fleet";

const sender = { instanceId: "i-a", bootId: "00000000-0000-4000-8000-000000000000", bootMs: 1_000 };
const b = { instanceId: "i-b", address: "10.0.0.2", zone: "use1-az1" };
const c = { instanceId: "i-c", address: "10.0.0.3", zone: "use1-az1" };

/** Streams to peers that a test lists and strikes off; what was sent is told as receiver and sequence. */
function streamsTo(...listed: (typeof b)[]) {
  const peers = [...listed];
  const sent: string[] = [];
  const streams = new OutStreams({
    sealer: new Sealer("test", sender),
    sender,
    key: () => KEY,
    peers: () => peers,
    send: (packet, address) => {
      const { instanceId, zone } = address === b.address ? b : c;
      const context = { env: "test", instanceId, zone, addresses: new Map([["i-a", "us"]]), keys: [KEY], nowMs: 0 };
      const opened = new Opener().open(packet, "us", context);
      sent.push(`${instanceId} ${opened.outcome === "ok" ? opened.header.sequence : opened.outcome}`);
    },
    now: () => 0,
    wall: () => 0,
  });
  const list = (...now: (typeof b)[]) => {
    peers.splice(0, peers.length, ...now);
    streams.forgetUnlisted();
  };
  return { streams, list, sent: () => sent.splice(0) };
}

describe("the streams of a NAT", () => {
  test("what is kept of a NAT's stream goes when it is struck off the list; the sequence goes on", () => {
    const { streams, list, sent } = streamsTo(b, c);
    for (let count = 0; count < 3; count++) streams.nat("i-b").beat(0);
    streams.nat("i-c").beat(0);
    list(c);
    list(b, c);
    sent();

    streams.nat("i-b").resend([1, 2, 3], b.address);
    streams.nat("i-c").resend([1], c.address);
    streams.nat("i-b").beat(0);

    expect(sent()).toEqual(["i-c 1", "i-b 4"]);
  });

  test("a zone's stream keeps its packets as long as one NAT of the zone is listed", () => {
    const { streams, list, sent } = streamsTo(b, c);
    streams.zone("use1-az1").beat(0);
    list(c);
    sent();

    streams.zone("use1-az1").resend([1], c.address);
    list();
    streams.zone("use1-az1").resend([1], c.address);

    expect(sent()).toEqual(["i-c 1"]);
  });
});
