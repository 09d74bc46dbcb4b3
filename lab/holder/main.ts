import { createServer } from "node:http";
import type { Server } from "node:http";
import { LATENCY_SETTINGS } from "../aws/latency";
import { LabAwsActs } from "./aws-acts";
import { createControl } from "./control";
import { createLab } from "./lab";
import { holdLifeline } from "./lifeline";
import { labStatus } from "./status";

/**
 * The lab's one holder, in namespaces of its own: the VPC's router, the AWS endpoint and the launcher's door.
 *   holder.cjs ROOT ENV   descriptors: 3 AWS endpoint, 4 control (both bound on the machine's loopback), 5 the launcher's lifeline
 */
const DESCRIPTORS = { aws: 3, control: 4, lifeline: 5 } as const;

function listen(server: Server, where: { readonly fd: number } | { readonly path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, () => resolve());
  });
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; start the lab by: npm run lab -- up`);
  return value;
}

async function main(): Promise<void> {
  holdLifeline(DESCRIPTORS.lifeline);
  const [root = "", env = ""] = process.argv.slice(2);
  const latency = LATENCY_SETTINGS.find((known) => known === setting("LAB_LATENCY"));
  if (latency === undefined) {
    throw new Error(`latency ${setting("LAB_LATENCY")} is unknown; allowed: ${LATENCY_SETTINGS.join(", ")}; choose one of them`);
  }
  const callerPath = setting("LAB_AWS_CLI_PATH");
  const numbers = { bootMs: Number(setting("LAB_BOOT_MS")), scheduleFactor: Number(setting("LAB_SCHEDULE_FACTOR")) };
  const lab = await createLab({ root, env, stackDirectory: setting("LAB_STACK"), latency, ...numbers, callerPath });
  const { model, world, aws, endpoint, directory, paths } = lab;
  const acts = new LabAwsActs({ aws, latency: lab.latency, region: model.region, awsSocket: lab.awsSocket });
  await listen(createServer(endpoint.listener), { fd: DESCRIPTORS.aws });
  await listen(createServer(endpoint.listener), { path: lab.awsSocket });
  const control = createControl({
    ...{ model, world, directory, acts, programs: paths.programs },
    token: setting("LAB_TOKEN"),
    status: async () => labStatus(model, await aws.status(), directory),
    calls: () => endpoint.log.records(),
    sabotage: lab.sabotage,
    moves: async () => (await aws.status()).moves,
    journal: (after) => aws.events.since(after),
    stop: () => process.exit(0),
  });
  await lab.start();
  // Last: the launcher's first question waits in the socket until there is something to tell.
  await listen(control, { fd: DESCRIPTORS.control });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
