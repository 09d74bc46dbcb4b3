import type { FleetRecord, Topology } from "../../../../../contract/parameters";
import type { ProberRequest, ProberResponse } from "../../../../../contract/prober";
import type { Healthz } from "../../../../../contract/healthz";
import { LastWhereabouts, Sequences, Words } from "../../../../../lambdas/functions/nat-route-failover/memory";
import type { Services } from "../../../../../lambdas/functions/nat-route-failover/services";
import type { LaneAction } from "../../../../../lambdas/lib/domain/actions";
import type { World } from "../../../../../lambdas/lib/domain/fleet";
import type { Log, Metrics } from "../../../../../lambdas/lib/domain/ports";
import { driftReporter } from "../../../../../lambdas/lib/runtime/drift-report";
import { applyPlan } from "./apply";
import { NOW, PERFECT, POLICY, RECORD } from "./builders";

/** What a NAT answers through a prober. */
export type Answer = "healthy" | "syncing" | "alone" | "deaf" | "unhealthy" | "timeout" | "refused";

const LOCAL = { ruleset: { ok: false }, sysctls: { ok: true }, selfProbe: { consecutiveFailures: 0 } };

/** EC2, Auto Scaling, Parameter Store and the probers, in memory: they behave, record every call, and fail where told. */
export class Cloud {
  world: World;
  record: FleetRecord = RECORD;
  readonly answers = new Map<string, Answer>();
  /** The boot that each NAT answers from; the first when not said. */
  readonly boots = new Map<string, string>();
  /** Instances that EC2's answers lack. */
  readonly unlisted = new Set<string>();
  /** Lanes whose prober cannot be reached. */
  readonly deadProbers = new Set<string>();
  /** What each lane's prober finds on its path. */
  readonly paths = new Map<string, "works" | "broken">();
  /** What each NAT Gateway's state is; available when not said, null when EC2 does not have it. */
  readonly gateways = new Map<string, string | null>();
  /** Calls that fail, by name. */
  readonly failing = new Map<string, Error>();
  /** Writes that EC2 accepts and does not carry out. */
  isStuck = false;
  /** Milliseconds that a call takes, by name. */
  latencyMs: (name: string) => number = () => 0;
  readonly calls: string[] = [];
  readonly lines: { readonly level: string; readonly message: string; readonly keys: Readonly<Record<string, unknown>> }[] = [];
  readonly metrics: string[] = [];
  /** Copies of rejected messages, reason and body. */
  readonly kept: string[] = [];
  now = NOW;

  constructor(world: World = PERFECT) {
    this.world = world;
  }

  get topology(): Topology {
    const zones = [...new Set(this.world.nats.map(({ zone }) => zone))];
    return {
      schema: 1,
      env: "test",
      region: "us-east-1",
      vpcId: "vpc-1",
      zones: Object.fromEntries(zones.map((zone) => [zone, { asgName: `asg-${zone}`, publicSubnetId: `subnet-${zone}` }])),
      lanes: this.world.lanes.map((lane) => ({ ...lane, proberFunction: `prober-${lane.lane}` })),
    };
  }

  routeOf(lane: string): string | undefined {
    const route = this.world.lanes.find((known) => known.lane === lane)?.route;
    return route?.state === "active" ? (route.eniId ?? route.natGatewayId) : route?.state;
  }

  /** The calls that change something, sorted: what runs side by side has no order. */
  writes(): readonly string[] {
    return this.calls.filter((call) => /^(create|replace|bring|associate|save|mark)/.test(call)).toSorted();
  }

  services(): Services {
    const put: Metrics["put"] = (name, value, _unit, ...dimensions) =>
      void this.metrics.push(`${name} ${value} ${JSON.stringify(dimensions[0])}`);
    const instances = async () =>
      this.world.nats.flatMap((nat) =>
        this.unlisted.has(nat.instanceId) ? [] : [{ ...nat, state: nat.evidence.kind === "gone" ? "stopping" : "running" }],
      );
    return {
      settings: {
        env: "test",
        topologyParameter: "/t",
        stateParameter: "/s",
        queueUrl: "https://q",
        rejectedUrl: "https://r",
        healthzDeadlineMs: 250,
        settleMs: 1000,
        policy: POLICY,
      },
      documents: {
        read: () => this.#call("read", async () => ({ topology: this.topology, record: this.record })),
        save: (record) => this.#call("save", async () => void (this.record = record)),
      },
      fleet: {
        instances: () => this.#call("instances", instances),
        members: () =>
          this.#call("members", async () =>
            this.world.nats.flatMap(({ instanceId, lifecycle, groupHealth }) =>
              groupHealth === "none" ? [] : [{ instanceId, lifecycle, health: groupHealth }],
            ),
          ),
      },
      routes: {
        defaultRoutes: (ids) =>
          this.#call(
            "routes",
            async () =>
              new Map(
                this.world.lanes.flatMap((lane) => (ids.includes(lane.routeTableId) ? [[lane.routeTableId, lane.route]] : [])),
              ),
          ),
        pointAt: (routeTableId, eniId, create) =>
          this.#write(`${create ? "create" : "replace"} ${routeTableId}`, {
            kind: "point-route",
            lane: "",
            routeTableId,
            eniId,
            instanceId: "",
            create,
            because: "",
          }),
        pointAtGateway: (routeTableId, natGatewayId, create) =>
          this.#write(`${create ? "create" : "replace"} ${routeTableId}`, {
            kind: "point-route-to-gateway",
            lane: "",
            routeTableId,
            natGatewayId,
            create,
            because: "",
          }),
      },
      natGateways: {
        states: (ids) =>
          this.#call("gateways", async () => {
            const extant = ids.filter((id) => this.gateways.get(id) !== null);
            return new Map(extant.map((id) => [id, this.gateways.get(id) ?? "available"] as const));
          }),
      },
      addresses: {
        associations: () =>
          this.#call(
            "associations",
            async () =>
              new Map(this.world.lanes.flatMap((lane) => lane.addresses.map((one) => [one.allocationId, one.association]))),
          ),
        bring: (address, eniId) =>
          this.#write(`bring ${address}`, { kind: "bring-address", lane: "", address, eniId, because: "" }),
        bringPublic: (allocationId, address, eniId) =>
          this.#write(`associate ${allocationId}`, {
            kind: "bring-public-address",
            lane: "",
            allocationId,
            publicIp: "",
            address,
            eniId,
            because: "",
          }),
      },
      health: { markUnhealthy: (instanceId) => this.#call(`mark ${instanceId}`, async () => undefined) },
      ask: ({ proberFunction: name }, request) => this.#call(`ask ${name}`, () => this.#probe(name, request)),
      sequences: new Sequences(),
      words: new Words(),
      deliverAgain: (handles, seconds) => this.#call(`again in ${seconds} s: ${handles.join(" ")}`, async () => undefined),
      keepRejected: ({ reason, body }) => this.#call("keep", async () => void this.kept.push(`${reason} ${body}`)),
      whereabouts: new LastWhereabouts(),
      drift: driftReporter("test", "nat-route-failover", this.#log(), { put }),
      log: this.#log(),
      metrics: { put },
      clock: { now: () => this.now },
      waiter: {
        until: async (condition, { intervalMs, deadlineMs }) => {
          for (let waited = 0; waited <= deadlineMs; waited += intervalMs) if (await condition()) return true;
          return false;
        },
      },
    };
  }

  async #call<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.calls.push(name);
    const latencyMs = this.latencyMs(name);
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    const error = this.failing.get(name);
    if (error !== undefined) throw error;
    return work();
  }

  #write(name: string, action: LaneAction): Promise<void> {
    return this.#call(name, async () => {
      if (!this.isStuck) this.world = applyPlan(this.world, [action]);
    });
  }

  async #probe(name: string, { healthz, probe }: ProberRequest): Promise<ProberResponse> {
    const lane = name.replace("prober-", "");
    if (this.deadProbers.has(lane)) throw new Error(`${name} timed out`);
    const ok = this.paths.get(lane) === "works";
    const results = [{ target: "1.1.1.1", check: "tcp" as const, ok, latencyMs: 1 }];
    if (probe !== undefined) return { schema: 1, lane, zone: "", probe: { results, publicAddress: null } };
    return { schema: 1, lane, zone: "", healthz: (healthz?.nats ?? []).map(({ instanceId }) => this.#answer(instanceId)) };
  }

  #answer(instanceId: string) {
    const answer = this.answers.get(instanceId) ?? "healthy";
    if (answer === "timeout" || answer === "refused") return { instanceId, outcome: answer, error: "no answer in 250 ms" };
    const replication = {
      state: answer === "syncing" || answer === "alone" ? answer : "synced",
      peers: this.#held(instanceId, answer),
    };
    const document = {
      instanceId,
      bootId: this.boots.get(instanceId) ?? "boot-1",
      at: this.now.toISOString(),
      healthy: answer !== "unhealthy",
      reasons: [],
      replication,
      ...LOCAL,
    };
    return { instanceId, outcome: "answered" as const, healthz: document as unknown as Healthz };
  }

  #held(instanceId: string, answer: Answer) {
    const zone = this.world.nats.find((nat) => nat.instanceId === instanceId)?.zone;
    const others = this.world.nats.filter((nat) => nat.instanceId !== instanceId && (answer !== "deaf" || nat.zone !== zone));
    return answer === "alone" ? [] : others.map((nat) => ({ instanceId: nat.instanceId, synced: answer !== "syncing" }));
  }

  #log(): Log {
    const at =
      (level: string) =>
      (message: string, keys: Readonly<Record<string, unknown>> = {}) =>
        void this.lines.push({ level, message, keys });
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), with: () => this.#log() };
  }
}

/** A cloud in which these NATs do not answer. */
export function silence(...names: readonly string[]): Cloud {
  const cloud = new Cloud();
  for (const name of names) cloud.answers.set(`i-${name}`, "timeout");
  return cloud;
}
