/** `prod` in the lab: three zones, two NATs each. The standby of the zone takes over; then a zone is lost. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { parameterPath } from "../../../contract/parameters";
import type { HeartbeatKeys } from "../../../contract/parameters";
import { describeInNamespaces, root } from "../support/in-namespaces";
import { endpointOf, keepUp, lab, serverOf, statusOf, survive } from "./lab";

const laneOf = (zone: string): string => `${zone}-l1`;

async function server(zone: string): Promise<string> {
  return serverOf(await statusOf("prod"), laneOf(zone));
}

describeInNamespaces("the prod environment in the lab", () => {
  keepUp("prod");

  test("is verified by the operator's own script", async () => {
    const { code, stdout, stderr } = await lab("verify", "--env", "prod");

    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  }, 90_000);

  const inSessions = existsSync("/proc/self/autogroup");
  (inSessions ? test : test.skip)(
    `a boot gives way to the machines that serve, though they boot together${inSessions ? "" : " (skipped: no sched_autogroup)"}`,
    async () => {
      const nats = (await statusOf("prod")).instances.map(({ node }) => node);
      const seen = await Promise.all(nats.map((nat) => lab("exec", "--env", "prod", nat, "--", "cat", "/proc/1/autogroup")));

      expect(nats).toHaveLength(6);
      expect(seen.map(({ stdout }) => stdout.trim().replace(/^\S+ /, ""))).toEqual(nats.map(() => "nice 10"));
    },
    30_000,
  );

  test("one thread of an agent, the one that copies flows, gives way to those by which its NAT is heard", async () => {
    // proc_pid_stat(5): what follows the name in parentheses begins with field 3, niceness is field 19.
    const niceness = `cat /proc/$(pgrep -fo "node .*nat-agent.mjs")/task/*/stat | sed "s/.*) //" | cut -d " " -f 17`;
    const { stdout } = await lab("exec", "--env", "prod", await server("use1-az1"), "--", "sh", "-c", niceness);
    const threads = stdout.trim().split("\n").map(Number);
    const first = threads[0] ?? 0;

    expect(threads.filter((nice) => nice !== first)).toEqual([Math.min(19, first + 5)]);
  });

  test.each([
    ["hang-nat", "use1-az1"],
    ["flush-rules", "use1-az2"],
    ["uplink-down", "use1-az4"],
  ])(
    "%s: the standby of the zone takes over within 3 s, with the same public address",
    async (fault, zone) => {
      const before = await server(zone);
      const { lanes } = await survive("prod", fault, before);
      const after = await server(zone);

      expect(after).not.toBe(before);
      expect(after).toContain(zone);
      for (const { publicAddressBefore, publicAddressAfter } of lanes) expect(publicAddressAfter).toBe(publicAddressBefore);
    },
    60_000,
  );

  test("the logs tell what happened, failover by failover, and no log has the heartbeat key", async () => {
    const { code, stdout } = await lab("logs", "--env", "prod", "--failover", "2");
    const { endpoint, region, accessKeyId, secretAccessKey } = await endpointOf("prod");
    const ssm = new SSMClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
    const { Parameters = [] } = await ssm.send(
      new GetParametersCommand({ Names: [parameterPath("prod", "heartbeat-key")], WithDecryption: true }),
    );
    const { current } = JSON.parse(Parameters[0]?.Value ?? "{}") as HeartbeatKeys;
    const folder = join(root, ".lab/prod/logs");
    const telling = readdirSync(folder).filter((file) => readFileSync(join(folder, file), "utf8").includes(current));

    expect({ code, lines: stdout.trim().split("\n").length <= 30 }).toEqual({ code: 0, lines: true });
    expect(stdout).toMatch(/plans point-route use1-az\d-l1 .* because/);
    expect(current).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(telling).toEqual([]);
  }, 30_000);

  test("lose-zone: another zone takes over within 10 s, with the same public address", async () => {
    const { lanes } = await survive("prod", "lose-zone", await server("use1-az1"));
    const lost = lanes.find(({ lane }) => lane === laneOf("use1-az1"));

    expect(lost?.publicAddressAfter).toBe(lost?.publicAddressBefore);
    expect(await server("use1-az1")).not.toContain("use1-az1");
  }, 60_000);
});
