import { Node } from 'assemblyscript';
import { Transform } from 'assemblyscript/transform';

const COMMENT = '// @inline';

/**
 * Lets asc read a comment `// @inline` above a function as its decorator `@inline`. TypeScript, and with it every formatter
 * and linter, takes decorators for classes only.
 */
export default class InlineComment extends Transform {
  afterParse({ sources }) {
    for (const { text, statements, isLibrary, normalizedPath } of sources) {
      if (isLibrary) continue;
      const inlined = statements.filter(({ range }) => text.slice(0, range.start).trimEnd().endsWith(COMMENT));
      if (inlined.length !== text.split(COMMENT).length - 1) {
        throw new Error(`A comment @inline in ${normalizedPath} is not above a function.`);
      }
      for (const statement of inlined) {
        const name = Node.createIdentifierExpression('inline', statement.range);
        statement.decorators = [Node.createDecorator(name, null, statement.range)];
      }
    }
  }
}
