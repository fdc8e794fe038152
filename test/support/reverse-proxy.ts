import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReverseProxy {
  readonly url: string;
  close(): void;
}

/**
 * A proxy in front of a server. It passes on every request, appends the address of its client to `X-Forwarded-For` as proxies
 * do, and sets further headers.
 * @param rewrite the path that the server gets. Default: the same
 */
export async function startProxy(
  target: string,
  headers: Readonly<Record<string, string>> = {},
  rewrite: (path: string) => string = path => path,
): Promise<ReverseProxy> {
  const server: Server = createServer((request, response) => {
    const addresses = [request.headers['x-forwarded-for'], request.socket.remoteAddress].filter(Boolean).join(', ');
    const { method, url = '/' } = request;
    const passed = httpRequest(
      new URL(target).origin,
      { method, path: rewrite(url), headers: { ...request.headers, 'x-forwarded-for': addresses, ...headers } },
      reply => {
        response.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(response);
      },
    );
    request.pipe(passed);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
