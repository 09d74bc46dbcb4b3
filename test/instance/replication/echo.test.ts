import { flowKey } from "../../../instance/agent/replication/flow";
import { ECHO, FLOATING, flow, type Nat, pair } from "./support/fleet";

const keys = (nat: Nat) => nat.table.entries().map(flowKey);

describe("an echo", () => {
  test("is copied for as long as it goes on, beyond its own short timeout, to newcomers too, and taken back when it ends", async () => {
    const { fleet, a, b } = pair();
    const echo = flow(1, ECHO);
    // A long table: half a minute from sweep to sweep.
    a.table.dumpMs = 1_500;
    a.table.touch(echo);
    fleet.announce(a, [echo]);
    let c: Nat | undefined;
    for (let second = 0; second < 300; second++) {
      a.table.touch(echo);
      if (second === 200) {
        c = fleet.add("c");
        fleet.tell({ "i-a": [FLOATING] });
      }
      await fleet.run(1_000);
      expect(b.table.entries()).toMatchObject([{ ...echo, lifetime: expect.anything() }]);
    }
    expect(keys(c as Nat)).toEqual(keys(a));
    a.table.end(echo);
    await fleet.run(40_000);
    expect([keys(b), keys(c as Nat)]).toEqual([[], []]);
  });
});
