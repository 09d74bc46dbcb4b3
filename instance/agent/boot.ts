import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Boot } from "./agent";
import { type Log, words } from "./log";

/**
 * A boot that peers take for newer than the last one, even when the clock went back in between: they drop packets of older boots.
 * The last one is remembered in the run directory, which a reboot of the machine empties. Where it cannot be, the clock alone counts: an agent
 * that comes up is worth more than a clock that may have gone back.
 */
export async function nextBoot(runDir: string, clockMs: number, log: Log): Promise<Boot> {
  const file = join(runDir, "agent-boot");
  const last = Number(await readFile(file, "utf8").catch(() => "0"));
  const bootMs = Number.isSafeInteger(last) && last >= clockMs ? last + 1 : clockMs;
  await writeFile(file, String(bootMs)).catch((error: unknown) =>
    log.warn(`${file} cannot be written; peers ignore the next start of the agent when the clock goes back before it`, {
      why: words(error),
    }),
  );
  return { bootId: randomUUID(), bootMs };
}
