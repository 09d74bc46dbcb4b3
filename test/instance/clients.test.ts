import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetParametersCommand } from "@aws-sdk/client-ssm";
import { createClients } from "../../instance/agent/clients";

describe("the agent's clients", () => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer(({ headers }) => seen.push(headers));
  const environment = { ...process.env };

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      ...{ AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "secret" },
    });
  });
  afterAll(() => {
    process.env = environment;
    server.closeAllConnections();
    server.close();
  });

  test("log events are said to be metrics, and an AWS that takes the call and never answers is not waited for", async () => {
    const began = Date.now();

    const put = createClients("us-east-1").logs.send(
      new PutLogEventsCommand({ logGroupName: "g", logStreamName: "s", logEvents: [] }),
    );

    await expect(put).rejects.toThrow();
    expect(Date.now() - began).toBeLessThan(8_000);
    expect(seen[0]).toMatchObject({ "x-amzn-logs-format": "json/emf", "x-amz-target": "Logs_20140328.PutLogEvents" });
  }, 15_000);

  test("a read of the fleet's documents on a connection that is dead ends, and can be tried again", async () => {
    const began = Date.now();

    const read = createClients("us-east-1").ssm.send(new GetParametersCommand({ Names: ["/ha-nat/test/peers"] }));

    await expect(read).rejects.toThrow(/2000 ms/);
    expect(Date.now() - began).toBeLessThan(8_000);
  }, 15_000);
});
