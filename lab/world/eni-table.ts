import type { Devices } from "./kernel-routes";

export interface Eni {
  readonly eniId: string;
  /** Router's side of the veth pair. */
  readonly device: string;
  /** From 1, never used twice. */
  readonly index: number;
  readonly subnetId: string;
  readonly address: string;
}

/** Names only: which device is which ENI. Whether a device is there is asked of the kernel each time. */
export class EniTable implements Devices {
  private readonly enis: Eni[] = [];

  constructor(
    readonly internetGatewayId: string,
    /** Text of `/proc/net/dev`. */
    private readonly deviceList: () => string,
  ) {}

  add(eniId: string, subnetId: string, address: string): Eni {
    const index = this.enis.length + 1;
    // 15 bytes are all that a device name may have; the index keeps two ENIs with a common ending apart.
    const eni = { eniId, device: `v${index}-${eniId.slice(-8)}`, index, subnetId, address };
    this.enis.push(eni);
    return eni;
  }

  get(eniId: string): Eni {
    const eni = this.enis.find((candidate) => candidate.eniId === eniId);
    if (eni === undefined) throw new Error(`network interface ${eniId} was never in this lab`);
    return eni;
  }

  eniOf(device: string): string | undefined {
    return this.enis.find((eni) => eni.device === device)?.eniId;
  }

  eniByIndex(index: number): string | undefined {
    return this.enis[index - 1]?.eniId;
  }

  isPresent(eniId: string): boolean {
    const { device } = this.get(eniId);
    return this.deviceList()
      .split("\n")
      .some((line) => line.trimStart().startsWith(`${device}:`));
  }

  /** Bytes that came in from each ENI that is there (ENI ID → bytes): what its machine sent. */
  received(): ReadonlyMap<string, number> {
    const counters = this.deviceList()
      .split("\n")
      .flatMap((line): (readonly [string, number])[] => {
        const [device = "", rest = ""] = line.split(":");
        const eniId = this.eniOf(device.trim());
        return eniId === undefined ? [] : [[eniId, Number(rest.trim().split(/\s+/)[0])]];
      });
    return new Map(counters);
  }

  byAddress(address: string): Eni | undefined {
    return this.enis.findLast((eni) => eni.address === address && this.isPresent(eni.eniId));
  }
}
