import { createHash } from 'node:crypto';
import { type RequestHandler, type Response, Router } from 'express';
import helmet from 'helmet';
import type { AccessOptions } from './access.js';
import type { HandlerContext } from './handler.js';
import { createOpenApi, type OpenApiDocument, type OpenApiOperation, type OpenApiParameter } from './openapi.js';
import { PROBLEM_KINDS } from './problem.js';
import { requestIdOf, sendText } from './send-json.js';

/** A JSON Schema as far as this page reads it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
}

/** The page's only asset, apart so that a content security policy can name its hash. */
const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; color: #1b1f24; background: #fff }
h2 { margin-top: 2.5rem; border-top: 1px solid #d5d9de; padding-top: 1rem; overflow-wrap: anywhere }
h2 b { font-size: .8em; color: #fff; background: #175ea8; border-radius: .3rem; padding: .1rem .5rem; margin-right: .5rem }
h2 b.post { background: #1c6b37 }
code, pre { font: .9em ui-monospace, monospace; overflow-wrap: break-word }
nav ul { columns: 20rem; padding-left: 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #e6e9ed }
.scroll, pre { overflow-x: auto }
small { color: #57606a }
@media (prefers-color-scheme: dark) {
  body { color: #dde1e6; background: #14171a } a { color: #7db4f0 } small { color: #9aa4af }
  h2, th, td { border-color: #343a41 }
}
`;

/** Stands for the prefix in the text of the document. */
const MARK = '\u{1f511}';

/**
 * `/openapi.json` and `/docs`, both made once; `/` leads to the latter. Links and paths hold below any prefix.
 * @param guards of both
 */
export function documentation(
  context: HandlerContext & Pick<AccessOptions, 'monitoringClosed'>,
  guards: readonly RequestHandler[],
): Router {
  const { monitoringClosed, proxies, compressFromBytes: compressFrom } = context;
  const document = createOpenApi();
  const page = renderDocs(document);
  // The prefix of a proxy apart, it is the same for all: no request has to make its 90 kB.
  const [before = '', after = ''] = JSON.stringify({ ...document, servers: [{ url: MARK }] }).split(
    JSON.stringify(MARK),
  );
  const style = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;
  const secure = helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], styleSrc: [style] } },
    // Whether a host is reached by HTTPS alone is for whoever ends the TLS to say, and not for one page of it.
    strictTransportSecurity: false,
  });
  const send = (response: Response, text: string, type: string, isPage: boolean) => {
    const requestId = requestIdOf(response.req);
    sendText(response, text, {
      status: 200,
      requestId,
      type,
      last: context.stopping,
      // They change with the server alone.
      caching: monitoringClosed ? 'private, no-cache' : 'no-cache',
      isPage,
      compressFrom,
    });
  };
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/', (request, response) => response.redirect(`${proxies.prefixOf(request)}/docs`));
  router.get('/openapi.json', ...guards, (request, response) => {
    const url = JSON.stringify(proxies.prefixOf(request) || '/');
    send(response, before + url + after, 'application/json; charset=utf-8', false);
  });
  router.get('/docs', ...guards, secure, (_request, response) =>
    send(response, page, 'text/html; charset=utf-8', true),
  );
  return router;
}

/** The OpenAPI document as a page for people: no script, nothing from elsewhere. */
function renderDocs({ info, tags, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([url, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ url, method, operation })),
  );
  const groups = tags.map(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags[0] === name);
    const links = own.map(
      ({ url, method, operation }) =>
        `<li><a href="#${operation.operationId}"><code>${method.toUpperCase()} ${escapeHtml(url)}</code></a></li>`,
    );
    const title = `<p><b>${name}</b>: ${escapeHtml(description)}</p>`;
    return { links: `${title}<ul>${links.join('')}</ul>`, sections: own.map(renderOperation).join('\n') };
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `<h2 id="schema-${name}"><code>${name}</code></h2>${fieldTable('', schema)}`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${info.title} API</title><style>${STYLE}</style></head>
<body>
<h1>${info.title} API</h1>
<p>${escapeHtml(info.description)} The same for programs: <a href="openapi.json">openapi.json</a>.</p>
<nav>${groups.map(({ links }) => links).join('')}<ul><li><a href="#problems">Problems</a></li></ul></nav>
<main>
${groups.map(({ sections }) => sections).join('\n')}
${schemas.join('\n')}
<h2 id="problems">Problems</h2>
<p>Every error is <code>application/problem+json</code> (RFC 9457), a <a href="#schema-Problem">Problem</a>, with one of these codes.</p>
${table(['Code', 'Status', 'Title'], problemRows())}
</main>
</body>
</html>
`;
}

function renderOperation(given: { url: string; method: string; operation: OpenApiOperation }): string {
  const { url, method, operation } = given;
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const reply = (responses[200] as { content: { 'application/json': { schema: Schema; example: unknown } } }).content[
    'application/json'
  ];
  const rows = parameters.map(({ name, in: part, required, description, schema }) => [
    `<code>${name}</code><br><small>${part}${required ? ', required' : ''}</small>`,
    typeText(schema),
    describe({ ...schema, ...(description !== undefined && { description }) }),
  ]);
  const tryIt = method === 'get' && !url.includes('{') ? `<p>Try it: <a href="${url.slice(1)}">${url}</a></p>` : '';
  return `<h2 id="${operationId}"><b class="${method}">${method.toUpperCase()}</b><code>${escapeHtml(url)}</code></h2>
<p>${escapeHtml(summary)}</p>
${rows.length > 0 ? `<h3>Parameters</h3>${table(['Name', 'Type', 'Meaning'], rows)}` : ''}
${requestBody ? `<h3>Body</h3>${fieldTable('', requestBody.content['application/json'].schema)}` : ''}
<h3>Reply</h3>
${reply.schema.$ref ? `<p>${typeText(reply.schema)}</p>` : fieldTable('', reply.schema)}
<p><small>Problems: ${Object.keys(responses)
    .filter(status => status !== '200')
    .join(', ')}</small></p>
<details><summary>Example</summary>
<pre>${escapeHtml(`${method.toUpperCase()} ${exampleUrl(url, parameters)}`)}</pre>
${requestBody?.required ? json(requestBody.content['application/json'].example) : ''}
<p>Reply:</p>
${json(reply.example)}
</details>
${tryIt}`;
}

/** The URL with the examples of its parameters. */
function exampleUrl(url: string, parameters: readonly OpenApiParameter[]): string {
  const query = new URLSearchParams();
  let path = url;
  for (const { name, in: part, example } of parameters) {
    if (part === 'path') path = path.replace(`{${name}}`, encodeURIComponent(String(example)));
    else for (const value of [example].flat()) query.append(name, String(value));
  }
  return query.size > 0 ? `${path}?${query}` : path;
}

function json(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 2))}</pre>`;
}

function problemRows(): string[][] {
  const kinds = Object.entries({ ...PROBLEM_KINDS, 'internal-error': { status: 500, title: 'Internal error' } });
  return kinds.map(([code, { status, title }]) => [
    `<code id="problem-${code}">${code}</code>`,
    String(status),
    escapeHtml(title),
  ]);
}

function fieldTable(prefix: string, schema: Schema): string {
  return table(['Field', 'Type', 'Meaning'], fieldRows(prefix, schema));
}

/** One row for each field, those of nested objects included: `history[].itemId`. */
function fieldRows(prefix: string, schema: Schema): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const required = schema.required?.includes(name) && field.default === undefined;
    const label = `${prefix}${name}`;
    const row = [
      `<code>${escapeHtml(label)}</code>${required ? '' : '<br><small>optional</small>'}`,
      typeText(field),
      describe(field),
    ];
    return [row, ...(field.items ? fieldRows(`${label}[].`, field.items) : fieldRows(`${label}.`, field))];
  });
}

function typeText(schema: Schema): string {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (schema.$ref) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if (alternatives) return alternatives.map(typeText).join(' or ');
  if (schema.const !== undefined) return `<code>${escapeHtml(JSON.stringify(schema.const))}</code>`;
  if (schema.enum) return schema.enum.map(value => `<code>${escapeHtml(String(value))}</code>`).join(' or ');
  if (schema.items)
    return `list of ${typeText(schema.items)}${bound(', at most ', schema.maxItems)}${schema.maxItems === undefined ? '' : ' entries'}`;
  return `${[schema.type ?? 'object'].flat().join(' or ')}${range(schema)}`;
}

function range({ minimum, maximum, maxLength }: Schema): string {
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) return `, ${minimum} to ${maximum}`;
  return bound(', at most ', maxLength) + (maxLength === undefined ? '' : ' characters');
}

function bound(text: string, value: number | undefined): string {
  return value === undefined ? '' : `${text}${value}`;
}

function describe({ description = '', default: preset }: Schema): string {
  const shown =
    preset === undefined ? '' : ` <small>Default: <code>${escapeHtml(JSON.stringify(preset))}</code></small>`;
  return escapeHtml(description) + shown;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map(cell => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table>${line(head, 'th')}${rows.map(row => line(row, 'td')).join('')}</table></div>`;
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, character => entities[character] ?? character);
}
