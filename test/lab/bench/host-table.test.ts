import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isMachineRoot } from "../../../lab/bench/needs";
import { root } from "../support/in-namespaces";

const hostTable = join(root, "lab/bench/bin/host-table");
const setting = (name: string) => Number(readFileSync(`/proc/sys/net/netfilter/nf_conntrack_${name}`, "utf8"));
const asRoot = isMachineRoot() ? describe : describe.skip;

asRoot("the machine's connection table (as root only)", () => {
  test.each([
    ["its caller is gone", (child: ReturnType<typeof spawn>) => void child.stdin?.destroy()],
    ["it is told to end", (child: ReturnType<typeof spawn>) => void child.kill("SIGTERM")],
  ])("has its size back when %s", async (_when, end) => {
    const before = { buckets: setting("buckets"), max: setting("max") };
    // Larger by a little: nobody who uses the machine meanwhile notices.
    const child = spawn(hostTable, [String(before.buckets), String(before.max + 1)], { stdio: ["pipe", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const meanwhile = setting("max");
    end(child);
    await once(child, "exit");

    expect(meanwhile).toBe(before.max + 1);
    expect({ buckets: setting("buckets"), max: setting("max") }).toEqual(before);
  });
});

test("a size that is no number is refused", () => {
  const { status, stderr } = spawnSync(hostTable, ["many", "4096"], { encoding: "utf8" });

  expect(status).toBe(2);
  expect(stderr).toContain("usage: host-table BUCKETS MAX");
});
