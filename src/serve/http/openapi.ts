import { z } from 'zod';
import type { ErrorCode } from '../../errors.js';
import { type Access, type Endpoint, TAGS, type Tag } from './endpoint.js';
import { endpoints } from './endpoints.js';
import { EXAMPLES, type Example, PROBLEM_EXAMPLES } from './examples.js';
import { INTERNAL, PROBLEM_KINDS } from './problem.js';
import { problem } from './replies.js';

/** A part of an OpenAPI document. */
type Node = Readonly<Record<string, unknown>>;

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly [Tag];
  readonly parameters: readonly OpenApiParameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly description?: string;
    readonly content: { 'application/json': { schema: Node; example: unknown } };
  };
  readonly responses: Readonly<Record<string, Node>>;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Node;
  readonly example: unknown;
}

export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: Node;
  };
  readonly servers: readonly [{ readonly url: string }];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Node>>;
    readonly examples: Readonly<Record<string, Node>>;
    readonly securitySchemes: Readonly<Record<string, Node>>;
  };
}

/** Either of the two headers that a key may come in. */
const KEYS = [{ key: [] }, { keyHeader: [] }];
/** Which requests need a key: where one server is open and another is not, both are possible. */
const SECURITY: Readonly<Record<Access, OpenApiOperation['security']>> = {
  open: [],
  read: [{}, ...KEYS],
  write: [{}, ...KEYS],
  admin: KEYS,
};

type ProblemCode = ErrorCode | typeof INTERNAL.code;

/** Problems of any endpoint, and those that only a request with a body can cause. */
const SHARED: readonly ProblemCode[] = [
  'invalid-request',
  'malformed-request',
  'unauthorized',
  'forbidden',
  'url-too-long',
  'rate-limited',
  'headers-too-large',
  'internal-error',
  'not-ready',
  'overloaded',
  'deadline-exceeded',
];
const OF_BODIES: readonly ProblemCode[] = ['request-timeout', 'body-too-large', 'unsupported-media-type'];

/** The OpenAPI 3.1 document of the API, made from the same schemas that check its requests. */
export function createOpenApi(): OpenApiDocument {
  const schemas: Record<string, Node> = {};
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  const codes = new Set<ProblemCode>();
  for (const [operationId, endpoint] of Object.entries<Endpoint>(endpoints)) {
    const example: Example = EXAMPLES[operationId as keyof typeof endpoints];
    const operation = operationOf(operationId, endpoint, example, schemas);
    paths[endpoint.url] = { ...paths[endpoint.url], [endpoint.method]: operation };
    for (const code of codesOf(endpoint)) codes.add(code);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Shortlist',
      version: '1',
      description:
        'Recommendations, similar items and popular items from the current snapshot. Every error is a problem of RFC 9457 ' +
        'with a stable `code`. Replies that are the same for all have an ETag.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas,
      examples: Object.fromEntries([...codes].map(code => [code, { value: problemExample(code) }])),
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer' },
        keyHeader: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
    },
  };
}

function operationOf(
  operationId: string,
  endpoint: Endpoint,
  example: Example,
  schemas: Record<string, Node>,
): OpenApiOperation {
  const { summary, tag, path, query, reply, sameForAll } = endpoint;
  const { parameters, reply: replied } = example;
  const requestBody = requestBodyOf(endpoint, example, schemas);
  const problemSchema = schemaOf(problem, 'output', schemas);
  const codes = codesOf(endpoint);
  const statuses = new Set(codes.map(code => kindOf(code).status));
  const problemResponse = (status: number): Node => {
    const possible = codes.filter(code => kindOf(code).status === status);
    const examples = Object.fromEntries(possible.map(code => [code, { $ref: `#/components/examples/${code}` }]));
    return {
      description: possible.map(code => kindOf(code).title).join(', or '),
      content: { 'application/problem+json': { schema: problemSchema, examples } },
    };
  };
  return {
    operationId,
    summary,
    tags: [tag],
    security: SECURITY[endpoint.access],
    parameters: [
      ...parametersOf(path, 'path', parameters, schemas),
      ...parametersOf(query, 'query', parameters, schemas),
    ],
    ...(requestBody && { requestBody }),
    responses: {
      200: {
        description: 'Done',
        ...(sameForAll && { headers: { ETag: ETAG } }),
        content: { 'application/json': { schema: schemaOf(reply, 'output', schemas), example: replied } },
      },
      ...(sameForAll && {
        304: { description: 'Not modified: what the client has, by If-None-Match, is still right' },
      }),
      ...Object.fromEntries([...statuses].map(status => [status, problemResponse(status)])),
    },
  };
}

const ETAG = { description: 'Changes whenever the reply does.', schema: { type: 'string' }, example: 'W/"rTAfE36WsD"' };

/** A body of its own, or that which an endpoint with nothing but a query reads in its place. */
function requestBodyOf({ method, query, body }: Endpoint, example: Example, schemas: Record<string, Node>) {
  if (body) {
    const schema = schemaOf(body, 'input', schemas);
    return { required: true, content: { 'application/json': { schema, example: example.body } } };
  }
  const schema = schemaOf(query, 'output', schemas);
  if (method === 'get' || Object.keys(schema.properties ?? {}).length === 0) return undefined;
  return {
    required: false,
    description: 'The same as the query; one of the two is enough.',
    content: { 'application/json': { schema, example: example.parameters } },
  };
}

function codesOf({ method, failures }: Endpoint): ProblemCode[] {
  return [
    ...SHARED,
    ...(method === 'post' ? OF_BODIES : []),
    ...(Object.keys(failures) as ErrorCode[]).filter(code => PROBLEM_KINDS[code]),
  ];
}

function kindOf(code: ProblemCode): { readonly status: number; readonly title: string } {
  return (code !== INTERNAL.code && PROBLEM_KINDS[code]) || INTERNAL;
}

function problemExample(code: ProblemCode): z.output<typeof problem> {
  const { status, title } = kindOf(code);
  const detail = PROBLEM_EXAMPLES[code] ?? `${title}.`;
  return { type: `/docs#problem-${code}`, title, status, detail, code, requestId: '0f1e2d3c4b5a-1' };
}

/** The fields of a schema of parameters. Their *output* is documented: a number, not the digits it is read from. */
function parametersOf(
  schema: z.ZodType,
  part: 'path' | 'query',
  examples: Example['parameters'],
  schemas: Record<string, Node>,
): OpenApiParameter[] {
  const { properties = {} } = schemaOf(schema, 'output', schemas) as { properties?: Record<string, Node> };
  const missing = new Set(schema.safeParse({}).error?.issues.map(issue => issue.path[0]));
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: part,
    required: missing.has(name),
    ...(typeof description === 'string' && { description }),
    schema: property,
    example: examples[name],
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
