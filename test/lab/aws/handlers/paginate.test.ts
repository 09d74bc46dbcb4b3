import fc from "fast-check";
import { paginate } from "../../../../lab/aws/handlers/paginate";

const request = (size: number | undefined, token: string | undefined) =>
  ({ size, token, bounds: { min: 1, max: 100 }, badToken: "InvalidNextToken" }) as const;

test("pages of any size hold every item once, in order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 100 }), (items, size) => {
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const page = paginate(items, (item) => item, request(size, token));
        seen.push(...page.items);
        token = page.next;
      } while (token !== undefined);
      expect(seen).toEqual([...items].sort((a, b) => (a < b ? -1 : 1)));
    }),
  );
});

test("an item that vanishes between two pages hides no other", () => {
  const first = paginate(["a", "b", "c", "d"], (item) => item, request(2, undefined));

  const second = paginate(["a", "c", "d"], (item) => item, request(2, first.next));

  expect(second.items).toEqual(["c", "d"]);
});

test("a token that was never issued and a size out of bounds are errors", () => {
  expect(() => paginate([], String, request(undefined, "forged"))).toThrow("The token 'forged' is invalid");
  expect(() => paginate([], String, request(101, undefined))).toThrow("expecting 1 to 100");
});
