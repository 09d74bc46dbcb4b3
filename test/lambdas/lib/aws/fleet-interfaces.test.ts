import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { DescribeInstancesCommand, DescribeNetworkInterfacesCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { NetworkInterface } from "@aws-sdk/client-ec2";
import { mockClient } from "aws-sdk-client-mock";
import { ec2Client } from "../../../../lambdas/lib/aws/clients";
import { fleetObserver } from "../../../../lambdas/lib/aws/fleet-observer";

const warned: { readonly message: string; readonly error: unknown }[] = [];
const observer = (ec2: EC2Client) =>
  fleetObserver(ec2, new AutoScalingClient({}), "test", {
    warn: (message, { error } = {}) => void warned.push({ message, error }),
  });

/** The primary interface of a NAT. */
const interfaceOf = (name: string, zone: string, difference: NetworkInterface = {}): NetworkInterface => ({
  NetworkInterfaceId: `eni-${name}`,
  Attachment: { InstanceId: `i-${name}`, DeviceIndex: 0, Status: "attached" },
  TagSet: [{ Key: "ha-nat:zone", Value: zone }],
  SourceDestCheck: false,
  Groups: [{ GroupId: `sg-${name}`, GroupName: "nat" }],
  PrivateIpAddresses: [
    { PrivateIpAddress: `primary-${name}`, Primary: true },
    { PrivateIpAddress: `floating-${name}`, Primary: false },
  ],
  ...difference,
});

const attached = (name: string, difference: NetworkInterface["Attachment"]): NetworkInterface =>
  interfaceOf(name, "use1-az1", { Attachment: { InstanceId: `i-${name}`, DeviceIndex: 0, Status: "attached", ...difference } });

beforeEach(() => {
  warned.length = 0;
});

describe("while EC2 does not describe instances", () => {
  const ec2 = mockClient(EC2Client);
  const unavailable = Object.assign(new Error("use1-az1 is disrupted"), { name: "Unavailable" });
  const instances = () => observer(new EC2Client({})).instances();
  const answer = (...NetworkInterfaces: NetworkInterface[]) =>
    ec2.on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces });

  beforeEach(() => {
    ec2.reset();
    ec2.on(DescribeInstancesCommand).rejects(unavailable);
  });
  afterAll(() => ec2.restore());

  test("they are those of the NATs' interfaces, the lost zone's among them, and the log says why", async () => {
    answer(interfaceOf("2", "use1-az2"), interfaceOf("1", "use1-az1"));

    expect(await instances()).toEqual(
      ["1", "2"].map((name) => ({
        instanceId: `i-${name}`,
        zone: `use1-az${name}`,
        state: "running",
        eni: {
          eniId: `eni-${name}`,
          primary: `primary-${name}`,
          addresses: [`primary-${name}`, `floating-${name}`],
          sourceDestCheck: false,
          groupIds: [`sg-${name}`],
        },
      })),
    );
    expect(warned).toEqual([{ message: expect.stringContaining("taken from their network interfaces"), error: unavailable }]);
    expect(ec2.commandCalls(DescribeNetworkInterfacesCommand)[0]?.args[0].input).toEqual({
      Filters: [
        { Name: "tag:ha-nat:env", Values: ["test"] },
        { Name: "tag:ha-nat:role", Values: ["nat"] },
      ],
      MaxResults: 1000,
    });
  });

  test("every page counts", async () => {
    answer(interfaceOf("1", "use1-az1"));
    ec2
      .on(DescribeNetworkInterfacesCommand)
      .resolves({ NetworkInterfaces: [interfaceOf("2", "use1-az2")], NextToken: "more" })
      .on(DescribeNetworkInterfacesCommand, { NextToken: "more" })
      .resolves({ NetworkInterfaces: [interfaceOf("1", "use1-az1")] });

    expect((await instances()).map(({ instanceId }) => instanceId)).toEqual(["i-1", "i-2"]);
  });

  test.each<[string, NetworkInterface, string | undefined]>([
    ["attached: it runs", attached("1", {}), "running"],
    ["being attached: it comes", attached("1", { Status: "attaching" }), "pending"],
    ["being detached: it goes", attached("1", { Status: "detaching" }), "shutting-down"],
    ["detached: of no instance", attached("1", { Status: "detached" }), undefined],
    ["attached to nothing", { ...attached("1", {}), Attachment: undefined }, undefined],
    ["a second one of its instance", attached("1", { DeviceIndex: 1 }), undefined],
    ["of no instance of the account", attached("1", { InstanceId: undefined }), undefined],
    ["without a zone: somebody's own, with copied tags", interfaceOf("1", "", { TagSet: [] }), undefined],
  ])("an interface that is %s", async (_what, eni, state) => {
    answer(eni);

    expect((await instances()).map((instance) => instance.state)).toEqual(state === undefined ? [] : [state]);
  });

  test.each<[string, () => unknown]>([
    ["fails as well", () => ec2.on(DescribeNetworkInterfacesCommand).rejects(new Error("throttled"))],
    ["is incomplete", () => answer(interfaceOf("1", "use1-az1", { PrivateIpAddresses: [] }))],
  ])("and the second answer %s, nothing is known: the first error tells why", async (_what, arrange) => {
    arrange();

    await expect(instances()).rejects.toBe(unavailable);
    expect(warned).toEqual([{ message: expect.stringContaining("neither"), error: expect.any(Error) }]);
  });
});

describe("connections wait:", () => {
  const refusal = (code: string) =>
    `<Response><Errors><Error><Code>${code}</Code><Message>x</Message></Error></Errors></Response>`;
  const none = "<Response><reservationSet/><networkInterfaceSet/></Response>";
  const before = { ...process.env };
  /** What becomes of DescribeInstances; undefined: it is answered. */
  let fate: "silence" | "reset" | { readonly status: number; readonly code: string } | undefined;
  let server: Server;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        const action = /Action=(\w+)/.exec(body)?.[1] ?? "";
        asked.push(action);
        const now = action === "DescribeInstances" ? fate : undefined;
        if (now === "silence") return;
        if (now === "reset") {
          fate = undefined;
          request.socket.resetAndDestroy();
          return;
        }
        response.statusCode = now?.status ?? 200;
        response.end(now === undefined ? none : refusal(now.code));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
    });
  });

  afterEach(async () => {
    process.env = { ...before };
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test.each<[string, NonNullable<typeof fate>, readonly string[]]>([
    ["that it fails", { status: 503, code: "Unavailable" }, ["DescribeInstances", "DescribeNetworkInterfaces"]],
    ["nothing", "silence", ["DescribeInstances", "DescribeNetworkInterfaces"]],
    [
      "that we ask too much",
      { status: 503, code: "RequestLimitExceeded" },
      [...Array<string>(4).fill("DescribeInstances"), "DescribeNetworkInterfaces"],
    ],
    ["nothing on a connection that has died", "reset", ["DescribeInstances", "DescribeInstances"]],
  ])("EC2 says %s, and is asked again only where that may help", async (_what, happens, expected) => {
    fate = happens;

    expect(await observer(ec2Client((client) => client)).instances()).toEqual([]);
    expect(asked).toEqual(expected);
  });
});
