import { softnetDrops } from "../../../lab/holder/softnet";

describe("what the machine drops", () => {
  test("is the sum of all cores, in hexadecimal", () => {
    expect(softnetDrops("075d7d34 0000bfaa 000001c1 0\n0358dbf8 00000010 000003ba 0\n")).toBe(0xbfaa + 16);
  });

  test("is read from this kernel", () => {
    expect(softnetDrops()).toBeGreaterThanOrEqual(0);
  });

  test("is not nothing when the kernel's text cannot be read", () => {
    expect(() => softnetDrops("")).toThrow("not as known");
  });
});
