import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { longestHeld } from "../../../lab/bench/sync-systems";

test("how long a replicator's loop was held is the worst that it said since it was asked last", async () => {
  const said = new PassThrough();
  const held = longestHeld(said);

  said.write("loop 7\nloop 31\nready\nloop 9\n");
  await turn();
  expect(held()).toBe(31);
  expect(held()).toBe(0);

  said.write("loop 5\n");
  await turn();
  expect(held()).toBe(5);
});
