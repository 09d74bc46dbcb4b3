import { recorded } from "./recording";
import { deployedRoles } from "./roles";
import { SHARED, UNRECORDED } from "./unrecorded";

const roles = ["test", "prod"].flatMap((env) => deployedRoles(env).roles);
const names = [...new Set(roles.map(({ name }) => name))].toSorted();
const granted = (name: string) => [...new Set(roles.filter((role) => role.name === name).flatMap(({ actions }) => actions))];
const excused = (name: string) =>
  UNRECORDED.filter((line) => line.roles.includes(name) && line.statement === undefined).flatMap(({ actions }) => actions);

describe.each(names)("the role of %s", (name) => {
  test("may make every call that was recorded of it", () => {
    expect((recorded[name] ?? []).filter((action) => !granted(name).includes(action))).toEqual([]);
  });

  test("may make no call that was never recorded, but those of the list with a reason", () => {
    // New calls? Let a lab make them, then: npm run record-calls
    expect(granted(name).filter((action) => !(recorded[name] ?? []).includes(action) && !excused(name).includes(action))).toEqual(
      [],
    );
  });
});

// What is recorded names actions, no resources: of several statements with one action each must be used, or have its reason.
test("an action that a role has by several statements is used by each of them", () => {
  const excusedBy = (name: string, action: string) =>
    UNRECORDED.filter((line) => line.roles.includes(name) && line.actions.includes(action)).map(({ statement }) => statement);
  const shared = roles.flatMap(({ name, sids }) =>
    [...sids].flatMap(([action, all]) => {
      const used = all.filter((sid) => !excusedBy(name, action).includes(sid));
      return used.length > 1 ? [`${action} ${used.join(" ")}`] : [];
    }),
  );

  expect([...new Set(shared)].toSorted()).toEqual(Object.keys(SHARED).toSorted());
});

test("a statement of the list is one of each of its roles", () => {
  const meant = UNRECORDED.flatMap(({ roles: of, actions, statement }) =>
    statement === undefined ? [] : of.flatMap((name) => actions.map((action) => ({ name, action, statement }))),
  );
  const has = ({ name, action, statement }: (typeof meant)[number]) =>
    roles.filter((role) => role.name === name).every(({ sids }) => sids.get(action)?.includes(statement));

  expect(meant.filter((one) => !has(one))).toEqual([]);
});

test("what is recorded is of a role that exists", () => {
  expect(Object.keys(recorded).filter((name) => !names.includes(name))).toEqual([]);
});

test("no line of the list is without need: each is granted, and not recorded", () => {
  const idle = UNRECORDED.filter(({ statement }) => statement === undefined).flatMap(({ roles: of, actions, byChance = false }) =>
    of.flatMap((name) =>
      actions
        .filter(
          (action) =>
            names.includes(name) && (!granted(name).includes(action) || (!byChance && (recorded[name] ?? []).includes(action))),
        )
        .map((action) => `${name} ${action}`),
    ),
  );

  expect(idle).toEqual([]);
});

test("no role touches IAM or passes a role, and none may do something by a pattern of actions", () => {
  const all = roles.flatMap(({ actions }) => actions);

  expect(all.filter((action) => /^(iam|sts):/i.test(action) || action.includes("*"))).toEqual([]);
});
