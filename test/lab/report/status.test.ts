import type { LabStatus } from "../../../lab/holder/status";
import { statusLines } from "../../../lab/report/status";

const status = {
  lanes: [{ lane: "az1-l1", servedBy: "nat-az1-a", addresses: [{ publicIp: "198.51.100.1" }] }],
  instances: [{ node: "nat-az1-a", instanceId: "i-a", lifecycle: "InService", health: "Healthy", alive: true }],
  ...{ waitingFor: [], hold: null },
} as unknown as LabStatus;

test("the status tells who serves every lane, and who there is", () => {
  expect(statusLines(status)).toEqual([
    "lane az1-l1: served by nat-az1-a, leaves from 198.51.100.1",
    "nat-az1-a: i-a InService Healthy",
  ]);
});

test("the status tells of a hold: who, until when and why", () => {
  const hold = { by: "ana", until: "2026-03-01T12:30:00.000Z", because: "migration" };

  expect(statusLines({ ...status, hold })).toContain("held by ana until 2026-03-01T12:30:00.000Z: migration");
});
