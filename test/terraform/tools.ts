import { accessSync, constants, existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** What the Terraform tests need of a machine. */
export interface Tools {
  readonly terraform: string;
  /** Provider mirror: the folder that holds `registry.terraform.io/`. */
  readonly plugins: string;
  readonly moto: string;
}

/** The provider version that the tests run: the newest that the mirror is known to hold. The stacks pin 6.25.0. */
export const PROVIDER_VERSION = "5.100.0";

const PROVIDER = `registry.terraform.io/hashicorp/aws/${PROVIDER_VERSION}`;
const ROOTS = [
  "/opt",
  "/opt/tf-plugins",
  "/usr/share/terraform",
  "/usr/share/terraform/plugins",
  join(homedir(), ".terraform.d/plugins"),
];

function onPath(program: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The tools, or in words what is missing. */
export function findTools(): { readonly tools: Tools } | { readonly missing: string } {
  const terraform = onPath("terraform");
  const moto = onPath("moto_server");
  const given = process.env.HA_NAT_TF_PLUGIN_DIR;
  const plugins = (given === undefined ? ROOTS : [given]).find((root) => existsSync(join(root, PROVIDER)));
  if (terraform && moto && plugins) return { tools: { terraform, moto, plugins } };
  const missing = [
    terraform ? [] : ["terraform on PATH"],
    plugins ? [] : [`${PROVIDER} in a provider mirror (set HA_NAT_TF_PLUGIN_DIR)`],
    moto ? [] : ["moto_server on PATH (pip install 'moto[server]')"],
  ];
  return { missing: missing.flat().join(", ") };
}
