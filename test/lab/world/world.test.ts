import { join } from "node:path";
import type { NetworkAclRule } from "../../../lab/stack/model";
import type { KernelRoute } from "../../../lab/world/fabric";
import { describeInNamespaces, runInNamespaces } from "../support/in-namespaces";

export interface WorldResults {
  readonly aliveAtFirst: boolean;
  readonly withoutRoute: string;
  readonly withCheck: string;
  readonly withNat: string;
  readonly routed: readonly KernelRoute[];
  readonly afterKernelDelete: readonly KernelRoute[];
  readonly withoutKernelRoute: string;
  /** With the lane's route at the NAT Gateway; `isOpen`: somebody of the internet reaches its address. */
  readonly gateway: {
    readonly egress: string;
    readonly routed: readonly KernelRoute[];
    readonly isOpen: boolean;
    readonly isUp: boolean;
  };
  readonly afterGateway: string;
  readonly secondaries: readonly (readonly [string, readonly string[]])[];
  readonly publics: readonly (readonly [string, string])[];
  readonly publicsBehindTheApi: readonly (readonly [string, string])[];
  readonly acl: Readonly<Record<"low" | "high" | "lowFromVpc" | "privateFromInternet", boolean>>;
  readonly aclChanges: {
    readonly rules: readonly NetworkAclRule[];
    readonly opened: { readonly low: boolean; readonly rules: readonly NetworkAclRule[] };
    readonly removed: readonly NetworkAclRule[];
    readonly closed: { readonly low: boolean; readonly rules: readonly NetworkAclRule[] };
    readonly behindTheApi: readonly NetworkAclRule[];
  };
  readonly imdsFromClient: string;
  readonly imdsRoleOfClient: string;
  readonly imdsFromForged: string;
  /** Instance ID of the lane's client. */
  readonly client: string;
  readonly services: string;
  readonly target: { readonly status: number } | { readonly error: string };
  readonly aliveAfterKill: boolean;
  readonly routesAfterKill: readonly KernelRoute[];
  readonly secondariesAfterKill: readonly unknown[];
  readonly rulesetAtBoot: string;
  readonly instanceId: string;
  readonly imdsWithoutToken: string;
  readonly environment: string;
}

const ENI = "eni-0123456789abcdef0";

describeInNamespaces("a VPC of one zone", () => {
  let seen: WorldResults;

  beforeAll(async () => {
    seen = await runInNamespaces<WorldResults>(join(__dirname, "scenario.ts"));
  }, 60_000);

  test("a lane without a default route has no egress", () => {
    expect(seen.withoutRoute).toMatch(/^failed/);
  });

  test("source/destination check keeps an instance from forwarding", () => {
    expect(seen.withCheck).toMatch(/^failed/);
  });

  test("a NAT behind the lane's route gives its public address to the client", () => {
    expect(seen.withNat.trim()).toBe("192.0.2.10");
    expect(seen.routed).toEqual([{ destination: "0.0.0.0/0", target: { eniId: ENI }, state: "active" }]);
  });

  test("a route deleted in the kernel is gone from readRoutes and from the path", () => {
    expect(seen.afterKernelDelete).toEqual([]);
    expect(seen.withoutKernelRoute).toMatch(/^failed/);
  });

  test("a NAT Gateway behind the lane's route gives its own public address to the client, and lets nobody in", () => {
    expect(seen.gateway.egress.trim()).toBe("198.51.100.8");
    expect(seen.gateway).toMatchObject({ isUp: true, isOpen: false });
    expect(seen.gateway.routed).toEqual([{ destination: "0.0.0.0/0", target: { eniId: "eni-gateway" }, state: "active" }]);
    expect(seen.afterGateway.trim()).toBe("192.0.2.10");
  });

  test("addresses are read from the kernel, not remembered", () => {
    expect(seen.secondaries).toEqual([[ENI, ["10.9.1.50"]]]);
    expect(new Map(seen.publics).get("198.51.100.7")).toBe("10.9.1.50");
    expect(new Map(seen.publics).has("192.0.2.10")).toBe(true);
    expect(new Map(seen.publicsBehindTheApi).has("192.0.2.10")).toBe(false);
  });

  test("a changed network ACL lets through what it says, and is read from the kernel, in its order", () => {
    const { rules, opened, removed, closed, behindTheApi } = seen.aclChanges;
    const deny = rules.find(({ allow }) => !allow);

    expect(rules.length).toBeGreaterThan(1);
    expect([opened.low, closed.low]).toEqual([true, false]);
    expect(opened.rules).toEqual(rules.map((rule) => (rule === deny ? { ...rule, allow: true } : rule)));
    expect(removed).toEqual(rules.filter((rule) => rule !== deny));
    expect(closed.rules).toEqual(rules);
    expect(behindTheApi).toEqual(rules.filter(({ egress }) => egress));
  });

  test("the network ACL keeps the internet from low ports only, and nobody reaches a private address from outside", () => {
    expect(seen.acl).toEqual({ low: false, high: true, lowFromVpc: true, privateFromInternet: false });
  });

  test("the metadata service answers each instance with a token, about itself, and nobody else", () => {
    expect(seen.instanceId).toBe("i-0123456789abcdef0");
    expect(seen.imdsWithoutToken).toBe("401");
    expect(seen.imdsFromClient).toBe(seen.client);
    expect(seen.imdsFromForged).toMatch(/^failed/);
  });

  test("a client has no role, and the metadata service gives it no keys", () => {
    expect(seen.imdsRoleOfClient).toMatch(/^failed/);
  });

  test("functions outside the VPC cannot reach into it", () => {
    expect(seen.services).toMatch(/^failed/);
  });

  test("a target that does not listen is told by its packets", () => {
    expect(seen.target).toEqual({ error: expect.stringContaining("ECONNREFUSED") });
  });

  test("an instance whose init dies takes its interface and addresses along; its route becomes a blackhole", () => {
    expect(seen.aliveAtFirst).toBe(true);
    expect(seen.aliveAfterKill).toBe(false);
    expect(seen.routesAfterKill).toEqual([{ destination: "0.0.0.0/0", target: { eniId: ENI }, state: "blackhole" }]);
    expect(seen.secondariesAfterKill).toEqual([]);
  });

  test("a node starts with no rule of the lab and nothing of the host's environment", () => {
    expect(seen.rulesetAtBoot).toBe("");
    const names = seen.environment.split("\n").map((line) => line.split("=")[0]);
    expect(names.filter((name) => /^(AWS_(?!ENDPOINT_URL$)|HA_NAT_|npm_|USER$)/.test(name ?? ""))).toEqual([]);
  });
});
