/**
 * `test` in the lab, whose four-minute schedules run every 20 s: what an operator breaks is found, told and put right. A run of the
 * schedule that takes 20 s here takes 240 s on AWS, so that five minutes there leave 60 s for the mending, which is not accelerated.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { LabStatus } from "../../../lab/holder/status";
import { describeInNamespaces, root } from "../support/in-namespaces";
import type { Endpoint } from "./lab";
import { awsCli, endpointOf, keepUp, labJson } from "./lab";

const FACTOR = 12;
const LIMIT_MS = 20_000 + 60_000;
const LANE = "use1-az1-l1";
const OTHER_LANE = "use1-az2-l1";
const EVERYWHERE = "0.0.0.0/0";

interface Line {
  readonly function: string;
  readonly message: string;
  readonly kind: string;
  readonly subject: string;
  readonly before: string;
  readonly after: string;
}

let access: Endpoint;

/** A call of the operator's. */
async function aws<T>(...args: readonly string[]): Promise<T> {
  const ended = await awsCli(access, ...args);
  if (ended.code !== 0) throw new Error(`aws ${args.join(" ")}: ${ended.stderr}`);
  return (ended.stdout.trim() === "" ? undefined : JSON.parse(ended.stdout)) as T;
}

/** Everything that the functions have told of drift. */
function told(): readonly Line[] {
  return ["config-guard", "eip-recover", "nat-route-failover"].flatMap((name) =>
    readFileSync(join(root, `.lab/test/logs/ha-nat-test-${name}.log`), "utf8")
      .split("\n")
      .filter((line) => line.includes('"message":"drift'))
      .map((line) => ({ ...(JSON.parse(line) as Line), function: name })),
  );
}

/** Waits until it was told as found and as mended, with before and after, and the world shows it. */
async function mended(what: Partial<Line>, isRight: () => Promise<boolean>): Promise<Line> {
  const deadline = Date.now() + LIMIT_MS;
  const matches = (line: Line): boolean =>
    (what.kind ?? line.kind) === line.kind &&
    (what.subject ?? line.subject) === line.subject &&
    line.before.includes(what.before ?? "");
  for (;;) {
    const lines = told().filter(matches);
    const [found] = lines.filter(({ message }) => message === "drift");
    if (found && lines.some(({ message }) => message === "drift mended") && (await isRight())) return found;
    if (Date.now() > deadline) throw new Error(`${JSON.stringify(what)} is not mended; told: ${JSON.stringify(told(), null, 1)}`);
    await wait(500);
  }
}

interface Route {
  readonly DestinationCidrBlock: string;
  readonly NetworkInterfaceId?: string;
}

async function defaultRoute(routeTableId: string): Promise<Route | undefined> {
  const answer = await aws<{ RouteTables: readonly { Routes: readonly Route[] }[] }>(
    ...["ec2", "describe-route-tables", "--route-table-ids", routeTableId],
  );
  return answer.RouteTables[0]?.Routes.find(({ DestinationCidrBlock }) => DestinationCidrBlock === EVERYWHERE);
}

async function inNode(node: string, ...argv: readonly string[]): Promise<{ readonly exitCode: number; readonly stdout: string }> {
  return labJson("exec", "--env", "test", node, "--", ...argv);
}

describeInNamespaces("what an operator changes in the test environment", () => {
  let tableId = "";
  let instances: LabStatus["instances"] = [];

  keepUp("test", "--schedule-factor", String(FACTOR));

  beforeAll(async () => {
    access = await endpointOf("test");
    ({ instances } = await labJson<LabStatus>("status", "--env", "test"));
    const filters = ["--filters", `Name=tag:ha-nat:lane,Values=${LANE}`];
    const tables = await aws<{ RouteTables: readonly { RouteTableId: string }[] }>("ec2", "describe-route-tables", ...filters);
    tableId = tables.RouteTables[0]?.RouteTableId ?? "";
  }, 180_000);

  test("a deleted default route comes back", async () => {
    await aws("ec2", "delete-route", "--route-table-id", tableId, "--destination-cidr-block", EVERYWHERE);

    const isRight = async (): Promise<boolean> => (await defaultRoute(tableId))?.NetworkInterfaceId !== undefined;
    const line = await mended({ kind: "default-route", subject: LANE, before: "no default route" }, isRight);
    expect(line.after).toMatch(/^a default route to/);
  }, 120_000);

  test("a default route to a foreign target leads to a NAT again", async () => {
    const { gateway } = await publicRoute();
    const target = ["--route-table-id", tableId, "--destination-cidr-block", EVERYWHERE, "--gateway-id", gateway];
    await aws("ec2", "replace-route", ...target);

    const isRight = async (): Promise<boolean> => (await defaultRoute(tableId))?.NetworkInterfaceId !== undefined;
    await mended({ kind: "default-route", subject: LANE, before: "a default route to something that is no interface" }, isRight);
  }, 120_000);

  test("a stolen Elastic IP comes back", async () => {
    const find = async (lane: string): Promise<Address> => {
      const filters = ["--filters", `Name=tag:ha-nat:lane,Values=${lane}`];
      const { Addresses: found } = await aws<{ Addresses: readonly Address[] }>("ec2", "describe-addresses", ...filters);
      return found[0] ?? {};
    };
    const [mine, other] = [await find(LANE), await find(OTHER_LANE)];
    const thief = ["--network-interface-id", `${other.NetworkInterfaceId}`, "--private-ip-address", `${other.PrivateIpAddress}`];
    await aws("ec2", "associate-address", "--allocation-id", `${mine.AllocationId}`, ...thief, "--allow-reassociation");

    const line = await mended({ kind: "address", subject: LANE }, async () => {
      const now = await Promise.all([find(LANE), find(OTHER_LANE)]);
      return (
        now.map(({ PrivateIpAddress }) => PrivateIpAddress).join() === [mine, other].map((one) => one.PrivateIpAddress).join()
      );
    });
    expect(line.before).toBe(`${mine.PublicIp} at ${other.PrivateIpAddress} of ${other.NetworkInterfaceId}`);
    expect(line.after).toBe(`${mine.PublicIp} at ${mine.PrivateIpAddress} of ${mine.NetworkInterfaceId}`);
  }, 120_000);

  test("a source/destination check is switched off again, an opened network ACL is closed, a dead agent lives", async () => {
    const [first, second] = instances;
    const acl = async () => (await aws<{ NetworkAcls: readonly Acl[] }>("ec2", "describe-network-acls")).NetworkAcls[0];
    const instanceId = first?.instanceId ?? "";
    const aclId = (await acl())?.NetworkAclId ?? "";
    const slot = (number: number) => ["--network-acl-id", aclId, "--rule-number", String(number), "--ingress"];
    const open = ["--protocol", "6", "--port-range", "From=0,To=1023", "--rule-action", "allow", "--cidr-block", EVERYWHERE];
    await aws("ec2", "modify-instance-attribute", "--instance-id", instanceId, "--source-dest-check");
    await aws("ec2", "replace-network-acl-entry", ...slot(110), ...open);
    await aws("ec2", "delete-network-acl-entry", ...slot(120));
    await aws("ec2", "create-network-acl-entry", ...slot(50), ...open);
    await inNode(second?.node ?? "", "systemctl", "stop", "ha-nat-agent");

    await mended({ kind: "source-dest-check", subject: instanceId }, async () => {
      const filter = `Name=instance-id,Values=${instanceId}`;
      const { Reservations } = await aws<Reservations>("ec2", "describe-instances", "--filters", filter);
      return Reservations[0]?.Instances[0]?.SourceDestCheck === false;
    });
    const closed = async (): Promise<boolean> => {
      const rules = (await acl())?.Entries.filter(({ Egress }) => !Egress).map((rule) => `${rule.RuleNumber} ${rule.RuleAction}`);
      return rules?.join() === "100 allow,110 deny,120 deny,130 allow,32767 deny";
    };
    for (const before of ["110: allow", "no ingress rule 120", "50: allow"])
      await mended({ kind: "network-acl", before }, closed);
    await mended(
      { kind: "instance", subject: second?.instanceId ?? "", before: "agent: the agent does not answer" },
      async () => {
        return (await inNode(second?.node ?? "", "/opt/ha-nat/bin/nat-check")).exitCode === 0;
      },
    );
  }, 240_000);

  test("an edited ruleset is loaded again", async () => {
    const [first] = instances;
    const node = first?.node ?? "";
    await inNode(node, "nft", "insert", "rule", "ip", "ha_nat", "forward", "accept");

    await mended(
      { kind: "instance", subject: first?.instanceId ?? "", before: "ruleset: table ip ha_nat was changed" },
      async () => {
        return (await inNode(node, "/opt/ha-nat/bin/nat-check")).exitCode === 0;
      },
    );
    expect((await inNode(node, "nft", "list", "chain", "ip", "ha_nat", "forward")).stdout).not.toMatch(/\{\n[^\n]*\n\s*accept\n/);
  }, 120_000);
});

interface Address {
  readonly AllocationId?: string;
  readonly PublicIp?: string;
  readonly PrivateIpAddress?: string;
  readonly NetworkInterfaceId?: string;
}

interface Acl {
  readonly NetworkAclId: string;
  readonly Entries: readonly { readonly RuleNumber: number; readonly Egress: boolean; readonly RuleAction: string }[];
}

interface Reservations {
  readonly Reservations: readonly { readonly Instances: readonly { readonly SourceDestCheck: boolean }[] }[];
}

/** The internet gateway, by the public subnets' own route to it. */
async function publicRoute(): Promise<{ readonly gateway: string }> {
  const answer = await aws<{ RouteTables: readonly { Routes: readonly { GatewayId?: string }[] }[] }>(
    "ec2",
    "describe-route-tables",
  );
  const gateways = answer.RouteTables.flatMap(({ Routes }) => Routes.flatMap(({ GatewayId = "local" }) => GatewayId));
  const gateway = gateways.find((id) => id.startsWith("igw-"));
  if (gateway === undefined) throw new Error(`no route leads to an internet gateway: ${JSON.stringify(answer)}`);
  return { gateway };
}
