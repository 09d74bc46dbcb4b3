import { integer, readSettings, text, textList } from "../../../../lambdas/lib/runtime/env";

const SPEC = {
  env: text("HA_NAT_ENV"),
  cooldownSeconds: integer("HA_NAT_COOLDOWN_SECONDS", { min: 0, max: 3600, fallback: 60 }),
  targets: textList("HA_NAT_PROBE_TARGETS", { min: 2 }),
};
const PERFECT = { HA_NAT_ENV: "test", HA_NAT_COOLDOWN_SECONDS: "5", HA_NAT_PROBE_TARGETS: '["1.1.1.1","aws.amazon.com"]' };

describe("settings", () => {
  test("are typed values", () => {
    expect(readSettings(SPEC, PERFECT)).toEqual({ env: "test", cooldownSeconds: 5, targets: ["1.1.1.1", "aws.amazon.com"] });
  });

  test("fall back where they may", () => {
    expect(readSettings(SPEC, { ...PERFECT, HA_NAT_COOLDOWN_SECONDS: undefined }).cooldownSeconds).toBe(60);
  });

  test.each([
    [{ HA_NAT_ENV: undefined }, "HA_NAT_ENV is required, it is not set"],
    [{ HA_NAT_ENV: " " }, 'HA_NAT_ENV must not be empty, got " "'],
    [{ HA_NAT_COOLDOWN_SECONDS: "soon" }, 'HA_NAT_COOLDOWN_SECONDS must be a whole number from 0 to 3600, got "soon"'],
    [{ HA_NAT_COOLDOWN_SECONDS: "" }, 'HA_NAT_COOLDOWN_SECONDS must be a whole number from 0 to 3600, got ""'],
    [{ HA_NAT_COOLDOWN_SECONDS: "3601" }, "from 0 to 3600"],
    [{ HA_NAT_COOLDOWN_SECONDS: "1.5" }, "from 0 to 3600"],
    [{ HA_NAT_PROBE_TARGETS: '["1.1.1.1"]' }, "HA_NAT_PROBE_TARGETS must be a JSON array of at least 2 texts"],
    [{ HA_NAT_PROBE_TARGETS: "1.1.1.1" }, 'of at least 2 texts, got "1.1.1.1"; set it in the function\'s environment'],
  ])("%j is refused with variable, value, limit and fix", (difference, message) => {
    expect(() => readSettings(SPEC, { ...PERFECT, ...difference })).toThrow(message);
  });

  test("that are wrong are all named at once", () => {
    expect(() => readSettings(SPEC, {})).toThrow(/HA_NAT_ENV is required.*HA_NAT_PROBE_TARGETS is required/);
  });
});
