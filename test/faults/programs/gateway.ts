// A gateway as a host would run it: one process, one server, drained on SIGTERM. Its parent may request faults.
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGateway, type GatewayOptions } from '../../../src/index.js';

const options = JSON.parse(process.env['GATEWAY_OPTIONS']!) as GatewayOptions;
const timeoutMs = Number(process.env['GRACE_MS'] ?? 4_000);

const gateway = createGateway(options);
const server = createServer(gateway);
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));

process.once('SIGTERM', async () => {
  await gateway.drain({ timeoutMs });
  await gateway.close();
  server.close();
  server.closeAllConnections();
  // Nothing else may keep the process: it ends by itself.
  process.disconnect();
});

const opened: number[] = [];

process.on('message', (message: unknown) => {
  const command = message as { stallMs?: number; files?: 'open' | 'close' };
  if (command.stallMs !== undefined) stall(command.stallMs);
  if (command.files === 'open') openUntilRefused();
  for (const file of command.files === 'close' ? opened.splice(0) : []) closeSync(file);
  process.send!(gateway.status());
});

/** Another process may use the processor meanwhile, so wall-clock time counts as computed here. */
function stall(ms: number): void {
  const before = process.cpuUsage();
  const until = performance.now() + ms;
  while (performance.now() < until);
  const after = process.cpuUsage(before);
  lentMs += Math.max(0, ms - (after.user + after.system) / 1_000);
}

let lentMs = 0;
const cpuUsage = process.cpuUsage.bind(process);
process.cpuUsage = (previous) => {
  const { user, system } = cpuUsage(previous);
  return { user: user + (previous === undefined ? lentMs * 1_000 : 0), system };
};

function openUntilRefused(): void {
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'));
  } catch {
    // This is what was wanted.
  }
}
