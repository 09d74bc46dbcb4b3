import { green, red } from "../cli/output";
import type { LabStatus } from "../holder/status";

/** What `lab status` tells people. */
export function statusLines(status: LabStatus): readonly string[] {
  const { hold } = status;
  return [
    ...status.lanes.map(({ lane, servedBy, addresses }) => {
      const by = servedBy === null ? red("nobody") : green(servedBy);
      return `lane ${lane}: served by ${by}, leaves from ${addresses.map(({ publicIp }) => publicIp).join(", ")}`;
    }),
    ...status.instances.map(({ node, instanceId, lifecycle, health, alive }) => {
      return `${node}: ${instanceId} ${lifecycle} ${health}${alive ? "" : red(" dead")}`;
    }),
    ...(hold === null ? [] : [red(`held by ${hold.by} until ${hold.until}: ${hold.because}`)]),
    ...status.waitingFor.map((clause) => red(`waiting: ${clause}`)),
  ];
}
