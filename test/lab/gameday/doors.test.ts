import fc from "fast-check";
import { doorsOfRun } from "../../../lab/gameday/doors";

const name = ({ protocol, address, port }: { protocol: string; address: string; port: number }): string =>
  `${protocol} ${address}:${port}`;

describe("the doors that are knocked at", () => {
  test("enough runs together have knocked at every privileged port of every address", () => {
    const addresses = ["198.51.100.1", "192.0.2.9"];
    const size = 700;
    const runs = Math.ceil((2 * 1100) / size);
    const knocked = new Set(Array.from({ length: runs }, (_, run) => doorsOfRun(addresses, run, size).map(name)).flat());

    for (const address of addresses) {
      for (let port = 1; port < 1024; port += 1) expect(knocked).toContain(`tcp ${address}:${port}`);
    }
  });

  test("every run knocks at the ports of heartbeats and replication of every address", () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: 1, max: 3000 }), (run, size) => {
        const names = doorsOfRun(["198.51.100.1", "192.0.2.9"], run, size).map(name);

        expect(names).toEqual(
          expect.arrayContaining(["udp 198.51.100.1:881", "udp 198.51.100.1:882", "udp 192.0.2.9:881", "udp 192.0.2.9:882"]),
        );
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  test("without an address there is no door", () => {
    expect(doorsOfRun([], 3, 100)).toEqual([]);
  });
});
