import type { FleetRecord, Notice } from "../../../../contract/parameters";
import { LEAVE_CAUSES } from "../../../../contract/parameters";
import { decide } from "../../../../lambdas/functions/nat-route-failover/decide";
import { fleetRecordSchema } from "../../../../lambdas/lib/aws/schemas";
import { admit } from "../../../../lambdas/lib/domain/admit";
import type { Request } from "../../../../lambdas/lib/domain/admit";
import type { Evidence } from "../../../../lambdas/lib/domain/evidence";
import {
  ago,
  HEALTHY,
  nat,
  NOW,
  PERFECT,
  RECORD,
  situation,
  worldWith,
} from "../../functions/nat-route-failover/support/builders";

const A = "i-az1-a";
const notice = (difference: Partial<Notice> = {}): Notice => ({
  ...{ at: ago(70_000), because: "shutdown", force: false, by: "nat" },
  ...difference,
});

describe("a record that was written down", () => {
  test("with every kind of notice is read as it was", () => {
    const record: FleetRecord = {
      ...RECORD,
      notices: { [A]: notice({ bootId: "1", lasting: notice({ because: "drain", by: "operator" }) }) },
    };

    expect(fleetRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  test("by a version that knew of no boots and kept one word only is read: the NAT is back a minute after its shutdown", () => {
    const written = JSON.stringify({ ...RECORD, leaving: { [A]: ago(70_000) }, notices: { [A]: notice() } });
    const record = fleetRecordSchema.parse(JSON.parse(written));
    const world = worldWith({ "az1-a": { leaving: true, evidence: { ...HEALTHY, bootId: "2" } as Evidence } });
    const next = decide(situation({ world, record })).plan.find((action) => action.kind === "record");

    expect(next?.record).toMatchObject({ notices: {}, leaving: {} });
  });
});

describe("the record stays as small as the fleet", () => {
  test("whatever is said of a NAT, in whatever order, however often, and whatever it calls its boots", () => {
    const causes = [...LEAVE_CAUSES, ...LEAVE_CAUSES.toReversed()];
    const said = (boot: number): readonly Request[] =>
      causes.flatMap((because) =>
        (["nat", "operator", "control-plane"] as const).map((by) => ({
          ...{ kind: "leave" as const, instanceId: A, because, by },
          force: boot % 2 === 0,
        })),
      );
    let record = RECORD;
    for (let boot = 0; boot < 20; boot += 1) {
      const evidence = { ...HEALTHY, bootId: `${boot}`.repeat(10_000) } as Evidence;
      ({ record } = admit(worldWith({ "az1-a": { evidence } }), record, said(boot), NOW));
    }

    expect(JSON.stringify(record.notices).length).toBeLessThan(300);
  });

  test("as a fleet of 24 NATs in which all shut down at once fits into a parameter", () => {
    const names = PERFECT.lanes.flatMap(({ zone }) =>
      Array.from({ length: 12 }, (_, index) => `${zone}-0123456789abcde${index}`),
    );
    const world = {
      ...PERFECT,
      nats: names.map((name) => nat(name, { evidence: { ...HEALTHY, bootId: "b".repeat(36) } as Evidence })),
    };
    const requests = world.nats.map(({ instanceId }): Request => {
      return { kind: "leave", instanceId, because: "shutdown", force: false, by: "nat" };
    });
    const { plan } = decide(situation({ world, requests }));
    const written = plan.find((action) => action.kind === "record")?.record;

    expect(Object.keys(written?.notices ?? {})).toHaveLength(24);
    expect(JSON.stringify(written).length).toBeLessThan(8 * 1024);
  });
});
