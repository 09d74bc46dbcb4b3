import { parseHeartbeatKeys, parseNatConfig, parsePeers } from "../../instance/agent/documents";
import { natConfig } from "./support/world";

const { timing } = natConfig;
const parse = (change: object) => () => parseNatConfig(JSON.stringify({ ...natConfig, ...change }));

describe("nat.json", () => {
  test("is read as it is", () => {
    expect(parse({})()).toEqual(natConfig);
  });

  test.each<[string, object, string]>([
    [
      "too few targets",
      { selfProbeTargets: natConfig.selfProbeTargets.slice(1) },
      'selfProbeTargets is [{"address":"198.51.100.11","port":7}]; must have at least 2',
    ],
    [
      "a port of 0",
      {
        selfProbeTargets: [
          { address: "1.1.1.1", port: 0 },
          { address: "1.0.0.1", port: 443 },
        ],
      },
      "selfProbeTargets.0.port is 0; must be a whole number from 1 to 65535",
    ],
    [
      "a name for an address",
      {
        selfProbeTargets: [
          { address: "one.one", port: 1 },
          { address: "1.0.0.1", port: 443 },
        ],
      },
      'selfProbeTargets.0.address is "one.one"; must be an IPv4 address',
    ],
    [
      "no miss at all",
      { timing: { ...timing, missThreshold: 0 } },
      "timing.missThreshold is 0; must be a whole number from 1 to 100",
    ],
    [
      "half a millisecond",
      { timing: { ...timing, heartbeatIntervalMs: 20.5 } },
      "timing.heartbeatIntervalMs is 20.5; must be a whole number from 20 to 10000",
    ],
    ["no lanes", { lanes: [] }, "lanes is []; must have at least 1"],
    ["another schema", { schema: 2 }, "schema is 2; must be 1"],
    ["a field that is not there", { region: undefined }, "region is missing; must be a text"],
    ["an unknown selection", { addressSelection: "random" }, 'addressSelection is "random"; must be "client" or "flow"'],
  ])("with %s is refused by field, value and limit", (_, change, words) => {
    expect(parse(change)).toThrow(words);
  });

  test("names every fault at once", () => {
    expect(parse({ env: "", zone: 3 })).toThrow(/env is ""[^]*zone is 3/);
  });

  test("that is no JSON is refused without repeating it", () => {
    expect(() => parseNatConfig("{")).toThrow("nat.json is not JSON: 1 characters");
  });
});

describe("the fleet's documents", () => {
  const peer = { instanceId: "i-1", name: "use1-az1-a", zone: "use1-az1", address: "10.0.0.10", eniId: "eni-1" };

  test("a peer's address that is none never reaches the ruleset", () => {
    expect(() => parsePeers(JSON.stringify({ schema: 1, peers: [{ ...peer, address: "10.0.0.1 }; flush ruleset" }] }))).toThrow(
      "must be an IPv4 address",
    );
    expect(parsePeers(JSON.stringify({ schema: 1, peers: [peer] })).peers).toEqual([peer]);
  });

  test("a bad key is refused and never shown", () => {
    const secret = Buffer.alloc(31, 9).toString("base64");

    expect(() => parseHeartbeatKeys(JSON.stringify({ schema: 1, current: secret }))).toThrow(
      "current is (not shown); must be 32 bytes in base64",
    );
    expect(() => parseHeartbeatKeys(secret)).not.toThrow(secret);
  });

  test("one key, or two during a rotation", () => {
    const current = Buffer.alloc(32, 1).toString("base64");
    const previous = Buffer.alloc(32, 2).toString("base64");

    expect(parseHeartbeatKeys(JSON.stringify({ schema: 1, current }))).toEqual({ schema: 1, current });
    expect(parseHeartbeatKeys(JSON.stringify({ schema: 1, current, previous })).previous).toBe(previous);
  });
});
