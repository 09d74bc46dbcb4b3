import { gzipSync, zipSync } from "fflate";
import { pack } from "tar-stream";

/** One file of an archive. */
export interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** Local constructor on purpose: zip stores local time, and this is the earliest it can say in any time zone. */
const ZIP_EPOCH = new Date(1980, 0, 1);
const byName = (a: Entry, b: Entry): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
const modeOf = (entry: Entry): number => (entry.executable ? 0o755 : 0o644);

/** A zip whose bytes follow from names and contents alone: fixed times, modes, order and system. */
export function zip(entries: readonly Entry[]): Uint8Array {
  const files = [...entries]
    .sort(byName)
    .map(
      (entry) =>
        [entry.name, [entry.bytes, { mtime: ZIP_EPOCH, os: 3, attrs: (0o100000 | modeOf(entry)) << 16, level: 9 }]] as const,
    );
  return zipSync(Object.fromEntries(files) as Parameters<typeof zipSync>[0]);
}

/** A gzipped tar, deterministic likewise; owned by root. */
export async function tarball(entries: readonly Entry[]): Promise<Uint8Array> {
  const tar = pack();
  for (const entry of [...entries].sort(byName)) {
    tar.entry(
      { name: entry.name, mode: modeOf(entry), mtime: new Date(0), uid: 0, gid: 0, uname: "root", gname: "root" },
      Buffer.from(entry.bytes),
    );
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks), { mtime: 0, level: 9 });
}
