import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ShortlistError } from '../../errors.js';

/** Names that a server may be asked under, `*` among them for any, or what is wrong with one. */
export function hostFault(host: unknown): string | undefined {
  if (host === '*' || (typeof host === 'string' && /^[a-z\d_]([a-z\d_.-]*[a-z\d_])?$/i.test(host))) return undefined;
  return 'expected * or names of hosts such as recommendations.example, without a port';
}

/**
 * Refuses a request whose Host is a name that anybody can point at this server. A page from such a name may do here, through
 * the browser of somebody in this network, what everybody in it may (DNS rebinding). Addresses, `localhost` and names without
 * a dot are not to be had in the public DNS.
 * @param allowed further names, in lower case
 * @throws {ShortlistError} `forbidden`
 */
export function checkHostName({ headers }: IncomingMessage, allowed: readonly string[]): void {
  // Browsers send one always.
  const host = (headers.host ?? '').toLowerCase();
  const name = host.replace(/:\d*$/, '').replace(/\.$/, '');
  const isAddress = name.startsWith('[') || isIP(name) !== 0;
  const isOurs = isAddress || !name.includes('.') || name.endsWith('.localhost') || allowed.includes(name);
  if (isOurs) return;
  throw new ShortlistError(
    'forbidden',
    `This server does not answer as "${name.slice(0, 100)}", a name that anybody could point at it. Whoever runs it adds the ` +
      'name to ALLOWED_HOSTS, or `allowedHosts`, or sets API_KEYS_SHA256.',
  );
}
