import fc from "fast-check";
import { KINDS, shareOf } from "../../../lab/crowd/kinds";
import { divide } from "../../../lab/crowd/session";

describe("how a crowd is divided", () => {
  test("every lane has every kind, and nobody is lost", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 5000 }), (count, more) => {
        const lanes = Array.from({ length: count }, (_, index) => `lane-${index}`);
        const connections = count * KINDS.length + more;
        const shares = divide(connections, lanes).map((lane) => shareOf(lane.connections));

        expect(shares).toHaveLength(count);
        for (const share of shares) for (const kind of KINDS) expect(share[kind]).toBeGreaterThanOrEqual(1);
        expect(shares.flatMap((share) => Object.values(share)).reduce((sum, value) => sum + value, 0)).toBe(connections);
      }),
    );
  });

  test("a lane whose crowd cannot have every kind is refused, with the least that can", () => {
    expect(() => shareOf(KINDS.length - 1)).toThrow(/crowd of 5 is too small: it has 6 kinds/);
  });
});
