import type { FailoverMessage } from "../../../../contract/messages";
import type { Peer, Peers } from "../../../../contract/parameters";
import type { Progress, Seen } from "../../../../lambdas/functions/asg-lifecycle-handler/decide";
import type { Services } from "../../../../lambdas/functions/asg-lifecycle-handler/services";
import type { DefaultRoute, GroupMember, ObservedInstance } from "../../../../lambdas/lib/domain/fleet";
import type { Log } from "../../../../lambdas/lib/domain/ports";
import { topology } from "../../support/topology";

export const peer = (instanceId: string, name: string): Peer => ({
  instanceId,
  name,
  zone: name.slice(0, name.lastIndexOf("-")),
  address: "10.0.0.4",
  eniId: `eni-${instanceId}`,
});

export const peersOf = (...peers: readonly Peer[]): Peers => ({ schema: 1, peers });

export const instance = (instanceId: string, zone: string, changes: Partial<ObservedInstance> = {}): ObservedInstance => ({
  instanceId,
  zone,
  state: "running",
  eni: { eniId: `eni-${instanceId}`, primary: "10.0.0.4", addresses: ["10.0.0.4"] },
  ...changes,
});

export const member = (instanceId: string, lifecycle = "InService"): GroupMember => ({
  instanceId,
  lifecycle,
  health: "Healthy",
});

/** i-new launches in z1, everything done but the last word. */
export const readySeen: Seen = {
  lifecycle: "Pending:Wait",
  instance: "coming",
  published: peersOf(peer("i-new", "z1-a")),
  derived: peersOf(peer("i-new", "z1-a")),
  lanes: [{ lane: "z1-l1", servedBy: "i-new" }],
  serves: ["z1-l1"],
  stranded: [],
};

export const allDone: Progress = {
  instanceSeen: true,
  absentSince: null,
  sourceDestCheckOff: true,
  keyEnsured: true,
  check: { state: "passed", replication: "synced", notBefore: 0 },
  checkFailed: false,
  worksSince: 0,
  targetDone: true,
  electedAt: 0,
  heartbeatAt: 0,
};

export const event = (kind: "launch" | "terminate", instanceId = "i-1") => ({
  version: "0",
  id: "e1",
  source: "aws.autoscaling",
  "detail-type": `EC2 Instance-${kind} Lifecycle Action`,
  time: "2026-01-01T00:00:00Z",
  detail: {
    LifecycleActionToken: "token-1",
    AutoScalingGroupName: "asg-z1",
    LifecycleHookName: "hook-1",
    EC2InstanceId: instanceId,
    LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
  },
});

/** A fleet in memory that behaves: elections move routes to the lowest peer that stays, commands pass. Records every write, in order. */
export function world(changes: Partial<Services> = {}) {
  const state = {
    now: Date.parse("2026-01-01T00:00:00Z"),
    members: [member("i-1", "Pending:Wait")] as GroupMember[],
    instances: [instance("i-1", "z1")] as ObservedInstance[],
    peers: peersOf(),
    routes: new Map<string, DefaultRoute>([
      ["rtb-z1", { state: "missing" }],
      ["rtb-z2", { state: "missing" }],
    ]),
    electionsWork: true,
    targets: [] as string[],
  };
  const did: string[] = [];
  const sent: FailoverMessage[] = [];
  const logged: { message: string; keys: unknown }[] = [];
  const write = (message: string, keys?: unknown) => void logged.push({ message, keys });
  const log: Log = { debug: write, info: write, warn: write, error: write, with: () => log };
  const services: Services = {
    settings: {
      env: "test",
      topologyParameter: "/t",
      peersParameter: "/p",
      heartbeatKeyParameter: "/k",
      queueUrl: "https://q",
      checkDocument: "nat-check",
      launchDeadlineSeconds: 240,
    },
    fleet: { members: async () => state.members, instances: async () => state.instances },
    routes: {
      defaultRoutes: async (ids) => new Map(ids.map((id) => [id, state.routes.get(id) ?? { state: "missing" }] as const)),
    },
    readTopology: async () => topology,
    readPeers: async () => state.peers,
    writePeers: async (peers) => {
      did.push(`peers ${peers.peers.map(({ name, instanceId }) => `${name}=${instanceId}`).join(",")}`);
      state.peers = peers;
    },
    ensureKey: async ({ current }) => {
      did.push(`key of ${Buffer.from(current, "base64").length} bytes`);
      return "created";
    },
    newKey: () => ({ schema: 1, current: Buffer.alloc(32).toString("base64") }),
    switchOffSourceDestCheck: async (id) => void did.push(`source/dest off ${id}`),
    check: {
      start: async (id) => {
        did.push(`check ${id}`);
        return { started: true, commandId: "c1" };
      },
      result: async () => ({ state: "passed", replication: state.peers.peers.length > 1 ? "synced" : "alone" }),
    },
    readTargets: async () => state.targets,
    register: async (arn, id) => void did.push(`register ${arn} ${id}`),
    deregister: async (arn, id) => void did.push(`deregister ${arn} ${id}`),
    hooks: {
      complete: async ({ group, hook, token, instanceId }, result) =>
        void did.push(`${result} ${group} ${hook} ${token} ${instanceId}`),
      heartbeat: async () => void did.push("heartbeat"),
    },
    send: async (message) => {
      did.push(`send ${message.kind}`);
      sent.push(message);
      const leaves = message.kind === "elect" && message.because === "terminating" ? message.instanceId : undefined;
      const first = state.peers.peers.find(({ instanceId }) => instanceId !== leaves);
      if (!state.electionsWork || first === undefined) return;
      for (const id of state.routes.keys()) state.routes.set(id, { state: "active", eniId: first.eniId });
    },
    clock: { now: () => new Date(state.now) },
    sleep: async (ms) => void (state.now += ms),
    log,
    ...changes,
  };
  const end = state.now + 300_000;
  const invocation = { requestId: "r1", remainingMs: () => end - state.now };
  return { services, invocation, state, did, sent, logged, begun: state.now };
}
