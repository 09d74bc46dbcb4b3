import { OutStream, type OutStreamPorts } from "./out-stream";
import type { Stream } from "./packet";

export interface OutStreamsPorts extends Omit<OutStreamPorts, "addresses"> {
  readonly peers: () => readonly { readonly instanceId: string; readonly address: string; readonly zone: string }[];
}

/**
 * Every stream that we send: one to each zone, one to each NAT. A stream lives as long as its boot, or its sequence would start again; what it keeps
 * for those who miss a packet goes with them.
 */
export class OutStreams {
  private readonly streams = new Map<string, OutStream>();

  constructor(private readonly ports: OutStreamsPorts) {}

  zone(name: string): OutStream {
    return this.find({ to: "zone", name });
  }

  nat(name: string): OutStream {
    return this.find({ to: "nat", name });
  }

  /** Records sent so far. */
  get records(): number {
    return [...this.streams.values()].reduce((sum, { records }) => sum + records, 0);
  }

  /** After the list of peers has changed. */
  forgetUnlisted(): void {
    for (const stream of this.streams.values()) stream.forgetUnlisted();
  }

  private find(stream: Stream): OutStream {
    const name = `${stream.to} ${stream.name}`;
    const known = this.streams.get(name);
    if (known !== undefined) return known;
    const isMeant = ({ instanceId, zone }: { readonly instanceId: string; readonly zone: string }) =>
      stream.to === "zone" ? zone === stream.name : instanceId === stream.name;
    const addresses = () =>
      this.ports
        .peers()
        .filter(isMeant)
        .map(({ address }) => address);
    const made = new OutStream(stream, { ...this.ports, addresses });
    this.streams.set(name, made);
    return made;
  }
}
