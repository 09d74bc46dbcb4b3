/** A fleet to which nothing was done. */
import { existsSync } from "node:fs";
import { lab, statusOf } from "../lab";
import { serverIn } from "./zones";

export function atRest(): void {
  test("is verified by the operator's own script", async () => {
    const { code, stdout, stderr } = await lab("verify", "--env", "prod");

    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  }, 90_000);

  const inSessions = existsSync("/proc/self/autogroup");
  (inSessions ? test : test.skip)(
    `a boot gives way to the machines that serve, though they boot together${inSessions ? "" : " (skipped: no sched_autogroup)"}`,
    async () => {
      const nats = (await statusOf("prod")).instances.map(({ node }) => node);
      const seen = await Promise.all(nats.map((nat) => lab("exec", "--env", "prod", nat, "--", "cat", "/proc/1/autogroup")));

      expect(nats).toHaveLength(6);
      expect(seen.map(({ stdout }) => stdout.trim().replace(/^\S+ /, ""))).toEqual(nats.map(() => "nice 10"));
    },
    30_000,
  );

  test("one thread of an agent, the one that copies flows, gives way to those by which its NAT is heard", async () => {
    // proc_pid_stat(5): what follows the name in parentheses begins with field 3, niceness is field 19.
    const niceness = `cat /proc/$(pgrep -fo "node .*nat-agent.mjs")/task/*/stat | sed "s/.*) //" | cut -d " " -f 17`;
    const { stdout } = await lab("exec", "--env", "prod", await serverIn("use1-az1"), "--", "sh", "-c", niceness);
    const threads = stdout.trim().split("\n").map(Number);
    const first = threads[0] ?? 0;

    expect(threads.filter((nice) => nice !== first)).toEqual([Math.min(19, first + 5)]);
  });
}
