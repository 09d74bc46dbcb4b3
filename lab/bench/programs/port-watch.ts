import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

/** What of the agent is run here, by path: the lab does not import what it proves. */
interface Ports {
  readonly PortWatch: new (addresses: readonly string[], ports: object) => { readonly tick: () => Promise<void> };
}
interface Kernel {
  readonly kernelPorts: (home: string) => object;
}

const INTERVAL_MS = 250;

/** The agent's port watch alone: `port-watch.ts ROOT ADDRESS...`. */
async function main([root = "", ...addresses]: readonly string[]): Promise<never> {
  const { PortWatch } = (await import(join(root, "instance/agent/ports.ts"))) as Ports;
  const { kernelPorts } = (await import(join(root, "instance/agent/ports-kernel.ts"))) as Kernel;
  let faults = 0;
  const onFault = (error: unknown): void => {
    faults += 1;
    process.stderr.write(`port-watch: ${String(error)}\n`);
  };
  // There is no fleet here: every address is carried.
  const watch = new PortWatch(addresses, { ...kernelPorts(join(root, "instance")), owned: () => null, onFault });
  await watch.tick();
  // A watch that cannot even begin would be measured as one that refuses nothing.
  if (faults > 0) process.exit(1);
  process.stdout.write("ready\n");
  for (;;) {
    await wait(INTERVAL_MS);
    await watch.tick();
  }
}

void main(process.argv.slice(2));
