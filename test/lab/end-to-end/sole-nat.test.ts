/** `test` in the lab: two zones, one NAT each. Another zone takes over, with the same public address. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runningLabs } from "../../../lab/cli/runs";
import { describeInNamespaces, root } from "../support/in-namespaces";
import { remaining, tracesOf } from "../support/traces";
import type { Ended } from "./lab";
import { awsCli, endpointOf, keepUp, lab, labJson, serverOf, statusOf, survive, until } from "./lab";

const LANE = "use1-az1-l1";

const aws = async (...args: readonly string[]): Promise<Ended> => awsCli(await endpointOf("test"), ...args);

async function ask<T>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await aws(...args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout) as T;
}

describeInNamespaces("the test environment in the lab", () => {
  keepUp("test");

  test("is verified by the operator's own script", async () => {
    const { code, stdout, stderr } = await lab("verify", "--env", "test");

    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  }, 60_000);

  test("shows instances, routes, target health and parameters to the AWS CLI", async () => {
    const [reservations, tables, topology] = await Promise.all([
      ask<{ Reservations: readonly unknown[] }>(...["ec2", "describe-instances", "--filters", "Name=tag:ha-nat:role,Values=nat"]),
      ask<{ RouteTables: readonly { Routes: readonly { DestinationCidrBlock: string; State: string }[] }[] }>(
        ...["ec2", "describe-route-tables", "--filters", `Name=tag:ha-nat:lane,Values=${LANE}`],
      ),
      ask<{ Parameters: readonly { Value: string }[] }>("ssm", "get-parameters", "--names", "/ha-nat/test/topology"),
    ]);
    const { targetGroupArn } = JSON.parse(topology.Parameters[0]?.Value ?? "{}") as { targetGroupArn: string };
    const health = await ask<{ TargetHealthDescriptions: readonly { TargetHealth: { State: string } }[] }>(
      ...["elbv2", "describe-target-health", "--target-group-arn", targetGroupArn],
    );

    expect(reservations.Reservations).toHaveLength(2);
    expect(tables.RouteTables[0]?.Routes).toContainEqual(
      expect.objectContaining({ DestinationCidrBlock: "0.0.0.0/0", State: "active" }),
    );
    expect(health.TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth.State)).toEqual(["healthy", "healthy"]);
  }, 90_000);

  test("answers an operation that it does not know with an AWS error that names it", async () => {
    const { code, stderr } = await aws("ec2", "describe-transit-gateways");

    expect(code).not.toBe(0);
    expect(stderr).toMatch(/An error occurred \(\w+\).*DescribeTransitGateways/s);
  }, 30_000);

  test("runs in its NATs the payload that the stack names", async () => {
    const { payload } = JSON.parse(readFileSync(join(root, "dist/manifest.json"), "utf8")) as { payload: { sha256: string } };
    const node = serverOf(await statusOf("test"), LANE);
    const argv = ["sha256sum", "/opt/ha-nat/payload.tar.gz"];
    const { stdout } = await labJson<{ stdout: string }>("exec", "--env", "test", node, "--", ...argv);

    expect(stdout.split(" ")[0]).toBe(payload.sha256);
  }, 30_000);

  test("forwards on when an agent is killed: its lane stays where it is", async () => {
    const before = serverOf(await statusOf("test"), LANE);
    await survive("test", "kill-agent", before, 6);

    expect(serverOf(await statusOf("test"), LANE)).toBe(before);
  }, 60_000);

  test("moves the lane of a killed NAT to the other zone within 5 s, public address and all, and replaces the NAT", async () => {
    const before = serverOf(await until("test", "settled", ({ settled }) => settled, 60), LANE);
    const { lanes } = await survive("test", "kill-nat", before, 10);
    const moved = lanes.find(({ lane }) => lane === LANE);

    expect(moved?.publicAddressAfter).toBe(moved?.publicAddressBefore);
    expect(serverOf(await statusOf("test"), LANE)).not.toBe(before);
    await until("test", "a replacement in service", ({ settled }) => settled, 90);
  }, 180_000);

  test("goes without a trace", async () => {
    const record = runningLabs(root).find(({ env }) => env === "test");
    const traces = tracesOf(record?.pid ?? 0);
    const { code, stderr } = await lab("down", "--env", "test");

    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(traces.processes.length).toBeGreaterThan(10);
    expect(remaining(traces)).toEqual({ processes: [], namespaces: [] });
  }, 60_000);
});
