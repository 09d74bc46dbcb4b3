import fc from "fast-check";
import { answerQuery } from "../../../lab/world/internet/dns";

const ZONE = { "aws.amazon.com": "203.0.113.80" };

function query(name: string, type = 1): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const header = Buffer.from([0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, type, 0, 1])]);
}

describe("the lab's resolver", () => {
  test("a known name has its address, whatever the case", () => {
    const answer = answerQuery(query("AWS.amazon.com"), ZONE);

    expect(answer?.readUInt16BE(0)).toBe(0xabcd);
    expect(answer?.readUInt16BE(6)).toBe(1);
    expect([...(answer?.subarray(-4) ?? [])]).toEqual([203, 0, 113, 80]);
  });

  test("a known name asked for another type has no record but is no error", () => {
    const answer = answerQuery(query("aws.amazon.com", 28), ZONE);

    expect(answer?.readUInt16BE(6)).toBe(0);
    expect((answer?.readUInt16BE(2) ?? 0) & 0xf).toBe(0);
  });

  test("an unknown name is NXDOMAIN", () => {
    expect((answerQuery(query("example.org"), ZONE)?.readUInt16BE(2) ?? 0) & 0xf).toBe(3);
  });

  test("whatever arrives, it never throws", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void answerQuery(Buffer.from(bytes), ZONE)));
  });
});
