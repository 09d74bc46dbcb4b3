import type { NetworkAclRule } from "../../stack/model";
import type { Fabric, KernelRoute, RouteTarget } from "../../world/fabric";
import type { Effects, Wanted } from "./effects";
import type { Instances } from "./instances";
import type { Journal } from "./journal";

/** Addresses as the kernel delivers and translates them at one moment. */
export interface AddressView {
  /** Secondary addresses per ENI that exists. */
  readonly secondaries: ReadonlyMap<string, readonly string[]>;
  /** Public IPv4 → private IPv4, only where an ENI holds the private one: an association ends with its ENI. */
  readonly publics: ReadonlyMap<string, string>;
  /** Private IPv4 → ENI, primaries included. */
  readonly holders: ReadonlyMap<string, string>;
}

interface Parts {
  readonly fabric: Fabric;
  readonly instances: Instances;
  readonly effects: Effects;
  readonly journal: Journal;
}

/** The VPC's changing parts. Nothing is kept here: reads ask the kernel, writes go to it after the effect delay. */
export class Network {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: Parts) {}

  /** One change at a time from check to acceptance, so that two calls cannot both be right about the same address. */
  exclusive<T>(change: () => Promise<T>): Promise<T> {
    const result = this.turn.then(change);
    this.turn = result.catch(() => undefined);
    return result;
  }

  isNatGatewayUp(natGatewayId: string): boolean {
    return this.parts.fabric.isNatGatewayUp(natGatewayId);
  }

  readRoutes(routeTableId: string): Promise<readonly KernelRoute[]> {
    return this.parts.fabric.readRoutes(routeTableId);
  }

  /** The route exists, or will once every accepted write has worked. */
  async hasRoute(routeTableId: string, destination: string): Promise<boolean> {
    const wanted = this.parts.effects.wanted(routeKey(routeTableId, destination));
    if (wanted !== undefined) return wanted !== null;
    return (await this.readRoutes(routeTableId)).some((route) => route.destination === destination);
  }

  writeRoute(routeTableId: string, destination: string, target: RouteTarget): void {
    const name = "eniId" in target ? target.eniId : target.gatewayId;
    this.parts.effects.schedule(routeKey(routeTableId, destination), name, async () => {
      await this.parts.fabric.writeRoute(routeTableId, destination, target);
      this.parts.journal.add({ kind: "route", routeTableId, destination, target: name });
    });
  }

  deleteRoute(routeTableId: string, destination: string): void {
    this.parts.effects.schedule(routeKey(routeTableId, destination), null, async () => {
      await this.parts.fabric.deleteRoute(routeTableId, destination);
      this.parts.journal.add({ kind: "route", routeTableId, destination, target: "none" });
    });
  }

  /** What Describe shows: the kernel, nothing else. */
  async readAddresses(): Promise<AddressView> {
    const [secondaries, publics] = await Promise.all([
      this.parts.fabric.readSecondaryAddresses(),
      this.parts.fabric.readPublicAddresses(),
    ]);
    return this.view(secondaries, publics);
  }

  /** What the next change is checked against: the kernel, and the writes on their way to it. */
  async readWantedAddresses(): Promise<AddressView> {
    const [secondaries, publics] = await Promise.all([
      this.parts.fabric.readSecondaryAddresses(),
      this.parts.fabric.readPublicAddresses(),
    ]);
    const { effects } = this.parts;
    return this.view(
      overlaySecondaries(secondaries, effects.wantedWithPrefix("address ")),
      overlayPublics(publics, effects.wantedWithPrefix("public ")),
    );
  }

  moveAddress(address: string, eniId: string | null): void {
    this.parts.effects.schedule(`address ${address}`, eniId, async () => {
      await this.parts.fabric.moveAddress(address, eniId);
      this.parts.journal.add({ kind: "address", address, target: eniId ?? "none" });
    });
  }

  mapPublicAddress(publicIp: string, privateIp: string | null): void {
    this.parts.effects.schedule(`public ${publicIp}`, privateIp, async () => {
      await this.parts.fabric.mapPublicAddress(publicIp, privateIp);
      this.parts.journal.add({ kind: "public-address", publicIp, target: privateIp ?? "none" });
    });
  }

  readSourceDestCheck(eniId: string): Promise<boolean> {
    return this.parts.fabric.readSourceDestCheck(eniId);
  }

  writeSourceDestCheck(eniId: string, on: boolean): void {
    this.parts.effects.schedule(`source-dest-check ${eniId}`, on ? "on" : "off", () =>
      this.parts.fabric.writeSourceDestCheck(eniId, on),
    );
  }

  readAclRules(networkAclId: string): Promise<readonly NetworkAclRule[]> {
    return this.parts.fabric.readAclRules(networkAclId);
  }

  /** The rule exists, or will once every accepted write has worked. */
  async hasAclRule(networkAclId: string, slot: AclSlot): Promise<boolean> {
    const wanted = this.parts.effects.wanted(aclKey(networkAclId, slot));
    if (wanted !== undefined) return wanted !== null;
    const rules = await this.readAclRules(networkAclId);
    return rules.some(({ number, egress }) => number === slot.number && egress === slot.egress);
  }

  writeAclRule(networkAclId: string, rule: NetworkAclRule): void {
    const { fabric, effects } = this.parts;
    effects.schedule(aclKey(networkAclId, rule), "rule", () => fabric.writeAclRule(networkAclId, rule));
  }

  deleteAclRule(networkAclId: string, slot: AclSlot): void {
    const { fabric, effects } = this.parts;
    effects.schedule(aclKey(networkAclId, slot), null, () => fabric.deleteAclRule(networkAclId, slot));
  }

  /** As AWS does when ENIs are deleted: public addresses whose private one nobody holds any more are let go. */
  releaseOrphans(): Promise<void> {
    return this.exclusive(async () => {
      const kernel = await this.parts.fabric.readPublicAddresses();
      const held = await this.readWantedAddresses();
      const wanted = this.parts.effects.wantedWithPrefix("public ");
      for (const publicIp of kernel.keys()) {
        if (!held.publics.has(publicIp) && !wanted.has(publicIp)) this.mapPublicAddress(publicIp, null);
      }
    });
  }

  private view(secondaries: ReadonlyMap<string, readonly string[]>, publics: ReadonlyMap<string, string>): AddressView {
    const records = this.parts.instances.all().filter((record) => this.parts.instances.hasEni(record));
    const enis = new Set(records.map((record) => record.eniId));
    const existing = new Map([...secondaries].filter(([eniId]) => enis.has(eniId)));
    const holders = new Map([
      ...records.map((record) => [record.privateAddress, record.eniId] as const),
      ...[...existing].flatMap(([eniId, addresses]) => addresses.map((address) => [address, eniId] as const)),
    ]);
    return { secondaries: existing, holders, publics: new Map([...publics].filter(([, privateIp]) => holders.has(privateIp))) };
  }
}

type AclSlot = Pick<NetworkAclRule, "number" | "egress">;

const aclKey = (networkAclId: string, { number, egress }: AclSlot): string =>
  `acl ${networkAclId} ${egress ? "egress" : "ingress"} ${number}`;

const routeKey = (routeTableId: string, destination: string): string => `route ${routeTableId} ${destination}`;

function overlaySecondaries(
  kernel: ReadonlyMap<string, readonly string[]>,
  wanted: ReadonlyMap<string, Wanted>,
): ReadonlyMap<string, readonly string[]> {
  const next = new Map([...kernel].map(([eniId, addresses]) => [eniId, addresses.filter((address) => !wanted.has(address))]));
  for (const [address, eniId] of wanted) {
    if (eniId !== null) next.set(eniId, [...(next.get(eniId) ?? []), address]);
  }
  return next;
}

function overlayPublics(kernel: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, Wanted>): ReadonlyMap<string, string> {
  const next = new Map(kernel);
  for (const [publicIp, privateIp] of wanted) {
    if (privateIp === null) next.delete(publicIp);
    else next.set(publicIp, privateIp);
  }
  return next;
}
