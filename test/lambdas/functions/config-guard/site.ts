import type { AclEntry, FleetRecord, Guarded } from "../../../../contract/parameters";
import type { FailoverMessage } from "../../../../contract/messages";
import type { Services } from "../../../../lambdas/functions/config-guard/services";
import type { CheckResult, FailedCheck, NatCheck } from "../../../../lambdas/lib/aws/ssm-commands";
import type { AclChange, ObservedAcl, ObservedGroup } from "../../../../lambdas/lib/domain/network-guard";
import { driftReporter } from "../../../../lambdas/lib/runtime/drift-report";
import { handle as failover } from "../../../../lambdas/functions/nat-route-failover/handler";
import { PERFECT } from "../nat-route-failover/support/builders";
import { Cloud } from "../nat-route-failover/support/cloud";
import { batch, delivered } from "../nat-route-failover/support/messages";

export const entry = (number: number, difference: Partial<AclEntry> = {}): AclEntry => ({
  number,
  egress: false,
  protocol: "-1",
  action: "allow",
  cidr: "10.0.0.0/16",
  ...difference,
});

export const DENY = entry(110, { protocol: "6", action: "deny", cidr: "0.0.0.0/0", ports: { from: 0, to: 1023 } });
export const WANTED: Guarded = {
  networkAcl: { networkAclId: "acl-1", entries: [entry(100), DENY] },
  securityGroup: { ingress: ["0.0.0.0/0"], egress: ["0.0.0.0/0"] },
};
export const SUBNETS = ["subnet-az1", "subnet-az2"];
export const ACL: ObservedAcl = { networkAclId: "acl-1", subnetIds: SUBNETS, entries: [entry(100), DENY] };
export const GROUP: ObservedGroup = {
  groupId: "sg-1",
  ingress: ["every protocol, 0.0.0.0/0"],
  egress: ["every protocol, 0.0.0.0/0"],
};

export const RULESET: FailedCheck = { name: "ruleset", detail: "table ip ha_nat was changed since nat-up loaded it; run nat-up" };
export const AGENT: FailedCheck = { name: "agent", detail: "the agent does not answer on port 880 within 2 s" };
export const SELF_PROBE: FailedCheck = { name: "self-probe", detail: "no new connection to the internet" };

/** The fleet of `Cloud`, with a network around it and an agent of Systems Manager on every NAT. nat-route-failover is the real one. */
export class Site {
  readonly cloud = new Cloud(PERFECT);
  acls: readonly ObservedAcl[] = [ACL];
  group: ObservedGroup = GROUP;
  /** Instances whose source/destination check is on. */
  readonly checked = new Set<string>();
  /** Security groups of instances that are not in theirs. */
  readonly strangers = new Map<string, readonly string[]>();
  /** What nat-check finds wrong on an instance. */
  readonly faults = new Map<string, readonly FailedCheck[]>();
  /** Instances that a repair does not help. */
  readonly hopeless = new Set<string>();
  readonly offline = new Set<string>();
  /** Commands that end without an answer, by instance. */
  readonly mute = new Set<string>();
  readonly repairs: string[] = [];
  readonly sent: FailoverMessage[] = [];
  guarded = true;
  remainingMs = 230_000;
  /** What happens while a function waits between two looks. */
  onSleep: () => void = () => undefined;
  onRepair: (instanceId: string) => void = () => undefined;

  get invocation() {
    return { remainingMs: () => this.remainingMs };
  }

  set record(record: FleetRecord) {
    this.cloud.record = record;
  }

  lines(message: string) {
    return this.cloud.lines.filter((line) => line.message === message && line.keys["correlationIds"] === undefined);
  }

  services(difference: Partial<Services> = {}): Services {
    const { cloud } = this;
    const { fleet, routes, log, metrics, clock, waiter } = cloud.services();
    return {
      ...{ env: "test", log, clock, waiter },
      routes: { defaultRoutes: (ids) => routes.defaultRoutes(ids) },
      documents: {
        read: async () => ({
          topology: this.guarded ? { ...cloud.topology, guarded: WANTED } : cloud.topology,
          record: cloud.record,
        }),
      },
      fleet: {
        ...fleet,
        instances: async () =>
          (await fleet.instances()).map((nat) => ({
            ...nat,
            eni: nat.eni && {
              ...nat.eni,
              sourceDestCheck: this.checked.has(nat.instanceId),
              groupIds: this.strangers.get(nat.instanceId) ?? [GROUP.groupId],
            },
          })),
      },
      rules: {
        acls: async () => this.acls,
        natGroup: async () => this.group,
        change: async (change) => this.#change(change),
      },
      check: this.#document((instanceId) => this.#checkResult(instanceId)),
      repair: this.#document((instanceId) => this.#repairResult(instanceId)),
      switchOffSourceDestCheck: async (instanceId) => void this.checked.delete(instanceId),
      send: async (message) => {
        this.sent.push(message);
        await failover(batch(delivered(message, { sentAt: cloud.now.getTime() })), cloud.services());
      },
      drift: driftReporter("test", "config-guard", log, metrics),
      sleep: async () => this.onSleep(),
      ...difference,
    };
  }

  #document(result: (instanceId: string) => CheckResult): NatCheck {
    return {
      start: async (instanceId) =>
        this.offline.has(instanceId)
          ? { started: false, because: `${instanceId} is not online` }
          : { started: true, commandId: "c" },
      result: async (_commandId, instanceId) =>
        this.mute.has(instanceId) ? { state: "failed", because: "TimedOut", failing: null } : result(instanceId),
    };
  }

  #checkResult(instanceId: string): CheckResult {
    const failing = this.faults.get(instanceId) ?? [];
    return failing.length === 0 ? { state: "passed", replication: null } : { state: "failed", because: "Failed", failing };
  }

  #repairResult(instanceId: string): CheckResult {
    this.repairs.push(instanceId);
    this.onRepair(instanceId);
    if (!this.hopeless.has(instanceId)) this.faults.delete(instanceId);
    return { state: "passed", replication: null };
  }

  #change({ kind, networkAclId, entry: changed }: AclChange): void {
    this.acls = this.acls.map((acl) => {
      if (acl.networkAclId !== networkAclId) return acl;
      const others = acl.entries.filter(({ number, egress }) => number !== changed.number || egress !== changed.egress);
      return { ...acl, entries: kind === "delete" ? others : [...others, changed] };
    });
  }
}
