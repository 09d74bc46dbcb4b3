import type { Flow } from "../../../../instance/agent/replication/flow";
import { type Change, inheritedDescriptors, openKernelTable } from "../../../../instance/agent/replication/kernel";

/** The table of the namespace that this process runs in, started by bin/with-netlink. */
const inherited = inheritedDescriptors(process.env.HA_NAT_NETLINK);
if (inherited === null) throw new Error("not started by with-netlink");
export const descriptors = inherited;
export const table = openKernelTable(descriptors);

/** What the kernel answers for each flow. */
export function change(kind: Change, ...flows: readonly Flow[]): readonly number[] {
  const answers: number[] = [];
  table.apply(kind, flows, (_, errno) => answers.push(errno));
  return answers;
}

/** Each flow in words. */
export function dumped(words: (flow: Flow) => string, of = table): readonly string[] {
  const found: string[] = [];
  const next = of.dump((flow) => found.push(words(flow)));
  while (next());
  return found.toSorted();
}
