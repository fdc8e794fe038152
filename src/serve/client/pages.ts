/**
 * The replies that a list comes in, one after the other, up to its end.
 * @param ask for the page that a cursor stands for, or the first one
 * @example
 * for await (const { items } of pages(cursor => client.recommendForUser('7', { limit: 50, cursor }))) show(items);
 */
export async function* pages<Page extends { next: string | null }>(
  ask: (cursor: string | undefined) => Promise<Page>,
): AsyncGenerator<Page, void> {
  for (let cursor: string | undefined; ; ) {
    const page = await ask(cursor);
    yield page;
    if (page.next === null) return;
    cursor = page.next;
  }
}
