import { execFileSync } from "node:child_process";
import { readSync } from "node:fs";
import { readAnnouncements } from "../../../../instance/agent/replication/event-reader";
import { type Flow, toAddress, toNumber } from "../../../../instance/agent/replication/flow";
import { change, descriptors, dumped } from "./inherited-table";

/**
 * Runs inside a namespace, under bin/with-netlink: somebody pings through a translation, and this kernel announces it, dumps it when it is
 * called assured, and takes a copy of it.
 */
const REMOTE = "127.0.0.2";
const NAT = "127.0.0.9";
const RULES = `table ip echo {
  chain announced { type filter hook output priority mangle; meta l4proto icmp ct event set reply; }
  chain translated { type nat hook postrouting priority srcnat; ip daddr ${REMOTE} snat to ${NAT}; }
}`;

execFileSync("ip", ["link", "set", "lo", "up"]);
execFileSync("nft", ["-f", "-"], { input: RULES });
const ping = () => execFileSync("ping", ["-c", "2", "-i", "0.1", "-W", "1", "-e", "4711", REMOTE], { stdio: "ignore" });

/** Until the kernel has no more to announce. */
function announced(): readonly Flow[] {
  const found: Flow[] = [];
  const datagram = Buffer.alloc(16 << 10);
  for (;;) {
    try {
      const length = readSync(descriptors.events, datagram, 0, datagram.length, null);
      readAnnouncements(datagram, length, new Set([toNumber(NAT)]), (flow) => found.push({ ...flow }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return found;
      throw error;
    }
  }
}

function words({ protocol, client, clientPort, remote, remotePort, nat, natPort }: Flow): string {
  return `${protocol} ${toAddress(client)}:${clientPort} ${toAddress(remote)}:${remotePort} as ${toAddress(nat)}:${natPort}`;
}

ping();
const flows = announced();
const [echo] = flows;
if (echo === undefined) throw new Error("the kernel announced no echo");
const copy = { ...echo, natPort: 815, lifetime: 60 };
process.stdout.write(
  JSON.stringify({
    announced: flows.map(words),
    assured: change("assure", echo, { ...echo, clientPort: 1 }),
    dumped: dumped(words),
    announcedAgain: announced().map(words),
    deleted: change("delete-reply", echo, echo),
    copied: change("create", copy, copy),
    dumpedCopy: dumped(words),
    // It leaves with the identifier that the copy has.
    pinged: (ping(), dumped(words)),
    updated: change("update", copy),
    deletedOriginal: change("delete-original", copy, copy),
  }),
);
