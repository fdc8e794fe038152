/**
 * An id as one segment of a path.
 * @param otherwise what to do about an id that cannot be one
 * @throws {TypeError} for an id that would not arrive: whoever parses a URL takes `.` and `..` out of its path, however
 *   they are escaped, and an empty segment is another path; so the request would reach another endpoint
 */
export function pathSegment(id: string, otherwise = ''): string {
  if (typeof id !== 'string') throw new TypeError(`An id is a string, got ${String(id)} (${typeof id}).`);
  if (id === '' || id === '.' || id === '..') {
    throw new TypeError(`The id "${id}" cannot be part of a URL's path.${otherwise}`);
  }
  try {
    return encodeURIComponent(id);
  } catch (cause) {
    throw new TypeError('The id has half of a surrogate pair, which no URL can hold.', { cause });
  }
}

/** Lists whose values may contain commas. */
const COMMAS_ALLOWED = ['category', 'filter'];

/**
 * Parameters as `?name=value&…`, or nothing where there are none.
 * @throws {TypeError} for a value with a comma in a list of ids or of names of attributes; of categories the server tells what it
 *   means, and in conditions it separates nothing
 */
export function queryString(query: object): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of [value].flat()) {
      if (!COMMAS_ALLOWED.includes(name) && Array.isArray(value) && String(one).includes(',')) {
        throw new TypeError(`"${one}" in ${name} contains a comma, which separates values there. Call recommend().`);
      }
      parameters.append(name, String(one));
    }
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
