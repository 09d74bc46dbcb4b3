import { parseSettings } from "../../../../lambdas/functions/egress-prober/settings";

const ENVIRONMENT = {
  HA_NAT_LANE: "use1-az1-l1",
  HA_NAT_ZONE: "use1-az1",
  HA_NAT_PROBE_TARGETS: '["1.1.1.1","aws.amazon.com"]',
};

test("settings come from the environment", () => {
  expect(parseSettings(ENVIRONMENT)).toEqual({
    lane: "use1-az1-l1",
    zone: "use1-az1",
    targets: ["1.1.1.1", "aws.amazon.com"],
  });
});

test("settings name every variable that is missing", () => {
  expect(() => parseSettings({})).toThrow(/HA_NAT_LANE is required.*HA_NAT_PROBE_TARGETS is required, it is not set/);
});

test.each(["1.1.1.1", '["1.1.1.1"]', '["1.1.1.1",""]', "[]", "{}", ""])(
  "targets %s are refused: one alone cannot tell its own fault from the lane's",
  (targets) => {
    expect(() => parseSettings({ ...ENVIRONMENT, HA_NAT_PROBE_TARGETS: targets })).toThrow(
      `HA_NAT_PROBE_TARGETS must be a JSON array of at least 2 texts, got ${JSON.stringify(targets)}`,
    );
  },
);
