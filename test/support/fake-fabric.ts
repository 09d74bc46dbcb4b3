import type { NetworkAclRule } from "../../lab/stack/model";
import type { Fabric, InstanceSpec, KernelRoute, RouteTarget } from "../../lab/world/fabric";

/** A kernel of maps that behaves like the lab's: ENIs come and go with their machines, and every write is recorded. */
export class FakeFabric implements Fabric {
  readonly writes: string[] = [];
  readonly launched: InstanceSpec[] = [];
  /** What `checkTarget` answers; by default 200 from a living machine. */
  health: (address: string) => { readonly status: number } | { readonly error: string } = () => ({ status: 200 });
  /** Throws to make a launch fail. */
  onLaunch: (spec: InstanceSpec) => void = () => undefined;
  private readonly alive = new Map<string, InstanceSpec>();
  private readonly routes = new Map<string, Map<string, RouteTarget>>();
  private readonly holders = new Map<string, string>();
  private readonly publics = new Map<string, string>();
  /** Network ACL → its rules. */
  readonly acls = new Map<string, readonly NetworkAclRule[]>();
  private readonly unchecked = new Set<string>();
  /** What the metadata service tells beyond the launch: `<instance ID> <path>` → text. */
  readonly metadata = new Map<string, string>();

  async launchInstance(spec: InstanceSpec): Promise<void> {
    this.onLaunch(spec);
    this.launched.push(spec);
    this.alive.set(spec.instanceId, spec);
    if (spec.publicAddress !== undefined) this.publics.set(spec.publicAddress, spec.privateAddress);
  }

  async terminateInstance(instanceId: string, abruptly = false): Promise<void> {
    this.writes.push(`terminate ${instanceId}${abruptly ? " abruptly" : ""}`);
    this.kill(instanceId);
  }

  /** What a fault does: nobody tells the API. */
  kill(instanceId: string): void {
    const spec = this.alive.get(instanceId);
    this.alive.delete(instanceId);
    for (const [address, eniId] of this.holders) if (eniId === spec?.eniId) this.holders.delete(address);
  }

  isInstanceAlive(instanceId: string): boolean {
    return this.alive.has(instanceId);
  }

  /** NAT Gateways that have failed. */
  readonly failedGateways = new Set<string>();

  isNatGatewayUp(natGatewayId: string): boolean {
    return !this.failedGateways.has(natGatewayId);
  }

  writeMetadata(instanceId: string, path: string, text: string | null): void {
    if (text === null) this.metadata.delete(`${instanceId} ${path}`);
    else this.metadata.set(`${instanceId} ${path}`, text);
  }

  async readRoutes(routeTableId: string): Promise<readonly KernelRoute[]> {
    const enis = new Set([...this.alive.values()].map((spec) => spec.eniId));
    return [...(this.routes.get(routeTableId) ?? [])].map(([destination, target]) => ({
      destination,
      target,
      state: "eniId" in target && !enis.has(target.eniId) ? ("blackhole" as const) : ("active" as const),
    }));
  }

  async writeRoute(routeTableId: string, destination: string, target: RouteTarget): Promise<void> {
    this.writes.push(`route ${routeTableId} ${destination} ${"eniId" in target ? target.eniId : target.gatewayId}`);
    const table = this.routes.get(routeTableId) ?? new Map<string, RouteTarget>();
    this.routes.set(routeTableId, table.set(destination, target));
  }

  async deleteRoute(routeTableId: string, destination: string): Promise<void> {
    this.writes.push(`delete-route ${routeTableId} ${destination}`);
    this.routes.get(routeTableId)?.delete(destination);
  }

  async readSecondaryAddresses(): Promise<ReadonlyMap<string, readonly string[]>> {
    const byEni = new Map<string, string[]>();
    for (const [address, eniId] of this.holders) byEni.set(eniId, [...(byEni.get(eniId) ?? []), address]);
    return byEni;
  }

  async moveAddress(address: string, eniId: string | null): Promise<void> {
    this.writes.push(`address ${address} ${eniId ?? "none"}`);
    if (eniId === null) this.holders.delete(address);
    else this.holders.set(address, eniId);
  }

  async readPublicAddresses(): Promise<ReadonlyMap<string, string>> {
    return new Map(this.publics);
  }

  async mapPublicAddress(publicIp: string, privateIp: string | null): Promise<void> {
    this.writes.push(`public ${publicIp} ${privateIp ?? "none"}`);
    if (privateIp === null) this.publics.delete(publicIp);
    else this.publics.set(publicIp, privateIp);
  }

  async readSourceDestCheck(eniId: string): Promise<boolean> {
    return !this.unchecked.has(eniId);
  }

  async writeSourceDestCheck(eniId: string, on: boolean): Promise<void> {
    this.writes.push(`source-dest-check ${eniId} ${on ? "on" : "off"}`);
    if (on) this.unchecked.delete(eniId);
    else this.unchecked.add(eniId);
  }

  async readAclRules(networkAclId: string): Promise<readonly NetworkAclRule[]> {
    return (this.acls.get(networkAclId) ?? []).toSorted((a, b) => a.number - b.number);
  }

  async writeAclRule(networkAclId: string, rule: NetworkAclRule): Promise<void> {
    await this.deleteAclRule(networkAclId, rule);
    this.acls.set(networkAclId, [...(this.acls.get(networkAclId) ?? []), rule]);
  }

  async deleteAclRule(networkAclId: string, { number, egress }: Pick<NetworkAclRule, "number" | "egress">): Promise<void> {
    const rules = this.acls.get(networkAclId) ?? [];
    this.acls.set(
      networkAclId,
      rules.filter((rule) => rule.number !== number || rule.egress !== egress),
    );
  }

  /** ENI → bytes sent. */
  readonly sent = new Map<string, number>();

  readSentBytes(): ReadonlyMap<string, number> {
    return new Map(this.sent);
  }

  async checkTarget(_zone: string, address: string): Promise<{ readonly status: number } | { readonly error: string }> {
    const isAlive = [...this.alive.values()].some((spec) => spec.privateAddress === address);
    return isAlive ? this.health(address) : { error: "connect timed out" };
  }
}
