import { thereAndBack } from "../rto";

export function measuring(): void {
  test("there and back every connection survives, and stalls and remaps are seen in packets", async () => {
    await thereAndBack(["push"]);
  }, 240_000);
}
