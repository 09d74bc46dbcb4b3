import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createImds, type ImdsInstance } from "../../../lab/world/imds";

const told = new Map<string, string>();
const instance: ImdsInstance = {
  instanceId: "i-1",
  address: "127.0.0.1",
  publicAddress: undefined,
  secondaryAddresses: async () => [],
  mac: "06:00:00:00:00:01",
  zoneId: "use1-az1",
  zoneName: "us-east-1a",
  region: "us-east-1",
  accountId: "123456789012",
  instanceType: "t4g.small",
  role: undefined,
  told: (path) => told.get(path),
};

let server: Server;
let token = "";
const url = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

async function ask(path: string, given = token): Promise<readonly [number, string]> {
  const answer = await fetch(url(path), { headers: { "X-aws-ec2-metadata-token": given } });
  return [answer.status, await answer.text()];
}

beforeAll(async () => {
  server = createImds((address) => (address === "127.0.0.1" ? instance : undefined));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const headers = { "X-aws-ec2-metadata-token-ttl-seconds": "60" };
  token = await (await fetch(url("/latest/api/token"), { method: "PUT", headers })).text();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => told.clear());

const PATHS = ["spot/instance-action", "events/recommendations/rebalance", "autoscaling/target-lifecycle-state"];

test.each(PATHS)("%s is not found until the instance was told, and never without a token", async (path) => {
  expect(await ask(`/latest/meta-data/${path}`)).toEqual([404, ""]);

  told.set(path, "text");

  expect(await ask(`/latest/meta-data/${path}`)).toEqual([200, "text"]);
  expect((await ask(`/latest/meta-data/${path}`, "other"))[0]).toBe(401);
});

test("what it was told hides nothing that every instance has", async () => {
  told.set("instance-id", "i-2");

  expect(await ask("/latest/meta-data/instance-id")).toEqual([200, "i-1"]);
  expect((await ask("/latest/user-data"))[0]).toBe(404);
});
