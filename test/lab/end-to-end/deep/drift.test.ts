/** `test` in the lab, with accelerated schedules: what an operator breaks is found, told and put right. */
import type { LabStatus } from "../../../../lab/holder/status";
import { describeInNamespaces } from "../../support/in-namespaces";
import { keepUp, labJson, statusOf } from "../lab";
import { ACCELERATED, EVERYWHERE, Operator, expectStolenAddressBack } from "../operator";

const LANE = "use1-az1-l1";
const OTHER_LANE = "use1-az2-l1";

let operator: Operator;

interface Route {
  readonly DestinationCidrBlock: string;
  readonly NetworkInterfaceId?: string;
}

async function defaultRoute(routeTableId: string): Promise<Route | undefined> {
  const answer = await operator.aws<{ RouteTables: readonly { Routes: readonly Route[] }[] }>(
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

  keepUp("test", ...ACCELERATED);

  beforeAll(async () => {
    operator = await Operator.of("test");
    ({ instances } = await statusOf("test"));
    const filters = ["--filters", `Name=tag:ha-nat:lane,Values=${LANE}`];
    const tables = await operator.aws<{ RouteTables: readonly { RouteTableId: string }[] }>(
      "ec2",
      "describe-route-tables",
      ...filters,
    );
    tableId = tables.RouteTables[0]?.RouteTableId ?? "";
  }, 180_000);

  test("a deleted default route comes back", async () => {
    await operator.aws("ec2", "delete-route", "--route-table-id", tableId, "--destination-cidr-block", EVERYWHERE);

    const isRight = async (): Promise<boolean> => (await defaultRoute(tableId))?.NetworkInterfaceId !== undefined;
    const line = await operator.mended({ kind: "default-route", subject: LANE, before: "no default route" }, isRight);
    expect(line.after).toMatch(/^a default route to/);
  }, 120_000);

  test.each([
    ["the internet gateway", async () => ["--gateway-id", await internetGateway()], "something that is no interface"],
    ["a client's interface", async () => ["--network-interface-id", await clientInterface()], "eni-"],
  ])(
    "a default route to %s leads to a NAT again",
    async (_, target, before) => {
      const natOfLane = (await defaultRoute(tableId))?.NetworkInterfaceId;
      const foreign = await target();
      await operator.aws(
        ...["ec2", "replace-route", "--route-table-id", tableId, "--destination-cidr-block", EVERYWHERE, ...foreign],
      );

      const isRight = async (): Promise<boolean> => (await defaultRoute(tableId))?.NetworkInterfaceId === natOfLane;
      const line = await operator.mended(
        { kind: "default-route", subject: LANE, before: `a default route to ${before}` },
        isRight,
      );
      expect(line.after).toMatch(/^a default route to/);
      expect(line.before).not.toContain(`${natOfLane}`);
    },
    120_000,
  );

  test("a stolen Elastic IP comes back", () => expectStolenAddressBack(operator, LANE, OTHER_LANE), 120_000);

  test("a source/destination check is switched off again, an opened network ACL is closed, a dead agent lives", async () => {
    const [first, second] = instances;
    const acl = async () => (await operator.aws<{ NetworkAcls: readonly Acl[] }>("ec2", "describe-network-acls")).NetworkAcls[0];
    const instanceId = first?.instanceId ?? "";
    const aclId = (await acl())?.NetworkAclId ?? "";
    const slot = (number: number) => ["--network-acl-id", aclId, "--rule-number", String(number), "--ingress"];
    const open = ["--protocol", "6", "--port-range", "From=0,To=1023", "--rule-action", "allow", "--cidr-block", EVERYWHERE];
    await operator.aws("ec2", "modify-instance-attribute", "--instance-id", instanceId, "--source-dest-check");
    await operator.aws("ec2", "replace-network-acl-entry", ...slot(110), ...open);
    await operator.aws("ec2", "delete-network-acl-entry", ...slot(120));
    await operator.aws("ec2", "create-network-acl-entry", ...slot(50), ...open);
    await inNode(second?.node ?? "", "systemctl", "stop", "ha-nat-agent");

    await operator.mended({ kind: "source-dest-check", subject: instanceId }, async () => {
      const filter = `Name=instance-id,Values=${instanceId}`;
      const { Reservations } = await operator.aws<Reservations>("ec2", "describe-instances", "--filters", filter);
      return Reservations[0]?.Instances[0]?.SourceDestCheck === false;
    });
    const closed = async (): Promise<boolean> => {
      const rules = (await acl())?.Entries.filter(({ Egress }) => !Egress).map((rule) => `${rule.RuleNumber} ${rule.RuleAction}`);
      return rules?.join() === "100 allow,110 deny,120 deny,130 allow,32767 deny";
    };
    for (const before of ["110: allow", "no ingress rule 120", "50: allow"])
      await operator.mended({ kind: "network-acl", before }, closed);
    await operator.mended(
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

    await operator.mended(
      { kind: "instance", subject: first?.instanceId ?? "", before: "ruleset: table ip ha_nat was changed" },
      async () => {
        return (await inNode(node, "/opt/ha-nat/bin/nat-check")).exitCode === 0;
      },
    );
    expect((await inNode(node, "nft", "list", "chain", "ip", "ha_nat", "forward")).stdout).not.toMatch(/\{\n[^\n]*\n\s*accept\n/);
  }, 120_000);
});

interface Acl {
  readonly NetworkAclId: string;
  readonly Entries: readonly { readonly RuleNumber: number; readonly Egress: boolean; readonly RuleAction: string }[];
}

interface Reservations {
  readonly Reservations: readonly { readonly Instances: readonly { readonly SourceDestCheck: boolean }[] }[];
}

/** By the public subnets' own route to it. */
async function internetGateway(): Promise<string> {
  const answer = await operator.aws<{ RouteTables: readonly { Routes: readonly { GatewayId?: string }[] }[] }>(
    ...["ec2", "describe-route-tables"],
  );
  const gateways = answer.RouteTables.flatMap(({ Routes }) => Routes.flatMap(({ GatewayId = "local" }) => GatewayId));
  const gateway = gateways.find((id) => id.startsWith("igw-"));
  if (gateway === undefined) throw new Error(`no route leads to an internet gateway: ${JSON.stringify(answer)}`);
  return gateway;
}

/** Of an instance beside the fleet, in a private subnet. */
async function clientInterface(): Promise<string> {
  const filters = ["--filters", "Name=tag:ha-nat:role,Values=rto-probe"];
  const answer = await operator.aws<{
    Reservations: readonly { Instances: readonly { NetworkInterfaces: readonly { NetworkInterfaceId: string }[] }[] }[];
  }>("ec2", "describe-instances", ...filters);
  const [eniId] = answer.Reservations.flatMap(({ Instances }) =>
    Instances.flatMap(({ NetworkInterfaces }) => NetworkInterfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId)),
  );
  if (eniId === undefined) throw new Error(`no client is an instance of EC2's: ${JSON.stringify(answer)}`);
  return eniId;
}
