import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Boot } from "./agent";

/**
 * A boot that peers take for newer than the last one, even when the clock went back in between: they drop packets of older boots.
 * The last one is remembered in the run directory, which a reboot of the machine empties.
 */
export async function nextBoot(runDir: string, clockMs: number): Promise<Boot> {
  const file = join(runDir, "agent-boot");
  const last = Number(await readFile(file, "utf8").catch(() => "0"));
  const bootMs = Number.isSafeInteger(last) && last >= clockMs ? last + 1 : clockMs;
  await writeFile(file, String(bootMs));
  return { bootId: randomUUID(), bootMs };
}
