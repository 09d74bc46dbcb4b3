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
  const onFault = (error: unknown): void => void process.stderr.write(`port-watch: ${String(error)}\n`);
  const watch = new PortWatch(addresses, { ...kernelPorts(join(root, "instance")), onFault });
  process.stdout.write("ready\n");
  for (;;) {
    await watch.tick();
    await wait(INTERVAL_MS);
  }
}

void main(process.argv.slice(2));
