const [LF, CR, TAB, BLANK, QUOTE, COMMA, BACKSLASH] = [0x0a, 0x0d, 0x09, 0x20, 0x22, 0x2c, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Cuts a JSON array, or objects that follow one another however they are broken into lines, into one line for each
 * element, so that JSON of any size takes little memory. What is inside an element is not judged.
 * @param onCut called at the end where the text stops inside an element or before the array is closed
 */
export async function* jsonElements(
  blocks: AsyncIterable<Buffer>,
  onCut: (elements: number) => never,
): AsyncGenerator<Buffer> {
  // Nesting at which an element begins: 1 in an array, 0 without one.
  let base: number | undefined;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let inElement = false;
  let elements = 0;
  for await (const block of blocks) {
    // Every byte may end an element, which adds a line end.
    const out = Buffer.allocUnsafe(2 * block.length);
    let size = 0;
    const endElement = () => {
      if (inElement) {
        out[size++] = LF;
        elements++;
      }
      inElement = false;
    };
    for (let i = 0; i < block.length; i++) {
      const byte = block[i]!;
      if (byte === LF || byte === CR || byte === TAB || byte === BLANK) {
        if (inElement) out[size++] = BLANK;
      } else if (inString) {
        out[size++] = byte;
        inString = escaped || byte !== QUOTE;
        escaped = !escaped && byte === BACKSLASH;
      } else if (base !== 0 && depth === 0 && byte === OPEN_ARRAY) {
        base = depth = 1;
      } else if (depth === base && byte === COMMA) {
        endElement();
      } else if (depth === 1 && base === 1 && byte === CLOSE_ARRAY) {
        endElement();
        depth = 0;
      } else {
        base ??= 0;
        inElement = true;
        out[size++] = byte;
        inString = byte === QUOTE;
        if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
        if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
        if (depth <= 0 && base === 0 && !inString) {
          endElement();
          depth = 0;
        }
      }
    }
    yield out.subarray(0, size);
  }
  if (inElement || depth > 0) onCut(elements);
}
