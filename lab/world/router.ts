import { readFileSync, writeFileSync } from "node:fs";
import { addressText, cidrRange } from "../aws/state/cidr";
import type { NetworkAclRule, StackModel, SubnetModel } from "../stack/model";
import { ipBatch, nft, run } from "./command";
import { EniTable } from "./eni-table";
import type { Eni } from "./eni-table";
import type { KernelRoute, RouteTarget } from "./fabric";
import { ACTIVE_METRIC, MARK_METRIC, toKernelRoutes } from "./kernel-routes";
import { KernelView } from "./kernel-view";
import { GATEWAY_DEVICE, IMDS_ADDRESS, aclChain, aclRules, parseAclComment, routerRuleset } from "./ruleset";

/** Addresses of the link between the router and the internet namespace: carrier-grade space, never part of a VPC here. */
export const GATEWAY_LINK = { router: "100.64.0.1", internet: "100.64.0.2" } as const;
const FIRST_TABLE = 100;
const FIRST_RULE_PRIORITY = 1000;

/** What an ENI needs to be plugged in. */
export interface EniSpec {
  readonly eniId: string;
  readonly subnetId: string;
  readonly address: string;
  /** May ask the instance metadata service. */
  readonly imds: boolean;
  /** @default - the kernel chooses */
  readonly mac?: string;
}

/** The VPC's router: the namespace that the holder itself lives in. Every state is the kernel's; this class only finds names. */
export class Router {
  readonly enis: EniTable;
  private readonly kernel = new KernelView();
  private aclTurn: Promise<unknown> = Promise.resolve();
  private readonly tables: ReadonlyMap<string, number>;
  private readonly subnets: ReadonlyMap<string, { readonly subnet: SubnetModel; readonly index: number }>;

  constructor(
    private readonly model: StackModel,
    readonly loadBalancerAddresses: ReadonlyMap<string, string>,
  ) {
    this.enis = new EniTable(model.internetGatewayId, () => readFileSync("/proc/self/net/dev", "utf8"));
    this.tables = new Map(model.routeTables.map(({ routeTableId }, index) => [routeTableId, FIRST_TABLE + index]));
    this.subnets = new Map(model.subnets.map((subnet, index) => [subnet.subnetId, { subnet, index }]));
  }

  /** Sets up the empty VPC; the internet namespace must exist. */
  async setUp(internetNamespace: string): Promise<void> {
    for (const [key, value] of ROUTER_SYSCTLS) writeFileSync(`/proc/sys/net/ipv4/${key}`, value);
    await ipBatch([
      "link set lo up",
      `addr add ${IMDS_ADDRESS}/32 dev lo`,
      ...[...this.loadBalancerAddresses.values()].map((address) => `addr add ${address}/32 dev lo`),
      `link add ${GATEWAY_DEVICE} type veth peer name eth0 netns ${internetNamespace}`,
      `addr add ${GATEWAY_LINK.router} peer ${GATEWAY_LINK.internet}/32 dev ${GATEWAY_DEVICE}`,
      `link set ${GATEWAY_DEVICE} up`,
      `route add blackhole ${this.model.vpc.cidr} metric 999999`,
      "route add blackhole default metric 999999",
      ...[...this.tables.values()].map((table) => `route add throw ${this.model.vpc.cidr} table ${table}`),
    ]);
    await nft(routerRuleset(this.model, [...this.loadBalancerAddresses.values()]));
    for (const { routeTableId, routes } of this.model.routeTables) {
      for (const { destination, gatewayId } of routes) await this.writeRoute(routeTableId, destination, { gatewayId });
    }
  }

  readSentBytes(): ReadonlyMap<string, number> {
    return this.enis.received();
  }

  /** Plugs an ENI into a namespace, given by name or by the ID of a process in it. The node's side is `ens5`. */
  async attach(spec: EniSpec, namespace: string): Promise<Eni> {
    const { subnet, index } = this.subnet(spec.subnetId);
    const eni = this.enis.add(spec.eniId, spec.subnetId, spec.address);
    const { device } = eni;
    await nft(
      [
        `add element ip vpc eni_addresses { "${device}" . ${spec.address} }`,
        `add element ip vpc checked { "${device}" }`,
        `add element ip vpc devices_${index} { "${device}" }`,
        `add element ip vpc subnet_egress { "${device}" : jump egress_${index} }`,
        `add element ip vpc subnet_ingress { "${device}" : jump ingress_${index} }`,
        ...(spec.imds ? [`add element ip vpc imds_clients { "${device}" . ${spec.address} }`] : []),
      ].join("\n"),
    );
    await ipBatch([
      `rule add iif ${device} lookup ${this.table(subnet.routeTableId)} prio ${FIRST_RULE_PRIORITY + eni.index}`,
      `link add ${device} type veth peer name ens5 ${spec.mac === undefined ? "" : `address ${spec.mac} `}netns ${namespace}`,
      `addr add ${this.gateway(spec.subnetId)}/32 dev ${device}`,
      `link set ${device} up`,
      `route add ${spec.address}/32 dev ${device}`,
    ]);
    return eni;
  }

  /** Resolves when the ENI is gone. The kernel would remove it with its namespace, a moment later. */
  async removeDevice(eniId: string): Promise<void> {
    if (this.enis.isPresent(eniId)) await run("ip", ["link", "del", this.enis.get(eniId).device]).catch(ignoreMissing);
  }

  /** Takes out what the kernel does not remove with the device. */
  async detach(eniId: string): Promise<void> {
    const { device, index, subnetId } = this.enis.get(eniId);
    await this.removeDevice(eniId);
    await run("ip", ["rule", "del", "prio", String(FIRST_RULE_PRIORITY + index)]).catch(ignoreMissing);
    const subnetIndex = this.subnet(subnetId).index;
    const pairs = (await this.kernel.elements("eni_addresses")).filter((element) => element.startsWith(`${device} `));
    const imds = (await this.kernel.elements("imds_clients")).filter((element) => element.startsWith(`${device} `));
    const checked = await this.kernel.elements("checked");
    await nft(
      [
        ...pairs.map((pair) => `delete element ip vpc eni_addresses { ${quoteDevice(pair)} }`),
        ...imds.map((pair) => `delete element ip vpc imds_clients { ${quoteDevice(pair)} }`),
        ...(checked.includes(device) ? [`delete element ip vpc checked { "${device}" }`] : []),
        `delete element ip vpc devices_${subnetIndex} { "${device}" }`,
        `delete element ip vpc subnet_egress { "${device}" }`,
        `delete element ip vpc subnet_ingress { "${device}" }`,
      ].join("\n"),
    );
  }

  async readRoutes(routeTableId: string): Promise<readonly KernelRoute[]> {
    return toKernelRoutes(await this.kernel.routes(String(this.table(routeTableId))), this.enis);
  }

  async writeRoute(routeTableId: string, destination: string, target: RouteTarget): Promise<void> {
    const where = `${destination} table ${this.table(routeTableId)}`;
    const unmark = `route flush table ${this.table(routeTableId)} exact ${destination} type blackhole`;
    if ("gatewayId" in target) {
      await ipBatch([
        `route replace ${where} via ${GATEWAY_LINK.internet} dev ${GATEWAY_DEVICE} metric ${ACTIVE_METRIC}`,
        unmark,
      ]);
      return;
    }
    const { device, address, index } = this.enis.get(target.eniId);
    const mark = `route add blackhole ${where} metric ${MARK_METRIC + index}`;
    if (this.enis.isPresent(target.eniId)) {
      await ipBatch([`route replace ${where} via ${address} dev ${device} onlink metric ${ACTIVE_METRIC}`, unmark, mark]);
    } else {
      await ipBatch([`route flush table ${this.table(routeTableId)} exact ${destination}`, mark]);
    }
  }

  async deleteRoute(routeTableId: string, destination: string): Promise<void> {
    await run("ip", ["route", "flush", "table", String(this.table(routeTableId)), "exact", destination]);
  }

  /** Secondary addresses by ENI: `/32` routes of the main table that go by an ENI's primary address. */
  async readSecondaryAddresses(): Promise<ReadonlyMap<string, readonly string[]>> {
    const found = new Map<string, string[]>();
    for (const route of await this.kernel.routes("main")) {
      const eniId = route.gateway === undefined || route.dev === undefined ? undefined : this.enis.eniOf(route.dev);
      if (eniId !== undefined) found.set(eniId, [...(found.get(eniId) ?? []), route.dst]);
    }
    return found;
  }

  async moveAddress(address: string, eniId: string | null): Promise<void> {
    const holders = (await this.kernel.elements("eni_addresses")).filter((element) => element.endsWith(` ${address}`));
    const target = eniId === null ? undefined : this.enis.get(eniId);
    if (target === undefined || !this.enis.isPresent(target.eniId)) {
      await run("ip", ["route", "flush", "table", "main", "exact", `${address}/32`]);
    } else {
      await ipBatch([`route replace ${address}/32 via ${target.address} dev ${target.device} onlink`]);
    }
    await nft(
      [
        ...holders.map((pair) => `delete element ip vpc eni_addresses { ${quoteDevice(pair)} }`),
        ...(target === undefined ? [] : [`add element ip vpc eni_addresses { "${target.device}" . ${address} }`]),
        "",
      ].join("\n"),
    );
  }

  async readPublicAddresses(): Promise<ReadonlyMap<string, string>> {
    return new Map((await this.kernel.pairs("public_to_private")).map(([publicIp, privateIp]) => [publicIp, privateIp]));
  }

  async mapPublicAddress(publicIp: string, privateIp: string | null): Promise<void> {
    const before = await this.kernel.pairs("public_to_private");
    // One to one: whoever had either side loses it.
    const stale = before.filter(([from, to]) => from === publicIp || to === privateIp);
    const removed = stale.flatMap(([from, to]) => [
      `delete element ip vpc public_to_private { ${from} }`,
      `delete element ip vpc private_to_public { ${to} }`,
    ]);
    const added =
      privateIp === null
        ? []
        : [
            `add element ip vpc public_to_private { ${publicIp} : ${privateIp} }`,
            `add element ip vpc private_to_public { ${privateIp} : ${publicIp} }`,
          ];
    await nft([...removed, ...added, ""].join("\n"));
  }

  async readSourceDestCheck(eniId: string): Promise<boolean> {
    return (await this.kernel.elements("checked")).includes(this.enis.get(eniId).device);
  }

  async writeSourceDestCheck(eniId: string, on: boolean): Promise<void> {
    const { device } = this.enis.get(eniId);
    if ((await this.readSourceDestCheck(eniId)) === on) return;
    await nft(`${on ? "add" : "delete"} element ip vpc checked { "${device}" }`);
  }

  async readAclRules(networkAclId: string): Promise<readonly NetworkAclRule[]> {
    const index = this.aclIndex(networkAclId);
    const sides = [true, false].map(async (egress) => {
      const comments = await this.kernel.comments(aclChain(index, egress));
      return comments.flatMap((comment) => parseAclComment(comment, egress) ?? []);
    });
    return (await Promise.all(sides)).flat();
  }

  /** One change at a time: each makes its chain anew, from what the kernel has. */
  changeAcl(networkAclId: string, slot: Pick<NetworkAclRule, "number" | "egress">, rule: NetworkAclRule | null): Promise<void> {
    const change = this.aclTurn.then(async () => {
      const { number, egress } = slot;
      const rules = (await this.readAclRules(networkAclId)).filter((known) => known.egress === egress && known.number !== number);
      const chain = `ip vpc ${aclChain(this.aclIndex(networkAclId), egress)}`;
      const lines = aclRules(rule === null ? rules : [...rules, rule]).map((line) => `add rule ${chain} ${line}`);
      await nft([`flush chain ${chain}`, ...lines, ""].join("\n"));
    });
    this.aclTurn = change.catch(() => undefined);
    return change;
  }

  /** The subnet's router address: the first after the network address, as in every VPC. */
  gateway(subnetId: string): string {
    return addressText(cidrRange(this.subnet(subnetId).subnet.cidr).first + 1);
  }

  private table(routeTableId: string): number {
    const table = this.tables.get(routeTableId);
    if (table === undefined)
      throw new Error(`route table ${routeTableId} is not in the stack; it has ${[...this.tables.keys()].join(", ")}`);
    return table;
  }

  private aclIndex(networkAclId: string): number {
    const index = this.model.networkAcls.findIndex((acl) => acl.networkAclId === networkAclId);
    if (index < 0) throw new Error(`network ACL ${networkAclId} is not in the stack`);
    return index;
  }

  private subnet(subnetId: string): { readonly subnet: SubnetModel; readonly index: number } {
    const found = this.subnets.get(subnetId);
    if (found === undefined)
      throw new Error(`subnet ${subnetId} is not in the stack; it has ${[...this.subnets.keys()].join(", ")}`);
    return found;
  }
}

/** Under net.ipv4. Set as defaults before the first ENI, which inherits them. */
const ROUTER_SYSCTLS: readonly (readonly [string, string])[] = [
  ["ip_forward", "1"],
  ["conf/all/rp_filter", "0"],
  ["conf/default/rp_filter", "0"],
  ["conf/all/send_redirects", "0"],
  ["conf/default/send_redirects", "0"],
];

function quoteDevice(pair: string): string {
  const [device = "", address = ""] = pair.split(" ");
  return `"${device}" . ${address}`;
}

function ignoreMissing(error: unknown): void {
  // The kernel may remove a device of a dead namespace between our look and our delete.
  if (!/Cannot find device|No such (file|process|device)/.test(String(error))) throw error;
}
