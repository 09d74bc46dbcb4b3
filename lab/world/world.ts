import { join } from "node:path";
import { addressText, cidrRange } from "../aws/state/cidr";
import type { NetworkAclRule, StackModel, SubnetModel } from "../stack/model";
import type { Certificates } from "./certificates";
import type { ClientInstance, Fabric, InstanceSpec, KernelRoute, KeyRing, RouteTarget } from "./fabric";
import { INTERNET } from "./fabric";
import { ipBatch } from "./command";
import { Metadata } from "./metadata";
import { addNamespaces, configureEni, inNamespace, startAgent, startService } from "./namespaces";
import { natGatewayNamespace, plugNatGateway } from "./nat-gateway";
import { NatNode } from "./nat-node";
import type { NodeEnvironment } from "./nat-node";
import { clientLanes, loadBalancerAddresses, localMac, placeClient, prefixLength, subnetById } from "./placement";
import { GATEWAY_LINK, Router } from "./router";
import { checkHealth } from "./target-check";

export interface WorldOptions {
  readonly model: StackModel;
  readonly keys: KeyRing;
  readonly nodes: NodeEnvironment;
  readonly certificates: Certificates;
  /** Unix socket of the AWS API. */
  readonly awsSocket: string;
}

/** A lane's client: what the lab asks the internet from. */
export interface Client {
  readonly lane: string;
  readonly namespace: string;
  readonly instance: ClientInstance;
}

/** EC2 gives a machine a few minutes to stop; our units need twenty seconds at most. */
const SHUTDOWN_LIMIT_MS = 30_000;

const INTERNET_NAMESPACE = "internet";
/** Functions outside the VPC: they reach the AWS API and nothing else. */
const SERVICES_NAMESPACE = "services";

/** The VPC and its internet, made of namespaces under the one that the holder lives in, which is the VPC's router. */
export class World implements Fabric {
  readonly router: Router;
  readonly clients: readonly Client[];
  private readonly nodes = new Map<string, { readonly node: NatNode; readonly spec: InstanceSpec; readonly mac: string }>();
  private readonly metadata: Metadata;

  constructor(private readonly options: WorldOptions) {
    this.router = new Router(options.model, loadBalancerAddresses(options.model));
    this.clients = clientLanes(options.model).map((lane) => ({
      lane,
      namespace: `client-${lane}`,
      instance: placeClient(options.model, lane),
    }));
    this.metadata = new Metadata({
      ...options,
      find: (address) =>
        this.natNodes().findLast(({ node, spec }) => spec.privateAddress === address && node.isAlive) ?? this.clientAt(address),
      readSecondaryAddresses: () => this.router.readSecondaryAddresses(),
    });
  }

  async setUp(): Promise<void> {
    const { model, nodes, certificates, awsSocket } = this.options;
    const inVpc = model.functions.filter(({ subnetIds }) => subnetIds.length > 0);
    const functionNamespaces = inVpc.map(({ name }) => this.functionNamespace(name));
    const clientNamespaces = this.clients.map(({ namespace }) => namespace);
    const gatewayNamespaces = model.natGateways.map(natGatewayNamespace);
    await addNamespaces([
      ...[INTERNET_NAMESPACE, SERVICES_NAMESPACE],
      ...clientNamespaces,
      ...functionNamespaces,
      ...gatewayNamespaces,
    ]);
    await this.router.setUp(INTERNET_NAMESPACE);
    await Promise.all([
      this.setUpInternet(),
      ipBatch([`addr add ${INTERNET.awsEndpoint.address}/32 dev lo`], SERVICES_NAMESPACE),
    ]);
    const program = ["node", join(nodes.paths.programs, "internet.cjs")];
    const log = join(nodes.paths.logs, "internet.log");
    await Promise.all([
      startService(INTERNET_NAMESPACE, [...program, "serve", awsSocket, certificates.certificate, certificates.key], log),
      startService(SERVICES_NAMESPACE, [...program, "forward", awsSocket], log),
      this.metadata.listen(),
      ...model.natGateways.map((gateway) => plugNatGateway(gateway, model, this.router)),
      ...this.clients.map((client) => this.plugClient(client)),
      ...inVpc.map(({ name, subnetIds }) => this.plug(subnetById(model, subnetIds[0]), this.functionNamespace(name), name)),
    ]);
  }

  /** A client is an instance of the operator's: it knows who it is, and takes commands by way of its lane's NAT. */
  private async plugClient({ namespace, instance }: Client): Promise<void> {
    const { model, nodes } = this.options;
    const { eniId, subnetId, privateAddress: address, mac } = instance;
    await this.router.attach({ eniId, subnetId, address, imds: true, mac }, namespace);
    await configureEni(namespace, address, prefixLength(subnetById(model, subnetId)), this.router.gateway(subnetId));
    const environment = { PATH: nodes.toolPath, LANG: "C.UTF-8", HOME: "/tmp", AWS_ENDPOINT_URL: nodes.awsEndpoint };
    const agent = ["node", join(nodes.paths.programs, "ssm-agent.cjs")];
    startAgent(namespace, agent, environment, join(nodes.paths.logs, `${namespace}.log`));
  }

  private clientAt(address: string): { readonly spec: ClientInstance; readonly mac: string } | undefined {
    const instance = this.clients.find((client) => client.instance.privateAddress === address)?.instance;
    return instance && { spec: instance, mac: instance.mac };
  }

  /** Where a function runs: in its subnet, or beside the VPC. */
  private functionNamespace(functionName: string): string {
    const model = this.options.model.functions.find(({ name }) => name === functionName);
    if (model === undefined) throw new Error(`function ${functionName} is not in the stack`);
    return model.subnetIds.length === 0 ? SERVICES_NAMESPACE : `fn-${functionName}`;
  }

  /** Command line that runs a program where a function lives. */
  enterFunction(functionName: string, argv: readonly string[]): readonly string[] {
    return inNamespace(this.functionNamespace(functionName), argv);
  }

  async launchInstance(spec: InstanceSpec): Promise<void> {
    const subnet = subnetById(this.options.model, spec.subnetId);
    const name = `nat-${spec.name}`;
    const node = await NatNode.start(name, spec.instanceId, spec.userData, this.options.nodes);
    const mac = localMac();
    try {
      await this.router.attach(
        { eniId: spec.eniId, subnetId: spec.subnetId, address: spec.privateAddress, imds: true, mac },
        String(node.outerPid),
      );
      if (spec.publicAddress !== undefined) await this.router.mapPublicAddress(spec.publicAddress, spec.privateAddress);
    } catch (error) {
      await node.kill();
      throw error;
    }
    this.nodes.set(spec.instanceId, { node, spec, mac });
    node.onEnd(
      () => void this.router.detach(spec.eniId).catch((error: unknown) => console.error(`detach of ${spec.eniId}:`, error)),
    );
    const gateway = this.router.gateway(spec.subnetId);
    const start = (): void => node.powerOn(spec.privateAddress, prefixLength(subnet), gateway);
    if (spec.bootMs > 0) setTimeout(start, spec.bootMs);
    else start();
  }

  async terminateInstance(instanceId: string, abruptly = false): Promise<void> {
    const found = this.nodes.get(instanceId);
    if (found === undefined) throw new Error(`instance ${instanceId} was never launched in this lab`);
    await (abruptly ? found.node.kill() : found.node.shutDown(SHUTDOWN_LIMIT_MS));
    await this.router.removeDevice(found.spec.eniId);
  }

  isInstanceAlive(instanceId: string): boolean {
    return this.nodes.get(instanceId)?.node.isAlive ?? false;
  }

  isNatGatewayUp(natGatewayId: string): boolean {
    const gateway = this.options.model.natGateways.find((known) => known.natGatewayId === natGatewayId);
    return gateway !== undefined && this.router.enis.isPresent(gateway.eniId);
  }

  writeMetadata(instanceId: string, path: string, text: string | null): void {
    this.metadata.write(instanceId, path, text);
  }

  readRoutes(routeTableId: string): Promise<readonly KernelRoute[]> {
    return this.router.readRoutes(routeTableId);
  }

  writeRoute(routeTableId: string, destination: string, target: RouteTarget): Promise<void> {
    return this.router.writeRoute(routeTableId, destination, target);
  }

  deleteRoute(routeTableId: string, destination: string): Promise<void> {
    return this.router.deleteRoute(routeTableId, destination);
  }

  readSecondaryAddresses(): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.router.readSecondaryAddresses();
  }

  moveAddress(address: string, eniId: string | null): Promise<void> {
    return this.router.moveAddress(address, eniId);
  }

  readPublicAddresses(): Promise<ReadonlyMap<string, string>> {
    return this.router.readPublicAddresses();
  }

  mapPublicAddress(publicIp: string, privateIp: string | null): Promise<void> {
    return this.router.mapPublicAddress(publicIp, privateIp);
  }

  readAclRules(networkAclId: string): Promise<readonly NetworkAclRule[]> {
    return this.router.readAclRules(networkAclId);
  }

  writeAclRule(networkAclId: string, rule: NetworkAclRule): Promise<void> {
    return this.router.changeAcl(networkAclId, rule, rule);
  }

  deleteAclRule(networkAclId: string, slot: Pick<NetworkAclRule, "number" | "egress">): Promise<void> {
    return this.router.changeAcl(networkAclId, slot, null);
  }

  readSourceDestCheck(eniId: string): Promise<boolean> {
    return this.router.readSourceDestCheck(eniId);
  }

  writeSourceDestCheck(eniId: string, on: boolean): Promise<void> {
    return this.router.writeSourceDestCheck(eniId, on);
  }

  readSentBytes(): ReadonlyMap<string, number> {
    return this.router.readSentBytes();
  }

  checkTarget(
    zone: string,
    address: string,
    port: number,
    path: string,
    timeoutMs: number,
  ): Promise<{ readonly status: number } | { readonly error: string }> {
    const localAddress = this.router.loadBalancerAddresses.get(zone);
    if (localAddress === undefined) return Promise.reject(new Error(`the stack has no load balancer in zone ${zone}`));
    return checkHealth({ localAddress, address, port, path, timeoutMs });
  }

  /** NATs that ever ran, the newest last; a name may have had several. */
  natNodes(): readonly { readonly node: NatNode; readonly spec: InstanceSpec; readonly mac: string }[] {
    return [...this.nodes.values()];
  }

  private async setUpInternet(): Promise<void> {
    const addresses = [INTERNET.resolver, ...INTERNET.otherResolvers, INTERNET.website, INTERNET.awsEndpoint.address];
    await ipBatch(
      [
        ...addresses.map((address) => `addr add ${address}/32 dev lo`),
        `addr add ${GATEWAY_LINK.internet} peer ${GATEWAY_LINK.router}/32 dev eth0`,
        "link set eth0 up",
        ...[INTERNET.elasticCidr, INTERNET.autoAssignedCidr].map((cidr) => `route add ${cidr} via ${GATEWAY_LINK.router}`),
      ],
      INTERNET_NAMESPACE,
    );
  }

  /** Gives a function its ENI, at the upper end of the subnet, below the client's. */
  private async plug(subnet: SubnetModel, namespace: string, tenant: string): Promise<void> {
    const address = addressText(cidrRange(subnet.cidr).last - 2 - this.tenants(subnet.subnetId));
    await this.router.attach(
      { eniId: `eni-${tenant.replaceAll(" ", "-")}`, subnetId: subnet.subnetId, address, imds: false },
      namespace,
    );
    await configureEni(namespace, address, prefixLength(subnet), this.router.gateway(subnet.subnetId));
  }

  private readonly tenantCounts = new Map<string, number>();

  private tenants(subnetId: string): number {
    const count = this.tenantCounts.get(subnetId) ?? 0;
    this.tenantCounts.set(subnetId, count + 1);
    return count;
  }
}
