import { type Flow, toAddress, UDP } from "../../../../instance/agent/replication/flow";
import { inject } from "../../../../instance/agent/replication/inject";
import { openKernelTable } from "../../../../instance/agent/replication/kernel";
import { flow } from "./flows";
import { change, descriptors, dumped, table } from "./inherited-table";

/** Runs inside a namespace, under bin/with-netlink: what this kernel answers to every change, and what its dump shows after it. */
function words({ protocol, clientPort, nat, natPort, tcpState, lifetime }: Flow): string {
  return `${protocol} ${clientPort} ${toAddress(nat)}:${natPort} state ${tcpState} ${Math.ceil(lifetime / 10) * 10} s`;
}

function found(...flows: readonly Flow[]): readonly string[] {
  const here: string[] = [];
  table.find(flows, (flow) => here.push(words(flow)));
  return here;
}

const udp = flow(3, { protocol: UDP, tcpState: 0, lifetime: 300, natPort: 40_000 });
const steps: Record<string, unknown> = {
  created: change("create", flow(1), flow(2, { natPort: 50_000 }), udp),
  createdAgain: change("create", flow(1), flow(9, { natPort: 50_000 })),
  dumped: dumped(words),
  updated: change("update", flow(1, { lifetime: 90, tcpState: 4 }), flow(8)),
  deleted: change("delete-reply", flow(2, { natPort: 50_000 }), flow(8)),
  deletedOriginal: change("delete-original", udp, udp),
  afterwards: dumped(words),
  replaced: inject([{ flow: flow(1, { natPort: 9_000 }), how: "replace" }], table),
  afterReplacing: dumped(words),
  found: found(flow(1), flow(8), flow(1, { natPort: 9_000 })),
  toldAgain: inject([{ flow: flow(1, { natPort: 9_000, lifetime: 90, tcpState: 4 }), how: "first" }], table),
  afterToldAgain: dumped(words),
};

const many = Array.from({ length: 20_000 }, (_, index) => flow(index + 100));
const from = performance.now();
steps.many = inject(
  many.map((each) => ({ flow: each, how: "replace" as const })),
  table,
);
const injected = performance.now();
steps.count = dumped(words).length;
const again = performance.now();
steps.manyAgain = inject(
  many.map((each) => ({ flow: each, how: "first" as const })),
  table,
);
const toldAgain = performance.now();

// A thread fails in the middle of its dump; the next one has the same descriptors.
let seen = 0;
const broken = table.dump(() => (seen += 1));
broken();
steps.brokenOff = seen > 0 && seen < 20_000;
steps.afterBrokenOff = [openKernelTable(descriptors), table].map((each) => dumped(words, each).length);

// Requests are numbered by 32 bits, and a long life uses them up: the second of these is the last.
const worn = openKernelTable(descriptors, 0xffff_fffe);
const answers: number[] = [];
worn.apply("create", [flow(30_001), flow(100), flow(30_002), flow(101)], (_, errno) => answers.push(errno));
steps.aroundTheEnd = answers;
const us = (duration: number): number => (duration * 1000) / many.length;
process.stdout.write(JSON.stringify({ ...steps, injectUs: us(injected - from), againUs: us(toldAgain - again) }));
