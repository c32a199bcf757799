import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { chat, fakeUpstream, type FakeUpstream } from '../../src/testing/index.js';
import { compile, programFolder, root } from './programs.js';

const run = promisify(execFile);
const folder = programFolder('readme');
const snippets = new Map(
  [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts ([\w-]+)\n([\s\S]*?)```/g)].map(
    ([, name, code]) => [name!, code!],
  ),
);
let upstream: FakeUpstream;

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  upstream = await fakeUpstream({ script: chat('Because of oxygen.') });
});

afterAll(async () => {
  await upstream.close();
  await rm(folder, { recursive: true, force: true });
});

/** Writes a snippet as a program: as printed, but for addresses of the world outside. */
async function program(name: string, changes: Readonly<Record<string, string>> = {}): Promise<string> {
  let code = snippets.get(name) ?? '';
  for (const [printed, real] of Object.entries(changes)) code = code.replaceAll(printed, real);
  const file = join(folder, `${name}.ts`);
  await writeFile(file, code);
  return file;
}

/** The variables that the snippets read: one that is missing is refused at start-up. */
const KEYS = Object.fromEntries(
  ['OPENAI_API_KEY', 'AZURE_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY', 'REDACTION_SECRET']
    .map((name) => [name, 'secret-of-the-operator'])
    .concat([['GATEWAY_KEY', 'demo-key']]),
);

function start(file: string): ChildProcess {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...KEYS },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('every snippet of the README', () => {
  it('is known here', () => {
    expect([...snippets.keys()]).toEqual([
      'quick-start',
      'client',
      'providers',
      'formats',
      'hooks',
      'stages',
      'limits',
      'guards',
      'shutdown',
    ]);
  });

  it('compiles as it is printed', async () => {
    for (const name of snippets.keys()) await program(name);
    await compile(folder);
  });

  it.each(['quick-start', 'client'])('is plain JavaScript, to be copied into a .mjs file: %s', async (name) => {
    const file = join(folder, `${name}.mjs`);
    await writeFile(file, snippets.get(name)!);
    await run(process.execPath, ['--check', file]);
  });

  it('runs: ten lines are a gateway, and the client streams through it', async () => {
    const port = await freePort();
    const addresses = {
      'https://api.openai.com/v1': upstream.baseUrl,
      'https://example.openai.azure.com/openai/v1': upstream.baseUrl,
    };
    start(await program('quick-start', { ...addresses, 'app.listen(3000)': `app.listen(${port})` }));
    await expect
      .poll(
        () =>
          fetch(`http://127.0.0.1:${port}/v1/models`).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(401);
    const { stdout } = await run(process.execPath, [await program('client', { ':3000': `:${port}` })], {
      env: { ...process.env, ...KEYS },
    });
    expect(stdout).toBe('Because of oxygen.');
  });

  it('runs: a plan names the endpoint that would respond, and why the other would not', async () => {
    const { stdout } = await run(process.execPath, [await program('providers')]);
    expect(stdout).toBe('vllm data_policy:zdr\n');
  });

  it.each(['formats', 'hooks', 'stages', 'limits', 'guards'])('runs: %s', async (name) => {
    await run(process.execPath, [await program(name)], { env: { ...process.env, ...KEYS } });
  });

  it('runs: a prompt with a key is blocked by the guards, although they redact keys as well', async () => {
    const post = `
const key = 'sk-proj-' + 'aB3'.repeat(16);
const response = await gateway.fetch(
  new Request('http://localhost/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer demo-key', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: key }] }),
  }),
);
console.log(response.status, (await response.json()).error.code);
`;
    const file = await program('guards', {
      'https://api.openai.com/v1': upstream.baseUrl,
      'createGateway({': 'const gateway = createGateway({',
    });
    await appendFile(file, post);
    const { stdout } = await run(process.execPath, [file], { env: { ...process.env, ...KEYS } });
    expect(stdout).toBe('400 content_blocked\n');
  });

  it('runs: a process ends on SIGTERM', async () => {
    const child = start(
      await program('shutdown', { '.listen(0)': ".listen(0, () => console.log('up'))", '5_000': '100' }),
    );
    await once(child.stdout!, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('links', () => {
  it.each(['README.md', 'src/README.md', 'examples/README.md', 'SECURITY.md', 'CHANGELOG.md'])(
    'of %s lead somewhere',
    (page) => {
      const text = readFileSync(join(root, page), 'utf8');
      const targets = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target!);
      expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
    },
  );
});
