import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthorizer } from "../../../lab/aws/iam/authorizer";
import { createKeyRing } from "../../../lab/aws/iam/key-ring";
import { readStack } from "../../../lab/stack/read-stack";
import type { StackModel } from "../../../lab/stack/model";
import { directory } from "../aws/iam/samples";

const root = join(__dirname, "..", "..", "..");
const outdir = mkdtempSync(join(tmpdir(), "ha-nat-synth-"));

function run(...args: readonly string[]): void {
  execFileSync(process.execPath, ["--import", "tsx", ...args], {
    cwd: root,
    env: { ...process.env, CDKTF_OUTDIR: outdir },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

beforeAll(() => {
  if (!existsSync(join(root, "dist", "manifest.json"))) run("scripts/build/main.ts");
  run("main.ts");
}, 120_000);

afterAll(() => rmSync(outdir, { recursive: true, force: true }));

describe.each([
  ["test", 2, 1],
  ["prod", 3, 2],
])("the synthesised stack %s", (env, zones, natsPerZone) => {
  let model: StackModel;

  beforeAll(() => {
    model = readStack(join(outdir, "stacks", env));
  });

  test("is understood whole: zones, groups, functions, the door", () => {
    expect(new Set(model.subnets.map((subnet) => subnet.zone)).size).toBe(zones);
    expect(model.autoScalingGroups.map((group) => group.desired)).toEqual(Array.from({ length: zones }, () => natsPerZone));
    expect(model.functions.length).toBe(5 + zones);
    expect(model.queues.filter((queue) => queue.fifo && queue.deadLetterArn !== undefined)).toHaveLength(1);
    expect(model.eventSourceMappings.map((mapping) => mapping.functionName)).toEqual([`ha-nat-${env}-nat-route-failover`]);
    expect(model.eventRules.every((rule) => rule.targets.length === 1)).toBe(true);
  });

  test("has no reference left anywhere in the model", () => {
    const text = JSON.stringify({ ...model, launchTemplates: [], documents: [] });

    expect(text).not.toMatch(/\$\{/);
  });

  test("names files, roles, queues and security groups that exist", () => {
    const files = [...model.functions.map((f) => f.zipPath), ...model.objects.map((o) => o.path)];
    const roles = new Set(model.roles.map((role) => role.name));
    const queues = new Set(model.queues.map((queue) => queue.arn));

    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(model.functions.filter((f) => !roles.has(f.roleName))).toEqual([]);
    expect(model.functions.flatMap((f) => f.deadLetterArn ?? []).filter((arn) => !queues.has(arn))).toEqual([]);
    const groups = model.securityGroups.filter(({ tags }) => tags?.["ha-nat:role"] === "nat").map(({ groupId }) => groupId);
    expect(groups).toHaveLength(1);
    for (const { securityGroupIds } of model.launchTemplates) expect(securityGroupIds).toEqual(groups);
    expect(model.launchTemplates.filter((t) => model.instanceProfiles[t.instanceProfile] === undefined)).toEqual([]);
  });

  test("has a topology parameter whose IDs are the model's", () => {
    const parameter = model.parameters.find((p) => p.name === `/ha-nat/${env}/topology`);
    const topology = JSON.parse(parameter?.value ?? "{}");

    expect(topology.vpcId).toBe(model.vpc.vpcId);
    for (const lane of topology.lanes) {
      expect(model.routeTables.map((table) => table.routeTableId)).toContain(lane.routeTableId);
      for (const address of lane.addresses) {
        expect(model.addresses).toContainEqual(
          expect.objectContaining({ allocationId: address.allocationId, publicIp: address.publicIp }),
        );
      }
    }
  });

  test("has only policies that the evaluator knows", () => {
    const keyRing = createKeyRing(model.roles, { seed: "test" });

    expect(() => createAuthorizer({ roles: model.roles, keyRing, resolve: directory })).not.toThrow();
    expect(model.roles.filter((role) => role.policies.length === 0)).toEqual([]);
  });
});
