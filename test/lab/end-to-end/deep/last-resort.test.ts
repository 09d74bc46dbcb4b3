/** `test` with a NAT Gateway per zone in the lab: where lanes go when no NAT is healthy, and when they do not. */
import { setTimeout as wait } from "node:timers/promises";
import { ask } from "../../../../lab/cli/control-client";
import { requireRun } from "../../../../lab/cli/runs";
import type { LabStatus } from "../../../../lab/holder/status";
import { describeInNamespaces, root } from "../../support/in-namespaces";
import { lab, statusOf, until } from "../lab";
import { ACCELERATED, Operator } from "../operator";
import { keepVariantUp } from "../variant";

const ENV = "test";
const NATS = ["nat-use1-az1-a", "nat-use1-az2-a"];
const LANE = "use1-az1-l1";
/** Behind our ruleset's back: the machine hears nobody and forwards nothing, its own rules stay as they are. */
const CUT =
  "add table ip cut; add chain ip cut i { type filter hook input priority -500; policy drop; }; add chain ip cut f { type filter hook forward priority -500; policy drop; };";

/** Four sweeps, at the accelerated schedule. */
const WATCH_MS = 20_000;
/** What the log says of a NAT whose word keeps lanes from the gateway. */
const SHUT = "only its way out shut";

interface NatGateways {
  readonly NatGateways: readonly {
    readonly SubnetId: string;
    readonly NatGatewayAddresses: readonly { readonly PublicIp: string }[];
  }[];
}

const servers = ({ lanes }: LabStatus): readonly (string | null)[] => lanes.map(({ servedBy }) => servedBy);
const onAll = (...argv: readonly string[]) => Promise.all(NATS.map((node) => lab("exec", node, "--env", ENV, "--", ...argv)));

async function egressOf(lane: string): Promise<string> {
  const asked = ["curl", "-s", "-m", "5", "http://1.1.1.1/cdn-cgi/trace"];
  const { stdout } = await lab("exec", `client-${lane}`, "--env", ENV, "--", ...asked);
  return /^ip=(.*)$/m.exec(stdout)?.[1] ?? `nothing: ${stdout}`;
}

describeInNamespaces("test with a NAT Gateway as last resort in the lab", () => {
  keepVariantUp(ENV, { lastResort: "nat-gateway", returnAfterSeconds: 15 }, ...ACCELERATED);
  let publicAddress = "";

  test("NATs serve, as without one, and the operator's own script finds nothing wrong", async () => {
    const { code, stdout } = await lab("verify", "--env", ENV);

    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(servers(await statusOf(ENV))).toEqual(NATS);
    publicAddress = await egressOf(LANE);
  }, 90_000);

  test("every target is dead, so every NAT finds its way out shut: nothing is moved", async () => {
    const run = requireRun(root, ENV);
    const { moves } = await statusOf(ENV);
    const nats = { fault: "targets-down", node: "", zone: "", instanceId: "" };

    await ask(run, "POST", "/fault", { fault: nats.fault, watchSeconds: 0 });
    await wait(WATCH_MS);
    const during = await statusOf(ENV);
    await ask(run, "POST", "/undo", nats);

    const operator = await Operator.of(ENV);
    expect(operator.logged("nat-route-failover", "decided").some((line) => JSON.stringify(line).includes(SHUT))).toBe(true);
    expect({ moves: during.moves, servers: servers(during) }).toEqual({ moves, servers: NATS });
  }, 90_000);

  test("no NAT answers, none forwards: every lane goes to the NAT Gateway of its zone, and leaves from its address", async () => {
    const operator = await Operator.of(ENV);
    const { NatGateways: gateways } = await operator.aws<NatGateways>("ec2", "describe-nat-gateways");
    const addresses = gateways.flatMap(({ NatGatewayAddresses: own }) => own.map(({ PublicIp }) => PublicIp));

    await onAll("nft", CUT);
    const atGateway = (status: LabStatus) => servers(status).every((name) => name?.startsWith("nat-gateway-"));
    await until(ENV, "every lane is at its NAT Gateway", atGateway, 90);

    const seen = await egressOf(LANE);
    expect(addresses).toHaveLength(2);
    expect(addresses).toContain(seen);
    expect(addresses).not.toContain(publicAddress);
    const verified = await lab("verify", "--env", ENV);
    expect(verified.code).toBe(1);
    expect(verified.stdout).toContain("at the last resort: NAT Gateway");
    expect(verified.stdout).not.toContain("egress: the internet sees");
  }, 180_000);

  test("NATs are healthy again: the lanes return, with their own public address", async () => {
    await onAll("nft", "delete table ip cut");

    await until(ENV, "every lane is at its NAT", (status) => servers(status).join() === NATS.join(), 240);

    expect(await egressOf(LANE)).toBe(publicAddress);
  }, 300_000);
});
