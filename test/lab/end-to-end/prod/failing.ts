/** The standby of the zone takes over; then a zone is lost. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { parameterPath } from "../../../../contract/parameters";
import type { HeartbeatKeys } from "../../../../contract/parameters";
import { root } from "../../support/in-namespaces";
import { endpointOf, lab, survive, untilWhole } from "../lab";
import { laneOf, serverIn } from "./zones";

export function failing(): void {
  test.each([
    ["hang-nat", "use1-az1"],
    ["flush-rules", "use1-az2"],
    ["uplink-down", "use1-az4"],
  ])(
    "%s: the standby of the zone takes over within 3 s, with the same public address",
    async (fault, zone) => {
      await untilWhole("prod", zone);
      const before = await serverIn(zone);
      const { lanes } = await survive("prod", fault, before, 6);
      const after = await serverIn(zone);

      expect(after).not.toBe(before);
      expect(after).toContain(zone);
      for (const { publicAddressBefore, publicAddressAfter } of lanes) expect(publicAddressAfter).toBe(publicAddressBefore);
    },
    120_000,
  );

  test("the logs tell what happened, failover by failover, and no log has the heartbeat key", async () => {
    const story = (failover: string) => lab("logs", "--env", "prod", "--failover", failover);
    const last = /^failover 1 of (\d+)/.exec((await story("1")).stdout)?.[1] ?? "";
    const { code, stdout } = await story(last);
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
    const { lanes } = await survive("prod", "lose-zone", await serverIn("use1-az1"), 10);
    const lost = lanes.find(({ lane }) => lane === laneOf("use1-az1"));

    expect(lost?.publicAddressAfter).toBe(lost?.publicAddressBefore);
    expect(await serverIn("use1-az1")).not.toContain("use1-az1");
  }, 60_000);
}
