import { GetParametersCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { mockClient } from "aws-sdk-client-mock";
import { fleetDocuments } from "../../../../lambdas/lib/aws/fleet-documents";
import { EMPTY_RECORD } from "../../../../lambdas/lib/domain/record";
import { topology } from "../../support/topology";

const ssm = mockClient(SSMClient);
const HOLD = { by: "ana", because: "an operator works on it", until: "2026-11-23T01:00:00.000Z" };

let now = 0;
const documents = () =>
  fleetDocuments(new SSMClient({}), topology.env, { topology: "/t", state: "/s" }, EMPTY_RECORD, { now: () => new Date(now) });

const stored = (version: number, record = EMPTY_RECORD) =>
  ssm.on(GetParametersCommand).resolves({
    Parameters: [
      { Name: "/t", Value: JSON.stringify(topology), Version: 1 },
      { Name: "/s", Value: JSON.stringify(record), Version: version },
    ],
  });

beforeEach(() => {
  ssm.reset();
  ssm.on(PutParameterCommand).resolves({ Version: 8 });
  now = Date.parse("2026-11-23T00:00:00.000Z");
});

describe("the record of a fleet", () => {
  test("is not read older than it was written: a hold would be lost", async () => {
    const store = documents();
    stored(7);
    expect((await store.read()).record).toEqual(EMPTY_RECORD);

    await store.save({ ...EMPTY_RECORD, hold: HOLD });
    now += 5_000;
    await expect(store.read()).rejects.toThrow("parameter /s was read in version 7, but version 8 was written; read it again");

    stored(8, { ...EMPTY_RECORD, hold: HOLD });
    expect((await store.read()).record.hold).toEqual(HOLD);
  });

  test("counts in any version later: somebody made the parameter anew", async () => {
    const store = documents();
    await store.save(EMPTY_RECORD);
    stored(1);
    now += 5_001;

    expect((await store.read()).record).toEqual(EMPTY_RECORD);
  });

  test("that was not written binds nobody", async () => {
    const store = documents();
    ssm.on(PutParameterCommand).rejects(new Error("throttled"));
    await expect(store.save(EMPTY_RECORD)).rejects.toThrow("throttled");
    stored(7);

    expect((await store.read()).record).toEqual(EMPTY_RECORD);
  });
});
