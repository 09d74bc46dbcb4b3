/** A document in the embedded metric format: the values and dimensions that the directives name are beside them. */
export interface EmittedMetrics {
  readonly _aws: {
    /** Milliseconds since 1970. */
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** What an agent says in three hours; who asks wants the last minutes. */
const KEPT = 200;

/** Log groups of the stack, their streams, and the metrics that CloudWatch makes of what is put: of nothing else. */
export class LogGroups {
  private readonly groups: ReadonlyMap<string, Map<string, readonly EmittedMetrics[]>>;

  constructor(
    names: readonly string[],
    /** Told each line as it was put. @default - nobody */
    private readonly onEvent: (group: string, stream: string, message: string) => void = () => undefined,
  ) {
    this.groups = new Map(names.map((name) => [name, new Map()]));
  }

  hasGroup(group: string): boolean {
    return this.groups.has(group);
  }

  hasStream(group: string, stream: string): boolean {
    return this.groups.get(group)?.has(stream) === true;
  }

  create(group: string, stream: string): void {
    this.groups.get(group)?.set(stream, []);
  }

  put(group: string, stream: string, messages: readonly string[]): void {
    for (const message of messages) this.onEvent(group, stream, message);
    const before = this.groups.get(group)?.get(stream) ?? [];
    this.groups.get(group)?.set(stream, [...before, ...messages.flatMap(metricsIn)].slice(-KEPT));
  }

  /** Documents with this instance as their dimension, the newest last. */
  emittedBy(instanceId: string): readonly EmittedMetrics[] {
    const all = [...this.groups.values()].flatMap((streams) => [...streams.values()].flat());
    return all.filter((document) => document["InstanceId"] === instanceId);
  }
}

/** CloudWatch makes metrics of whole JSON objects with a directive; any other line is only a line. */
function metricsIn(message: string): readonly EmittedMetrics[] {
  try {
    const document = JSON.parse(message) as EmittedMetrics | null;
    return Array.isArray(document?._aws?.CloudWatchMetrics) ? [document] : [];
  } catch {
    return [];
  }
}
