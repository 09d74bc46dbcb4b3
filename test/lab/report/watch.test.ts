import fc from "fast-check";
import type { Attempt } from "../../../lab/report/watch";
import { summarise } from "../../../lab/report/watch";

const EXPECTED = { lane: "use1-az1-l1", addresses: ["198.51.100.1"], limitMs: 3000 };

const good = (startedMs: number, address = "198.51.100.1"): Attempt => ({ startedMs, endedMs: startedMs + 5, address });
const bad = (startedMs: number): Attempt => ({ startedMs, endedMs: startedMs + 200, address: undefined, error: "deadline" });
const every20 = (from: number, to: number, make: (at: number) => Attempt): Attempt[] =>
  Array.from({ length: (to - from) / 20 }, (_, index) => make(from + index * 20));

describe("what a client saw around a fault", () => {
  test("the outage is the time from the last success before to the first after", () => {
    const attempts = [...every20(0, 1000, good), ...every20(1000, 2500, bad), ...every20(2500, 6000, good)];

    const seen = summarise(EXPECTED, attempts, 1000, 6000);

    expect(seen).toMatchObject({
      outageMs: 1525,
      failed: 75,
      publicAddressBefore: "198.51.100.1",
      publicAddressAfter: "198.51.100.1",
      ok: true,
    });
  });

  test("an outage above the limit is not ok", () => {
    const attempts = [...every20(0, 1000, good), ...every20(1000, 4200, bad), ...every20(4200, 8000, good)];

    expect(summarise(EXPECTED, attempts, 1000, 8000)).toMatchObject({
      ok: false,
      reasons: [expect.stringContaining("the limit is 3000 ms")],
    });
  });

  test("a lane that does not come back has no outage figure and is not ok", () => {
    const attempts = [...every20(0, 1000, good), ...every20(1000, 6000, bad)];

    expect(summarise(EXPECTED, attempts, 1000, 6000)).toMatchObject({ outageMs: null, ok: false, publicAddressAfter: null });
  });

  test("an address outside the lane's set is not ok", () => {
    const attempts = [...every20(0, 1000, good), ...every20(1000, 3000, (at) => good(at, "192.0.2.9"))];

    expect(summarise(EXPECTED, attempts, 1000, 3000)).toMatchObject({
      ok: false,
      publicAddresses: ["198.51.100.1", "192.0.2.9"],
    });
  });

  test("a lane whose client never tried is not ok", () => {
    expect(summarise(EXPECTED, [], 0, 1000)).toMatchObject({ ok: false, outageMs: null });
  });

  test("the order in which answers come in changes nothing", () => {
    const attempts = [...every20(0, 400, good), ...every20(400, 800, bad), ...every20(800, 2000, good)];
    const wanted = summarise(EXPECTED, attempts, 400, 2000);

    fc.assert(
      fc.property(fc.shuffledSubarray(attempts, { minLength: attempts.length }), (shuffled) => {
        expect(summarise(EXPECTED, shuffled, 400, 2000)).toEqual(wanted);
      }),
    );
  });
});
