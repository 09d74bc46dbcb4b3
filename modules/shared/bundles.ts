import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** What `npm run build` made: zips of the functions and the payload of the instances, each with its SHA-256 (hex). */
export interface Bundles {
  readonly lambda: (name: string) => { readonly path: string; readonly sha256: string };
  readonly payload: { readonly path: string; readonly sha256: string };
}

interface Manifest {
  readonly lambdas: Readonly<Record<string, { readonly zip: string; readonly sha256: string }>>;
  readonly payload: { readonly path: string; readonly sha256: string };
}

/** Reads `dist/manifest.json` below the root; throws naming what was not built. */
export function loadBundles(root: string): Bundles {
  const manifestPath = join(root, "dist", "manifest.json");
  if (!existsSync(manifestPath)) throw new Error(`${manifestPath} is missing: nothing was built yet; run npm run build`);
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8")) as Manifest;
  const built = (what: string, path: string): string => {
    const full = resolve(root, path);
    if (!existsSync(full)) throw new Error(`${full} (${what}) is missing although ${manifestPath} names it; run npm run build`);
    return full;
  };
  return {
    lambda: (name) => {
      const entry = manifest.lambdas[name];
      if (!entry) throw new Error(`${manifestPath} has no function ${name}; it has ${Object.keys(manifest.lambdas).join(", ")}`);
      return { path: built(name, entry.zip), sha256: entry.sha256 };
    },
    payload: { path: built("payload", manifest.payload.path), sha256: manifest.payload.sha256 },
  };
}
