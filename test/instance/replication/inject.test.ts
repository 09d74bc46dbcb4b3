import type { Flow } from "../../../instance/agent/replication/flow";
import { inject, type Copy } from "../../../instance/agent/replication/inject";
import { FakeTable } from "./support/fake-table";
import { flow } from "./support/flows";

const START_MS = 1_000_000;

/** What inject asked of a table that holds `here`, and what the table holds then. */
function injectInto(here: readonly Flow[], copies: readonly Copy[]) {
  const table = new FakeTable(
    () => START_MS,
    () => undefined,
  );
  table.apply("create", here, () => undefined);
  const apply = jest.spyOn(table, "apply");
  const injected = inject(copies, table);
  const asked = apply.mock.calls.flatMap(([change, flows]) => flows.map(() => change));
  const holds = table.entries().map(({ clientPort, natPort, tcpState, expiresAt }: Flow & { expiresAt?: number }) => {
    return { clientPort, natPort, tcpState, lifetime: ((expiresAt ?? 0) - START_MS) / 1000 };
  });
  return { injected, asked, holds };
}

const brief = ({ clientPort, natPort, tcpState, lifetime }: Flow) => ({ clientPort, natPort, tcpState, lifetime });
const as = (how: Copy["how"], ...flows: readonly Flow[]): readonly Copy[] => flows.map((each) => ({ flow: each, how }));

describe.each(["replace", "first"] as const)("a flow that its NAT announces, or tells of for the first time: %s", (how) => {
  const replace = (...flows: readonly Flow[]) => as(how, ...flows);

  test("is created where nothing is", () => {
    const { injected, asked, holds } = injectInto([], replace(flow(1)));

    expect(injected).toEqual({ injected: 1, refused: 0 });
    expect(asked).toEqual(["create"]);
    expect(holds).toEqual([brief(flow(1))]);
  });

  test("is the copy that another NAT told of before its lane moved: nothing is deleted", () => {
    const older = flow(1, { lifetime: 240 });
    const told = flow(1, { lifetime: 3000, tcpState: 4 });
    const { injected, asked, holds } = injectInto([older], replace(told));

    expect(injected).toEqual({ injected: 1, refused: 0 });
    expect(asked).toEqual(how === "first" ? ["update"] : ["create", "update"]);
    expect(holds).toEqual([brief(told)]);
  });

  test.each([
    ["its client's socket under another public port", [flow(1, { natPort: 9_000 })], flow(1)],
    ["its public port for another client", [flow(2, { natPort: 1025 })], flow(1)],
    ["one of each", [flow(1, { natPort: 9_000 }), flow(2, { natPort: 1025 })], flow(1)],
  ])("makes an older flow's copy give way: %s", (_, here, told) => {
    const { injected, holds } = injectInto(here, replace(told));

    expect(injected).toEqual({ injected: 1, refused: 0 });
    expect(holds).toEqual([brief(told)]);
  });

  test("is created when what was the same ends before it is set", () => {
    const table = new FakeTable(
      () => START_MS,
      () => undefined,
    );
    table.apply("create", [flow(1)], () => undefined);
    const find = table.find;
    jest.spyOn(table, "find").mockImplementation((flows, take) => {
      find(flows, take);
      if (flows.length > 0) table.end(flow(1));
    });

    expect(inject(replace(flow(1)), table)).toEqual({ injected: 1, refused: 0 });
    expect(table.entries()).toHaveLength(1);
  });

  test("among many, only those that differ are made anew", () => {
    const here = [1, 2, 3].map((n) => flow(n));
    const { injected, asked, holds } = injectInto(here, replace(flow(1), flow(2, { natPort: 7_000 }), flow(3), flow(4)));

    expect(injected).toEqual({ injected: 4, refused: 0 });
    expect(asked.filter((change) => change === "delete-original")).toHaveLength(1);
    expect(holds.map(({ natPort }) => natPort).sort()).toEqual([1025, 1027, 1028, 7_000].sort());
  });
});
