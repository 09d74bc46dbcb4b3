/** A NAT that is to stop hands its lanes over first, whoever says so, and no client notices. */
import { setTimeout as wait } from "node:timers/promises";
import type { LabStatus } from "../../../../lab/holder/status";
import type { Attempt } from "../../../../lab/report/watch";
import { root } from "../../support/in-namespaces";
import { lab, operate, serverOf, statusOf, until, untilWhole } from "../lab";
import { laneOf, nameOf, serverIn } from "./zones";

/** As gameday's crowd: long enough for the kernel's first two repetitions of a SYN (1 s, 3 s). */
const DEADLINE_MS = 4000;

const status = (): Promise<LabStatus> => statusOf("prod");
const inNode = (node: string, ...argv: readonly string[]) => lab("exec", "--env", "prod", node, "--", ...argv);

/** A new connection every 20 ms from the lane's client, while the work goes on and a second longer. */
async function whileAsking<T>(
  zone: string,
  seconds: number,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly failed: readonly Attempt[]; readonly addresses: readonly string[] }> {
  const asker = `sleep ${seconds} | node ${root}/dist/lab/asker.cjs 203.0.113.80 7 20 ${DEADLINE_MS}`;
  const asking = inNode(`client-${laneOf(zone)}`, "bash", "-c", asker);
  await wait(1000);
  const result = await work();
  const { stdout, stderr } = await asking;
  const attempts = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Attempt]));
  if (attempts.length < seconds * 20) throw new Error(`only ${attempts.length} tries in ${seconds} s: ${stderr}`);
  return {
    result,
    failed: attempts.filter(({ address }) => address === undefined),
    addresses: [...new Set(attempts.flatMap(({ address }) => address ?? []))],
  };
}

export function leaving(): void {
  test("by Spot's notice: its lane is elsewhere before the machine goes", async () => {
    const before = await serverIn("use1-az2");
    const instance = (await status()).instances.find(({ node }) => node === before)?.instanceId;

    const { failed } = await whileAsking("use1-az2", 20, async () => {
      // The fault ends when the machine does.
      const notice = lab("fault", "spot-notice", "--env", "prod", "--node", before);
      const moved = await until("prod", "the lane moves", (seen) => serverOf(seen, laneOf("use1-az2")) !== before, 12);
      expect(moved.instances.find(({ instanceId }) => instanceId === instance)?.state).toBe("running");
      await until("prod", "the instance goes", ({ instances }) => !isAlive(instances, instance), 20);
      await notice;
    });

    expect(failed).toEqual([]);
  }, 60_000);

  test("by an orderly shutdown of the machine: the lane goes first", async () => {
    const before = await serverIn("use1-az4");
    const instance = (await status()).instances.find(({ node }) => node === before)?.instanceId;

    const { failed } = await whileAsking("use1-az4", 12, async () => {
      await inNode(before, "shutdown", "-h", "now");
      await until("prod", "the machine is off", ({ instances }) => !isAlive(instances, instance), 15);
    });

    expect(failed).toEqual([]);
    expect(await serverIn("use1-az4")).not.toBe(before);
  }, 60_000);

  test("by nat-drain: its lane is elsewhere when the program ends, and it still runs; the last one is refused", async () => {
    await untilWhole("prod", "use1-az1");
    const before = await serverIn("use1-az1");

    const { result, failed, addresses } = await whileAsking("use1-az1", 10, () =>
      inNode(before, "/opt/ha-nat/bin/nat-drain", "--json"),
    );

    expect(result).toMatchObject({ code: 0 });
    expect(JSON.parse(result.stdout)).toMatchObject({ outcome: "handed-over", lanes: [] });
    const after = await serverIn("use1-az1");
    expect(after).not.toBe(before);
    expect({ failed, addresses: addresses.length }).toEqual({ failed: [], addresses: 1 });
    expect((await status()).nodes).toContain(before);
    const last = await inNode(after, "/opt/ha-nat/bin/nat-drain", "--timeout", "20");
    expect(last).toMatchObject({ code: 3, stdout: expect.stringContaining("is the last healthy NAT of use1-az1") });
    expect(await serverIn("use1-az1")).toBe(after);
    // What follows needs a standby.
    expect(await operate("prod", "drain.sh", "--nat", nameOf(before), "--undo")).toMatchObject({ code: 0 });
  }, 120_000);
}

function isAlive(instances: LabStatus["instances"], instanceId: string | undefined): boolean {
  return instances.some((instance) => instance.instanceId === instanceId && instance.alive);
}
