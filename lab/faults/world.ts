/** What a fault needs of the world: names of nodes and a way to run something in their namespaces. Never the AWS state. */
export interface FaultWorld {
  /** Signals the node's init from outside. */
  killNode(node: string): void;
  /** Runs a program in the node's namespaces; throws when it fails. */
  exec(node: string, argv: readonly string[]): Promise<string>;
  /** Sends SIGKILL to the node's processes whose command line has this part; throws when there is none. */
  killProcess(node: string, commandPart: string): void;
  /** Sends SIGKILL to every process that runs a Lambda function; returns how many there were. */
  killFunctions(): number;
  /** Node names of the NATs that run. */
  natsOf(zone: string): readonly string[];
  zoneOf(node: string): string;
  /** Node that serves each of the zone's lanes, wherever it is; null for nobody. */
  serversOf(zone: string): Promise<readonly (string | null)[]>;
  /** Primary private address. */
  addressOf(node: string): string;
  instanceOf(node: string): string;
  /** Path of a program in lab/faults/bin. */
  script(name: string): string;
  /** Drops every packet from, to and by way of the zone's public subnets, those of machines to come included. */
  cutPublicSubnets(zone: string): Promise<void>;
  restorePublicSubnets(zone: string): Promise<void>;
  /** Loads rules into the router, in one transaction. */
  loadRouterRules(text: string): Promise<void>;
}

/**
 * What AWS itself does, or an operator by its API: the one thing beside kernel objects and processes that a fault may touch. Each
 * fault that does says so (`by`).
 */
export interface AwsActs {
  /** TerminateInstanceInAutoScalingGroup, without lowering the desired size. */
  terminate(instanceId: string): Promise<void>;
  /** StartInstanceRefresh of the instance's group; resolves when the refresh has ended. */
  refreshGroupOf(instanceId: string): Promise<void>;
  /** Spot's two minutes' notice; the instance goes after `afterMs`. */
  noticeSpot(instanceId: string, afterMs: number): void;
  noticeRebalance(instanceId: string): void;
  /** Answers this share of EC2 calls RequestLimitExceeded; undefined: as the lab was started. */
  throttle(share: number | undefined): void;
  /** How long EC2 takes; undefined: as the lab was started. */
  setLatency(setting: "zero" | undefined): void;
  /** While a zone is disrupted EC2 describes none of its instances, and fails where it is asked for all. */
  setDisrupted(zone: string, isDisrupted: boolean): void;
}
