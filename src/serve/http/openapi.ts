import { z } from 'zod';
import type { ErrorCode } from '../../errors.js';
import type { Access, Endpoint } from './endpoint.js';
import { endpoints } from './endpoints.js';
import { PROBLEM_KINDS } from './problem.js';
import { problem } from './replies.js';

/** A part of an OpenAPI document. */
type Node = Readonly<Record<string, unknown>>;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: true; readonly content: { 'application/json': { schema: Node } } };
  readonly responses: Readonly<Record<string, Node>>;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Node;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Node>>;
    readonly securitySchemes: Readonly<Record<string, Node>>;
  };
}

const KEY = { key: [] };
/** Which requests need a key: where one server is open and another is not, both are possible. */
const SECURITY: Readonly<Record<Access, OpenApiOperation['security']>> = {
  open: [],
  read: [{}, KEY],
  write: [{}, KEY],
  admin: [KEY],
};

/** Statuses that any endpoint may answer with, and those that only a request with a body can cause. */
const SHARED_STATUSES = [400, 401, 414, 429, 431, 500, 503];
const BODY_STATUSES = [408, 413, 415];

/** The OpenAPI 3.1 document of the API, made from the same schemas that check its requests. */
export function createOpenApi(): OpenApiDocument {
  const components: Record<string, Node> = {};
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const [operationId, endpoint] of Object.entries<Endpoint>(endpoints)) {
    paths[endpoint.url] = { ...paths[endpoint.url], [endpoint.method]: operationOf(operationId, endpoint, components) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Shortlist',
      version: '1',
      description: 'Recommendations, similar items and popular items from the current snapshot.',
    },
    paths,
    components: { schemas: components, securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  };
}

function operationOf(operationId: string, endpoint: Endpoint, components: Record<string, Node>): OpenApiOperation {
  const { summary, path, query, body, reply } = endpoint;
  const problems = content('application/problem+json', schemaOf(problem, 'output', components));
  const own = Object.keys(endpoint.failures).flatMap(code => PROBLEM_KINDS[code as ErrorCode]?.status ?? []);
  const statuses = new Set([
    ...SHARED_STATUSES,
    ...(endpoint.access === 'admin' ? [403] : []),
    ...(body ? BODY_STATUSES : []),
    ...own,
  ]);
  return {
    operationId,
    summary,
    security: SECURITY[endpoint.access],
    parameters: [...parametersOf(path, 'path', components), ...parametersOf(query, 'query', components)],
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input', components) } } },
    }),
    responses: {
      200: { description: 'Done', ...content('application/json', schemaOf(reply, 'output', components)) },
      ...Object.fromEntries([...statuses].map(status => [status, { description: titleOf(status), ...problems }])),
    },
  };
}

/** The fields of a schema of parameters. Their *output* is documented: a number, not the digits it is read from. */
function parametersOf(schema: z.ZodType, part: 'path' | 'query', components: Record<string, Node>): OpenApiParameter[] {
  const { properties = {} } = schemaOf(schema, 'output', components) as { properties?: Record<string, Node> };
  const missing = new Set(schema.safeParse({}).error?.issues.map(issue => issue.path[0]));
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: part,
    required: missing.has(name),
    ...(typeof description === 'string' && { description }),
    schema: property,
  }));
}

/** A JSON Schema whose named parts live under `components`, as OpenAPI wants it. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: Record<string, Node>): Node {
  const { $schema: _, $defs, ...own } = z.toJSONSchema(schema, { io });
  const placed = ({ ...node }: object): Node =>
    JSON.parse(JSON.stringify(node).replaceAll('"#/$defs/', '"#/components/schemas/'));
  for (const [name, definition] of Object.entries($defs ?? {})) components[name] = placed(definition);
  return placed(own);
}

function content(type: string, schema: Node): Node {
  return { content: { [type]: { schema } } };
}

function titleOf(status: number): string {
  const titles = Object.values(PROBLEM_KINDS).filter(kind => kind.status === status);
  return titles.map(kind => kind.title).join(', or ') || 'Internal error';
}
