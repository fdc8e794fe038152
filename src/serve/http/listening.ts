import type { AddressInfo, Server } from 'node:net';
import { messageOf, ShortlistError } from '../../errors.js';

/** Milliseconds an idle connection stays open: longer than the 60 s of common load balancers, who must close first. */
export const KEEP_ALIVE_MS = 65_000;
/**
 * Connections that may wait to be accepted; the system has a bound of its own, often the same. Of more that come at
 * once, some would be answered only after their client repeated itself, seconds later.
 */
const BACKLOG = 4096;

/**
 * Listens, and gives the URL without a slash at the end.
 * @param atPort 0 lets the system choose a free one
 * @param option what the port is called by whoever chose it
 * @throws {ShortlistError} `port-in-use`, or `cannot-listen` for any other reason why the address cannot be had
 */
export async function listen(server: Server, atHost: string, atPort: number, option = 'port'): Promise<string> {
  await listening(server, atHost, atPort, option);
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function listening(server: Server, host: string, port: number, option: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const [code, message] =
        cause.code === 'EADDRINUSE'
          ? ([
              'port-in-use',
              `Port ${port} on ${host} is taken by another process. Stop that one, or choose another \`${option}\`.`,
            ] as const)
          : ([
              'cannot-listen',
              `Cannot listen on ${host}, port ${port}: ${messageOf(cause)}. ` +
                `\`host\` must be an address of this machine, and \`${option}\` one that this user may use.`,
            ] as const);
      reject(new ShortlistError(code, message, { host, port, cause: cause.code }, { cause }));
    });
    server.listen(port, host, BACKLOG, resolve);
  });
}
