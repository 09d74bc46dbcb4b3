import { defaultRouteDevice, parseAllowances } from "../../instance/agent/allowances";

const ENA = `NIC statistics:
     total_resets: 0
     bw_in_allowance_exceeded: 0
     bw_out_allowance_exceeded: 12
     pps_allowance_exceeded: 3
     conntrack_allowance_exceeded: 0
     linklocal_allowance_exceeded: 1
     conntrack_allowance_available: 136812
     queue_0_tx_cnt: 5
`;

describe("the allowances of an instance", () => {
  test("are those that ENA counts as exceeded, by their names", () => {
    expect(parseAllowances(ENA)).toEqual({ bw_in: 0, bw_out: 12, pps: 3, conntrack: 0, linklocal: 1 });
  });

  test.each([
    ["another driver's statistics", "NIC statistics:\n     rx_queue_0_packets: 5\n"],
    ["none", "no stats available\n"],
  ])("of %s are not known, which is not none exceeded", (_, text) => {
    expect(parseAllowances(text)).toBeNull();
  });
});

describe("the device they are read of", () => {
  const HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
  const route = (device: string, destination: string, metric: number, mask: string) =>
    `${device}\t${destination}\t0100000A\t0003\t0\t0\t${metric}\t${mask}\t0\t0\t0`;

  test.each([
    ["the default route's", [route("lo", "0000000A", 0, "000000FF"), route("ens5", "00000000", 512, "00000000")], "ens5"],
    [
      "the preferred one of two",
      [route("ens6", "00000000", 1024, "00000000"), route("ens5", "00000000", 512, "00000000")],
      "ens5",
    ],
    [
      "not half of the internet's",
      [route("tun0", "00000000", 0, "00000080"), route("ens5", "00000000", 512, "00000000")],
      "ens5",
    ],
    ["none without a default route", [route("ens5", "0000000A", 0, "000000FF")], undefined],
  ])("is %s", (_, lines, device) => {
    expect(defaultRouteDevice(`${[HEAD, ...lines].join("\n")}\n`)).toBe(device);
  });
});
