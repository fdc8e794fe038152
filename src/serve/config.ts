import { isIP } from 'node:net';
import { z } from 'zod';
import { numberTextSchema } from '../base/options/schema.js';
import { ShortlistError } from '../errors.js';
import { EVENT_LOG_OPTIONS } from '../recommend/events/csv-log.js';
import { hostFault } from './http/hosts.js';
import { hashFault } from './http/keys.js';

const { memoryMb } = EVENT_LOG_OPTIONS;

/** A whole number as the text of an environment variable. */
function whole(min: number, max: number, preset: number) {
  return numberTextSchema({ kind: 'integer', min, max }).default(preset);
}

/** Entries separated by commas; none where it is not set. */
function list(entry: z.ZodType<string, string>) {
  return z
    .string()
    .transform(text => text.split(',').map(part => part.trim()))
    .refine(parts => !parts.includes(''), 'expected no empty entry between its commas')
    .pipe(z.array(entry))
    .default([]);
}

/** Text that a check finds no fault with. */
function without(faultOf: (text: string) => string | undefined) {
  return z.string().superRefine((text, context) => {
    const fault = faultOf(text);
    if (fault !== undefined) context.addIssue(fault);
  });
}

const keyHash = without(hashFault);
const hostName = without(hostFault).toLowerCase();

/** An origin as browsers send it: no path, no slash at the end, a port only where it is not the usual one. */
const origin = z
  .string()
  .refine(
    text => text === '*' || (URL.canParse(text) && new URL(text).origin === text),
    'expected * or origins such as https://shop.example, separated by commas',
  );

/** A number of proxies or their addresses. All of them cannot be trusted: clients would choose their own address. */
const trustedProxies = z
  .string()
  .transform(text => (/^\d+$/.test(text) ? Number(text) : text.split(',').map(part => part.trim())))
  .refine(
    given => typeof given === 'number' || given.every(isAddress),
    'expected a number of proxies, or addresses and subnets (also loopback, linklocal, uniquelocal), separated by commas',
  )
  .default(0);

function isAddress(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', bits = '1', ...more] = text.split('/');
  const family = isIP(address);
  return family !== 0 && more.length === 0 && /^[1-9]\d*$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Every environment variable of the service. `start --help` prints this table. */
const schema = z.object({
  SNAPSHOTS: z
    .string()
    .default('data/snapshots')
    .meta({ description: 'Directory of snapshots, as the command rebuild writes them. The current one is served.' }),
  PRECOMPUTED: z
    .string()
    .exactOptional()
    .meta({
      description:
        'File of lists that the command batch wrote (--out FILE.jsonl). They are served while the snapshot they were made from is; ' +
        'users without a list in it are answered online.',
    }),
  EVENTS: z
    .string()
    .exactOptional()
    .meta({
      description:
        'Directory of the log of new interactions, for POST /v1/events. Processes on this machine may share it. ' +
        'None: events are off.',
    }),
  EVENTS_MEMORY_MB: whole(memoryMb.min, memoryMb.max, memoryMb.default).meta({
    description:
      `${memoryMb.meaning}, in each process; it is taken as events come. Of more events, those of users who ` +
      'did nothing new for longest are forgotten until the next rebuild. One takes 60 bytes where users have ten each, ' +
      '160 for a user and an item of its own, and 4.7 kB with the longest ids.',
  }),
  RELOAD_INTERVAL_MS: whole(0, 3_600_000, 2000).meta({
    description: 'Time between two checks for another current snapshot. 0: only on SIGHUP and POST /v1/admin/reload.',
  }),
  HOST: z
    .string()
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on. 0.0.0.0 or :: for every network of this machine.' }),
  ALLOWED_HOSTS: list(hostName).meta({
    description:
      'Names that clients have for this server, separated by commas, beside addresses, localhost and names without a dot: requests ' +
      'for others are refused. None: only those that log events without a key are. * for any.',
  }),
  PORT: whole(0, 65_535, 3000).meta({ description: 'Port to listen on. 0 takes a free one and logs it.' }),
  HEALTH_PORT: numberTextSchema({ kind: 'integer', min: 0, max: 65_535 })
    .exactOptional()
    .meta({
      description:
        'Another port for /health/live, /health/ready and /metrics, which answers at once whatever the load. Alive means that ' +
        'the service did something within 10 seconds. 0 takes a free one and logs it. None: only PORT answers them.',
    }),
  PROCESSES: whole(0, 1024, 1).meta({
    description: 'Processes that share the port, each with the whole snapshot in memory. 0: one for each core.',
  }),
  MAX_CONNECTIONS: whole(0, 1_000_000, 0).meta({
    description:
      'Most connections of one process at once; beyond them, new ones take the places of those that got no reply for ' +
      'the longest time. 0: as many as its descriptors (ulimit -n) allow, at most 16384.',
  }),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `expected one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .meta({
      description: `Least severe log lines written: ${LOG_LEVELS.join(', ')}. debug has one for every request.`,
    }),
  MAX_BODY_BYTES: whole(1024, 2 ** 30, 2 ** 20).meta({
    description: 'Largest request body. The default holds the longest lists of ids of ordinary length.',
  }),
  MAX_URL_LENGTH: whole(1024, 30_000, 16_384).meta({ description: 'Longest request URL, in characters.' }),
  MAX_TURN_MS: whole(1, 10_000, 20).meta({
    description: 'Time that requests which arrived together may take; those beyond get 503 and Retry-After.',
  }),
  DEADLINE_MS: whole(1, 3_600_000, 10_000).meta({
    description:
      'Time in which a long request, such as a batch that waits for others, must begin, and as much again in which it must ' +
      'end; otherwise it gets 503.',
  }),
  API_KEYS_SHA256: list(keyHash).meta({
    description: 'SHA-256 of each key that may read and write, separated by commas. None: everybody may write.',
  }),
  ADMIN_KEYS_SHA256: list(keyHash).meta({
    description: 'SHA-256 of each key that may also use /v1/admin. None: the API keys may; without those, nobody.',
  }),
  READS: z
    .enum(['open', 'closed'], 'expected open or closed')
    .optional()
    .meta({ description: 'Whether reading needs no key (open) or one. Default: closed where there are API keys.' }),
  MONITORING: z.enum(['open', 'closed'], 'expected open or closed').optional().meta({
    description:
      'Whether /metrics, /docs and /openapi.json need no key (open) or one that may read. Default: as READS.',
  }),
  RECALL_SAMPLE: whole(0, 1_000_000_000, 500).meta({
    description: 'Every n-th list is also computed exactly, to show the recall of the lists at /metrics. 0: none.',
  }),
  REQUESTS_PER_MINUTE: whole(0, 1_000_000_000, 0).meta({
    description:
      'Most requests to /v1 in a minute by one API key or, where none is needed, from one address. 0: no limit.',
  }),
  TRUST_PROXY: trustedProxies.meta({
    description:
      'Whose X-Forwarded-For and X-Forwarded-Prefix are believed, as Express means it: so many proxies in front, or their ' +
      "addresses and subnets, separated by commas (also loopback, linklocal, uniquelocal). 0: nobody's.",
  }),
  BASE_PATH: z
    .string()
    .regex(/^(\/[\w.~-]+)+$/, 'expected a path such as /recommendations, without a slash at the end')
    .exactOptional()
    .meta({
      description:
        'Path below which clients see the service, where a proxy puts it below one. The proxy may take it off or leave it.',
    }),
  CORS_ORIGINS: list(origin).meta({
    description:
      'Origins whose pages may use the API from a browser, such as https://shop.example, separated by commas; * for all.',
  }),
  CACHE_SECONDS: whole(0, 31_536_000, 0).meta({
    description:
      'Time for which caches need not ask again for replies that are the same for all, and may miss a new snapshot. ' +
      '0: they ask each time, and hear 304 where nothing has changed.',
  }),
  COMPRESS_FROM_BYTES: whole(0, 2 ** 30, 0).meta({
    description: 'Size from which replies are compressed (br or gzip) where the client can read that. 0: none is.',
  }),
  REQUEST_TIMEOUT_MS: whole(100, 3_600_000, 30_000).meta({
    description: 'Time for a client to send its whole request.',
  }),
  DRAIN_MS: numberTextSchema({ kind: 'integer', min: 0, max: 3_600_000 })
    .exactOptional()
    .meta({
      description:
        'Time after SIGTERM during which it still listens and answers, but is not ready and ends every connection, so that ' +
        'load balancers send requests elsewhere: give them as long as they need to notice. None: until no connection has ' +
        'come for 1 s, at most 5 s. SIGINT (Ctrl-C) waits for 0.2 s like that, at most 1 s.',
    }),
  SHUTDOWN_TIMEOUT_MS: whole(0, 3_600_000, 10_000).meta({
    description: 'Time that running requests get to finish after that. A second signal ends it at once.',
  }),
});

/** With what follows from several variables together. */
const environmentSchema = schema
  .transform(config => {
    const READS = config.READS ?? (config.API_KEYS_SHA256.length > 0 ? 'closed' : 'open');
    return { ...config, READS, MONITORING: config.MONITORING ?? READS };
  })
  .superRefine((config, context) => {
    if (config.API_KEYS_SHA256.length + config.ADMIN_KEYS_SHA256.length > 0) return;
    const closed = (['READS', 'MONITORING'] as const).find(name => config[name] === 'closed');
    const message = 'expected API_KEYS_SHA256 beside it, or nobody could read';
    if (closed) context.addIssue({ code: 'custom', path: [closed], message });
  });

export type Config = z.infer<typeof environmentSchema>;

/**
 * The configuration in a set of environment variables. One that is set but empty is wrong, as a variable that it was to come
 * from was probably empty: taken for none, it could open what was meant to be closed.
 * @throws {ShortlistError} `invalid-config`, naming every variable that is wrong, what came and what was expected
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap(name => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
  const empty = Object.keys(given).filter(name => given[name]?.trim() === '');
  const result = environmentSchema.safeParse(given);
  if (result.success && empty.length === 0) return result.data;
  const issues = (result.error?.issues ?? []).filter(({ path: [variable] }) => !empty.includes(String(variable)));
  const wrong = [
    ...empty.map(variable => ({ variable, got: '', message: 'set but empty: give it a value or unset it' })),
    ...issues.map(({ path: [name], message }) => {
      const variable = String(name);
      return { variable, got: given[variable], message };
    }),
  ];
  const listed = wrong
    .map(({ variable, got, message }) => `${variable} is ${got === '' ? '' : `"${got}", `}${message}`)
    .join('; ');
  throw new ShortlistError('invalid-config', `The environment is not valid: ${listed}.`, { wrong });
}

/** What the API takes, by the names of its options. */
export function apiOptions(config: Config) {
  return {
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxUrlLength: config.MAX_URL_LENGTH,
    deadlineMs: config.DEADLINE_MS,
    requestsPerMinute: config.REQUESTS_PER_MINUTE,
    apiKeyHashes: config.API_KEYS_SHA256,
    adminKeyHashes: config.ADMIN_KEYS_SHA256,
    readsClosed: config.READS === 'closed',
    monitoringClosed: config.MONITORING === 'closed',
    allowedHosts: config.ALLOWED_HOSTS,
    trustProxy: config.TRUST_PROXY,
    basePath: config.BASE_PATH ?? '',
    corsOrigins: config.CORS_ORIGINS,
    cacheSeconds: config.CACHE_SECONDS,
    compressFromBytes: config.COMPRESS_FROM_BYTES,
  };
}

/** The variable that gives an option: `PORT` for `port`. Undefined where there is none. */
export function variableOf(option: string): string | undefined {
  const name = option.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase();
  return Object.hasOwn(schema.shape, name) ? name : undefined;
}

/** The table of variables for `--help`: name, default, meaning. */
export function describeConfig(): string {
  return Object.entries(schema.shape)
    .map(([name, variable]) => {
      const preset = String(variable.safeParse(undefined).data ?? '') || '(none)';
      return `  ${name.padEnd(22)} ${variable.meta()?.description}\n  ${''.padEnd(22)} Default: ${preset}\n`;
    })
    .join('');
}
