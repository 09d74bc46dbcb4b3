/** `test` with two NATs a zone, while the endpoints that all probes ask are dead: whoever sees no difference between NATs moves nothing. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { CallRecord } from "../../../../lab/aws/call-log";
import { ask } from "../../../../lab/cli/control-client";
import { requireRun } from "../../../../lab/cli/runs";
import type { CrowdRun } from "../../../../lab/holder/crowd-run";
import { describeInNamespaces, root } from "../../support/in-namespaces";
import { keepVariantUp } from "../variant";

const ENV = "test";
const CONNECTIONS = 60;
/** Of a fault, and of the time after it: a sweep comes in each, each agent speaks in what is looked at, and a breach would be told again. */
const WATCH_SECONDS = 85;
const FLAPS = 10;
const FLAP_MS = 3_000;
/** Until the rounds and looks that saw a half-dead world are over. */
const SETTLE_MS = 20_000;
const WRITES = /^(Create|Replace|Delete|Assign|Unassign|Associate|Disassociate|Modify|Set|Terminate)/;

const LOGS = join(root, `.lab/${ENV}/logs`);

interface Span {
  readonly from: number;
  readonly to: number;
}

function lines<T>(file: string, start: string): readonly T[] {
  const text = readFileSync(join(LOGS, file), "utf8");
  return text.split("\n").flatMap((line) => (line.startsWith(start) && line.endsWith("}") ? [JSON.parse(line) as T] : []));
}

/** Calls of the functions that change something. */
function writes({ from, to }: Span): readonly string[] {
  const isIn = (at: number): boolean => at >= from && at <= to;
  return lines<CallRecord>("holder.log", '{"service":')
    .filter(({ service, operation, startedAt }) => service !== "logs" && WRITES.test(operation) && isIn(Date.parse(startedAt)))
    .map(({ principal, service, operation }) => `${principal}: ${service}:${operation}`);
}

interface AlarmBlock {
  readonly alarm_name: string;
  readonly namespace: string;
  readonly metric_name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: keyof typeof STATISTICS;
  readonly comparison_operator: string;
  readonly threshold: number;
  readonly treat_missing_data: string;
}

type Datum = Readonly<Record<string, unknown>> & {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly { readonly Dimensions: readonly (readonly string[])[] }[];
  };
};

const STATISTICS = {
  SampleCount: (values: readonly number[]) => values.length,
  Minimum: (values: readonly number[]) => Math.min(...values),
  Maximum: (values: readonly number[]) => Math.max(...values),
  Sum: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0),
  Average: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length,
} as const;

/** Our own metrics' alarms that would ring, were every period as this span. */
function rings({ from, to }: Span): readonly string[] {
  const { resource } = JSON.parse(readFileSync(join(requireRun(root, ENV).stackDirectory, "cdk.tf.json"), "utf8")) as {
    readonly resource: { readonly aws_cloudwatch_metric_alarm: Readonly<Record<string, AlarmBlock>> };
  };
  // What a NAT only prints is no metric; what it put is in a file of its own. Lambda ships what a function prints.
  const data = readdirSync(LOGS)
    .filter((file) => !file.startsWith("nat-"))
    .flatMap((file) => lines<Datum>(file, '{"_aws":'))
    .filter(({ _aws }) => _aws.Timestamp >= from && _aws.Timestamp <= to);
  const ours = Object.values(resource.aws_cloudwatch_metric_alarm).filter(({ namespace }) => namespace === "HaNat");
  expect(ours.length).toBeGreaterThan(10);
  return ours.filter((alarm) => isBreached(alarm, data)).map(({ alarm_name }) => alarm_name);
}

function isBreached(alarm: AlarmBlock, data: readonly Datum[]): boolean {
  const wanted = Object.entries(alarm.dimensions);
  const values = data.flatMap((datum) => {
    const has = datum._aws.CloudWatchMetrics.some(({ Dimensions }) =>
      Dimensions.some((set) => set.toSorted().join() === Object.keys(alarm.dimensions).toSorted().join()),
    );
    const value = datum[alarm.metric_name];
    return has && typeof value === "number" && wanted.every(([name, at]) => datum[name] === at) ? [value] : [];
  });
  if (values.length === 0) return alarm.treat_missing_data === "breaching";
  const value = STATISTICS[alarm.statistic](values);
  return alarm.comparison_operator === "LessThanThreshold" ? value < alarm.threshold : value >= alarm.threshold;
}

describeInNamespaces("a fleet whose probes' targets die", () => {
  keepVariantUp(ENV, { natsPerZoneMin: 2, natsPerZoneMax: 2 });

  test.each([
    ["targets-down", [`ha-nat-${ENV}-ProbesHeld`]],
    ["one-target-down", []],
  ])(
    "%s: nothing is moved, no client notices, and what rings is %j",
    async (fault, expected) => {
      const run = requireRun(root, ENV);
      const began = Date.now();
      const request = { fault, connections: CONNECTIONS, seconds: WATCH_SECONDS };
      const watched = await ask<CrowdRun>(run, "POST", "/crowd", request);
      const down = { from: Date.now() - WATCH_SECONDS * 1000 + SETTLE_MS, to: Date.now() };
      await ask(run, "POST", "/undo", { fault, node: "", zone: "", instanceId: "" });
      const undone = Date.now();
      await wait(WATCH_SECONDS * 1000);
      const up = { from: undone + SETTLE_MS, to: Date.now() };

      expect({ failure: watched.failure, moves: watched.moves }).toEqual({ failure: null, moves: 0 });
      expect(watched.crowd).toMatchObject({ alive: watched.crowd.connections });
      expect(writes({ from: began, to: up.to })).toEqual([]);
      expect(rings(down)).toEqual(expected);
      expect(rings(up)).toEqual([]);
    },
    300_000,
  );

  test("and when they come and go: the first to see it, either way, is nobody's refuge", async () => {
    const run = requireRun(root, ENV);
    const from = Date.now();
    for (let time = 0; time < FLAPS; time += 1) {
      await ask(run, "POST", "/fault", { fault: "targets-down", watchSeconds: 0 });
      await wait(FLAP_MS);
      await ask(run, "POST", "/undo", { fault: "targets-down", node: "", zone: "", instanceId: "" });
      await wait(FLAP_MS);
    }

    expect(writes({ from, to: Date.now() })).toEqual([]);
  }, 120_000);
});
