/** Pages of anything, more than this, mean a token that never ends. */
const MOST_PAGES = 100;

/**
 * Reads every page, or throws: a truncated answer would look like missing instances.
 * @param read asks for one page; its `next` is the token of the page after, undefined on the last.
 */
export async function allPages<T>(
  read: (token: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<readonly T[]> {
  const items: T[] = [];
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await read(token);
    items.push(...answer.items);
    if (answer.next === undefined || answer.next === "") return items;
    token = answer.next;
  }
  throw new Error(`more than ${MOST_PAGES} pages were answered and a next token still came; the answer cannot be trusted`);
}
