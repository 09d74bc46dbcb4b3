import { EniTable } from "../../../lab/world/eni-table";
import { MARK_METRIC, toKernelRoutes } from "../../../lab/world/kernel-routes";

const DEVICES = (names: readonly string[]): string => ["Inter-| Receive", ...names.map((name) => `${name}: 0 0`)].join("\n");

function table(present: readonly string[]): EniTable {
  const enis = new EniTable("igw-1", () => DEVICES(present));
  enis.add("eni-aaaaaaaaa", "subnet-1", "10.0.0.4");
  enis.add("eni-bbbbbbbbb", "subnet-1", "10.0.0.5");
  return enis;
}

const A = "v1-aaaaaaaa";
const active = { dst: "default", gateway: "10.0.0.4", dev: A, metric: 10 };
const mark = { type: "blackhole", dst: "default", metric: MARK_METRIC + 1 };

describe("routes as EC2 shows them", () => {
  test("a route through an ENI's device is active", () => {
    expect(toKernelRoutes([active, mark], table([A]))).toEqual([
      { destination: "0.0.0.0/0", target: { eniId: "eni-aaaaaaaaa" }, state: "active" },
    ]);
  });

  test("a mark whose ENI is gone is a blackhole", () => {
    expect(toKernelRoutes([mark], table([]))).toEqual([
      { destination: "0.0.0.0/0", target: { eniId: "eni-aaaaaaaaa" }, state: "blackhole" },
    ]);
  });

  test("a mark without its route while the ENI lives is no route: somebody took it away", () => {
    expect(toKernelRoutes([mark], table([A]))).toEqual([]);
  });

  test("a route through the gateway's device leads to the internet gateway; the VPC's own are left out", () => {
    const routes = [
      { dst: "default", gateway: "100.64.0.2", dev: "igw", metric: 10 },
      { type: "throw", dst: "10.0.0.0/16" },
    ];

    expect(toKernelRoutes(routes, table([]))).toEqual([
      { destination: "0.0.0.0/0", target: { gatewayId: "igw-1" }, state: "active" },
    ]);
  });

  test("device names fit the kernel's 15 bytes and differ for equal endings", () => {
    const enis = new EniTable("igw-1", () => "");
    const names = Array.from({ length: 999 }, (_, index) => enis.add(`eni-${index}-ffffffff`, "s", "10.0.0.1").device);

    expect(new Set(names).size).toBe(names.length);
    expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(15);
  });
});

test("what a machine has sent is what the router's side of its link has received", () => {
  const enis: EniTable = new EniTable("igw-1", () =>
    [
      "Inter-|   Receive                                                |  Transmit",
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed",
      "    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0",
      `${first.device}: 7000 5 0 0 0 0 0 0 12 1 0 0 0 0 0 0`,
    ].join("\n"),
  );
  const first = enis.add("eni-0a", "subnet-1", "10.0.0.5");
  enis.add("eni-gone", "subnet-1", "10.0.0.6");

  expect([...enis.received()]).toEqual([["eni-0a", 7000]]);
});
