import { get, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { serveHealth } from "../../instance/agent/health-server";

/** As many as the server takes at a time. */
const CONNECTIONS = 128;

describe("the server of health", () => {
  let server: Server;
  const idle: Socket[] = [];

  const port = () => (server.address() as AddressInfo).port;
  const ask = (path: string) =>
    new Promise<string>((resolve) => {
      get({ port: port(), path, agent: false }, (response) => {
        response.resume().on("end", () => resolve(String(response.statusCode)));
      }).on("error", () => resolve("none"));
    });

  beforeEach(async () => {
    server = await serveHealth({ livez: () => ({ ok: true, body: {} }), healthz: () => ({ ok: false, body: {} }) }, 0);
  });
  afterEach(() => {
    for (const socket of idle.splice(0)) socket.destroy();
    server.closeAllConnections();
    server.close();
  });

  test("answers what it is asked, and nothing else", async () => {
    expect(await Promise.all(["/livez", "/healthz?now", "/"].map(ask))).toEqual(["200", "503", "404"]);
  });

  test("connections that ask nothing are closed within seconds, so they cannot make a NAT look dead", async () => {
    for (let count = 0; count < CONNECTIONS; count++) idle.push(connect(port(), "127.0.0.1").on("error", () => undefined));
    const closed = Promise.all(idle.map((socket) => new Promise((done) => socket.resume().once("close", done))));
    await Promise.all(idle.map((socket) => new Promise((done) => socket.once("connect", done))));

    expect(await ask("/livez")).toBe("none");
    await closed;
    expect(await ask("/livez")).toBe("200");
  }, 6_000);
});
