/**
 * The texts of a list as programs write it into a cell: JSON (`["a","b"]`), Python (`['a', 'b']`, as pandas writes it), a list
 * of objects with names (`[{"id": 1, "name": "a"}]`, as TMDB has it), one such object, or one whose keys they are (`{"a": 3, "b": 1}`).
 * @returns undefined for anything else
 */
export function textsIn(cell: string): string[] | undefined {
  const text = cell.trim();
  if (!/^(\[.*\]|\{.*\})$/s.test(text)) return undefined;
  const parsed = parsedJson(text) ?? parsedJson(jsonOf(text));
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  if (Array.isArray(parsed)) return parsed.flatMap(nameOf);
  const named = nameOf(parsed);
  return named.length > 0 ? named : Object.keys(parsed);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A literal of Python as JSON. */
function jsonOf(python: string): string {
  const words: Readonly<Record<string, string>> = { None: 'null', True: 'true', False: 'false', nan: 'null' };
  return python.replace(
    /'((?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*"|\b(None|True|False|nan)\b/gs,
    (whole, quoted: string | undefined, word: string | undefined) => {
      if (quoted !== undefined) return JSON.stringify(quoted.replace(/\\(['"\\])/g, '$1'));
      return word === undefined ? whole : words[word]!;
    },
  );
}

/** Nothing for null, and for an object without a name. */
function nameOf(element: unknown): string[] {
  if (typeof element === 'string') return [element];
  if (typeof element === 'number' || typeof element === 'boolean') return [String(element)];
  if (typeof element !== 'object' || element === null) return [];
  const { name, title, label } = element as Readonly<Record<string, unknown>>;
  const text = name ?? title ?? label;
  return typeof text === 'string' ? [text] : [];
}
