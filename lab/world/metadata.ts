import { zoneName } from "../aws/state/ids";
import type { StackModel } from "../stack/model";
import type { InstanceSpec, KeyRing } from "./fabric";
import { createImds } from "./imds";
import type { ImdsInstance } from "./imds";
import { IMDS_ADDRESS } from "./ruleset";

/** What an instance was launched as; a client has neither a public address nor an instance profile. */
type Identity = Pick<InstanceSpec, "instanceId" | "eniId" | "zone"> & Partial<Pick<InstanceSpec, "publicAddress" | "roleName">>;

export interface MetadataParts {
  readonly model: StackModel;
  readonly keys: KeyRing;
  /** The living instance with this primary address. */
  readonly find: (address: string) => { readonly spec: Identity; readonly mac: string } | undefined;
  readonly readSecondaryAddresses: () => Promise<ReadonlyMap<string, readonly string[]>>;
}

/** What the metadata service says of each instance: by its launch, by the kernel, and what it was told since. */
export class Metadata {
  private readonly told = new Map<string, Map<string, string>>();

  constructor(private readonly parts: MetadataParts) {}

  listen(): Promise<void> {
    const server = createImds((address) => this.instance(address));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(80, IMDS_ADDRESS, () => resolve());
    });
  }

  write(instanceId: string, path: string, text: string | null): void {
    const answers = this.told.get(instanceId) ?? new Map<string, string>();
    this.told.set(instanceId, answers);
    if (text === null) answers.delete(path);
    else answers.set(path, text);
  }

  private instance(address: string): ImdsInstance | undefined {
    const { model, keys, find, readSecondaryAddresses } = this.parts;
    const found = find(address);
    if (found === undefined) return undefined;
    const { spec, mac } = found;
    const { roleName } = spec;
    return {
      instanceId: spec.instanceId,
      address,
      publicAddress: spec.publicAddress,
      secondaryAddresses: async () => (await readSecondaryAddresses()).get(spec.eniId) ?? [],
      mac,
      zoneId: spec.zone,
      zoneName: zoneName(model.region, spec.zone),
      region: model.region,
      accountId: model.accountId,
      instanceType: model.launchTemplates[0]?.instanceType ?? "",
      role: roleName === undefined ? undefined : { name: roleName, credentials: () => keys.issue(roleName, spec.instanceId) },
      told: (path) => this.told.get(spec.instanceId)?.get(path),
    };
  }
}
