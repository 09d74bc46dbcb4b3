import { PassThrough } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { longestHeld } from "../../../lab/bench/sync-systems";

test("how long a replicator's loop was held, and by itself, is the worst that it said since it was asked last", async () => {
  const said = new PassThrough();
  const held = longestHeld(said);

  said.write("loop 7\ncpu 12\nloop 31\nready\ncpu 4\nloop 9\n");
  await turn();
  expect(held()).toEqual({ loop: 31, cpu: 12 });
  expect(held()).toEqual({ loop: 0, cpu: undefined });

  said.write("loop 5\ncpu 0\n");
  await turn();
  expect(held()).toEqual({ loop: 5, cpu: 0 });
});
