import type { AddressInfo } from 'node:net';
import express from 'express';

// The yardstick of `load-test`, started by it as a process of its own: one Express route as anybody would write it,
// which sends the JSON in the environment variable REPLY.

const reply: unknown = JSON.parse(process.env.REPLY ?? '{}');
const app = express();
app.get('/v1/users/:userId/recommendations', (_request, response) => void response.json(reply));
app.get('/metrics', (_request, response) => {
  const { user, system } = process.cpuUsage();
  const lines = [
    `process_cpu_seconds_total ${(user + system) / 1e6}`,
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
  ];
  response.type('text').send(`${lines.join('\n')}\n`);
});
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
