import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Usage } from '../processes/agent.ts';
import { pinned } from './child.ts';
import { freePort, untilListening } from './ports.ts';
import type { MeasuredServer, StartOptions } from './measured-server.ts';

const NGINX = 'nginx';

/** Whether nginx is on the PATH, and its CPU time can be read. */
export function findNginx(): boolean {
  return process.platform === 'linux' && spawnSync(NGINX, ['-v']).status === 0;
}

/** One process that is master and worker at once, connections to the upstream kept, nothing buffered. */
export async function startNginx({ core, upstreams }: StartOptions): Promise<MeasuredServer> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-nginx-'));
  const port = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, upstreams[0]!));
  const [command, args] = pinned(core, [NGINX, '-p', folder, '-c', 'nginx.conf', '-e', 'error.log']);
  const server = spawn(command, args, { stdio: 'ignore' });
  await untilListening(port);
  return {
    port,
    usage: () => Promise.resolve(usageOf(server.pid!)),
    async [Symbol.asyncDispose]() {
      await ended(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number, upstream: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile 20000; pid ${folder}/nginx.pid;
events { worker_connections 16384; }
http {
  access_log off; tcp_nodelay on; keepalive_requests 100000000; keepalive_timeout 60s; client_max_body_size 20m;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  upstream bench { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=8192;
    location / {
      proxy_pass http://bench; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_request_buffering off;
    }
  }
}`;
}

function usageOf(pid: number): Usage {
  const nanos = Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ', 1)[0]);
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const bytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? NaN) * 1024;
  return { cpuMicros: nanos / 1_000, rssBytes: bytes('VmRSS'), peakRssBytes: bytes('VmHWM') };
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}
