/**
 * Makes an index once per array. A look asks the same question for every lane: without this a thousand lanes would walk a thousand
 * NATs each. Safe because nobody changes an array of an observation; the index goes when the array goes.
 */
export function perArray<T, I>(make: (items: readonly T[]) => I): (items: readonly T[]) => I {
  const made = new WeakMap<readonly T[], I>();
  return (items) => {
    const known = made.get(items);
    if (known !== undefined) return known;
    const index = make(items);
    made.set(items, index);
    return index;
  };
}

/** In order of appearance, as the items are within a group. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
