import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { isThere, whyNot, UNSHARE } from "../support/world";

const root = join(__dirname, "../../..");
const why = whyNot();
const inKernel = why === null ? describe : describe.skip;
if (why !== null) console.warn(`SKIPPED: connection tracking was not spoken to: ${why}`);

inKernel("connection tracking over netlink, in a real kernel", () => {
  const dir = mkdtempSync(join(tmpdir(), "ha-nat-kernel-"));
  afterAll(() => rmSync(dir, { recursive: true }));

  const check = (name: string): unknown => {
    const bundle = join(dir, `${name}.cjs`);
    buildSync({
      entryPoints: [join(__dirname, `support/${name}.ts`)],
      bundle: true,
      platform: "node",
      outfile: bundle,
      logLevel: "error",
    });
    const argv = [...UNSHARE, join(root, "instance/bin/with-netlink"), process.execPath, bundle];
    return JSON.parse(execFileSync("unshare", argv, { encoding: "utf8", timeout: 60_000 }));
  };

  test("flows are created with their translation, set, deleted and dumped one by one, and refused as documented", () => {
    expect(check("kernel-check")).toMatchObject({
      created: [0, 0, 0],
      createdAgain: [17, 17],
      dumped: [
        "17 1027 10.0.0.20:40000 state 0 300 s",
        "6 1025 10.0.0.20:1025 state 3 3600 s",
        "6 1026 10.0.0.20:50000 state 3 3600 s",
      ],
      updated: [0, 2],
      deleted: [0, 2],
      deletedOriginal: [0, 2],
      afterwards: ["6 1025 10.0.0.20:1025 state 4 90 s"],
      replaced: { injected: 1, refused: 0 },
      afterReplacing: ["6 1025 10.0.0.20:9000 state 3 3600 s"],
      found: ["6 1025 10.0.0.20:9000 state 3 3600 s", "6 1025 10.0.0.20:9000 state 3 3600 s"],
      toldAgain: { injected: 1, refused: 0 },
      afterToldAgain: ["6 1025 10.0.0.20:9000 state 4 90 s"],
      many: { injected: 20_000, refused: 0 },
      manyAgain: { injected: 20_000, refused: 0 },
      // One of them has the public port of what was there, which made way.
      count: 20_000,
      brokenOff: true,
      afterBrokenOff: [20_000, 20_000],
      aroundTheEnd: [0, 17, 0, 17],
    });
  }, 90_000);

  (isThere("ping") ? test : test.skip)(
    "an echo that was answered is announced, dumped as soon as it is called assured, and copied",
    () => {
      const echo = "1 127.0.0.1:4711 127.0.0.2:0 as 127.0.0.9:4711";
      const copy = "1 127.0.0.1:4711 127.0.0.2:0 as 127.0.0.9:815";
      expect(check("echo-check")).toEqual({
        announced: [echo],
        assured: [0, 2],
        dumped: [echo],
        // What is set over netlink is not.
        announcedAgain: [],
        deleted: [0, 2],
        copied: [0, 17],
        dumpedCopy: [copy],
        pinged: [copy],
        updated: [0],
        deletedOriginal: [0, 2],
      });
    },
    90_000,
  );
});
