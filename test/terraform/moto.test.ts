import { join } from "node:path";
import { withMoto } from "./moto";

const tools = { terraform: "", plugins: "", moto: join(__dirname, "../fixtures/moto-server") };

/** Work that fails with each of these in turn and then succeeds, and where it was done. */
function failingWith(...errors: readonly string[]) {
  const urls: string[] = [];
  const work = async (url: string) => {
    urls.push(url);
    await fetch(`${url}/2015-03-31/functions`, { method: "POST" });
    const error = errors[urls.length - 1];
    if (error !== undefined) throw new Error(error);
    return "done";
  };
  return { urls, work };
}

beforeEach(() => jest.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => jest.restoreAllMocks());

test.each([
  "https response error StatusCode: 409, ResourceConflictException: Function already exist: ha-nat-prod-egress-prober",
  "EntityAlreadyExists: Role with name r already exists.",
  "deleting Route: InvalidRoute.NotFound: no route with destination-cidr-block 0.0.0.0/0",
  "RevokeSecurityGroupEgress, StatusCode: 400, api error\n          │ InvalidPermission.NotFound: The specified rule does not exist in this",
])("a call that moto saw twice is no verdict: all is done again with a fresh moto: %s", async (error) => {
  const { urls, work } = failingWith(error);

  await expect(withMoto(tools, work)).resolves.toBe("done");
  expect(new Set(urls).size).toBe(2);
  expect(console.warn).toHaveBeenCalledWith(expect.stringContaining(error));
});

test("what fails in two motos fails, and says what moto refused", async () => {
  const { urls, work } = failingWith("Function already exist: a", "Function already exist: a");

  await expect(withMoto(tools, work)).rejects.toThrow(
    /Function already exist: a[^]*"POST \/2015-03-31\/functions HTTP\/1.1" 409 -/,
  );
  expect(urls).toHaveLength(2);
});

test("any other failure is one", async () => {
  const { urls, work } = failingWith("exit 1: Error: Invalid value for variable");

  await expect(withMoto(tools, work)).rejects.toThrow("Invalid value for variable");
  expect(urls).toHaveLength(1);
});
