import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";

/**
 * Lets esbuild drop the schemas of SDK operations that nobody calls (client-ec2 alone: 550 KB, a third of a function's load
 * time). The SDK writes them with computed keys, `{ [_xN]: "x" }`, and a computed key may have side effects as far as a bundler
 * knows. The keys are constants of the same file, so they are written out.
 */
export const sdkSchemas: Plugin = {
  name: "sdk-schemas",
  setup: (build) => {
    build.onLoad({ filter: /client-[a-z0-9-]+[/\\]dist-es[/\\]schemas[/\\]schemas_\d+\.js$/ }, ({ path }) => ({
      contents: writeOutKeys(readFileSync(path, "utf8")),
      loader: "js",
    }));
  },
};

/** `const _xN = "xmlName"; … { [_xN]: 1 }` → `{ "xmlName": 1 }`. What is no such constant stays as it is. */
export function writeOutKeys(source: string): string {
  const constants = new Map([...source.matchAll(/^const (\w+) = ("(?:[^"\\]|\\.)*");$/gm)].map((match) => [match[1], match[2]]));
  return source.replaceAll(/\[(_\w+)\]:/g, (whole, name: string) => {
    const text = constants.get(name);
    return text === undefined ? whole : `${text}:`;
  });
}
