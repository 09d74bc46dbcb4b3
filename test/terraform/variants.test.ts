/** Settings of prod that change which resources there are: planned here; applied, planned again and destroyed by `npm run test:deep`. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeStack } from "../stacks/support";
import type { EnvironmentInput } from "../../stacks/config";
import { isDeep } from "../support/deep";
import { SCRATCH } from "./harness";
import { expectWhole, lifeOf, planOf } from "./life";
import { findTools } from "./tools";

const VARIANTS: readonly (readonly [name: string, change: Partial<EnvironmentInput>, creates: RegExp])[] = [
  ["steering-eip", { steering: "eip" }, /^(?![^]*aws_lb)[^]*aws_eip/],
  [
    "two-lanes",
    { lanesPerZone: 2, natsPerZoneMax: 3, instanceType: "c7g.large" },
    /aws_autoscaling_policy[^]*aws_route_table\.\S*l2/i,
  ],
  ["one-nat", { natsPerZoneMin: 1, natsPerZoneMax: 1 }, /^(?![^]*max_size += 2\b)[^]*max_size += 1\b/],
];
/** Of these even the plan only there: `test/invariants` asks the synthesised stack what matters. */
const DEEP_VARIANTS: typeof VARIANTS = [["last-resort", { lastResort: "nat-gateway" }, /aws_nat_gateway/]];
const SLOW_MACHINE_MS = 900_000;
const found = findTools();
const all = [...VARIANTS, ...DEEP_VARIANTS];

if ("missing" in found) {
  test.skip(`variants of prod plan, apply and are destroyed (skipped: missing ${found.missing})`, () => undefined);
} else {
  const synthesised = (name: string, change: Partial<EnvironmentInput>): string => {
    const out = join(SCRATCH, `variant-${name}`);
    rmSync(out, { recursive: true, force: true });
    return writeStack("prod", change, out);
  };

  test.each(isDeep ? all : VARIANTS)(
    "prod with %s %#: its plan creates all and changes nothing",
    async (name, change, creates) => {
      const plan = await planOf(found.tools, synthesised(name, change), `plan-${name}`);

      expect(plan).toMatch(/Plan: \d+ to add, 0 to change, 0 to destroy/);
      expect(plan).toMatch(creates);
    },
    SLOW_MACHINE_MS,
  );

  (isDeep ? test.each(all) : test.skip.each(all))(
    `prod with %s %#: applies, plans empty and is destroyed${isDeep ? "" : " (skipped: npm run test:deep)"}`,
    async (name, change) => {
      expectWhole(await lifeOf(found.tools, synthesised(name, change), `apply-${name}`));
    },
    SLOW_MACHINE_MS,
  );
}
