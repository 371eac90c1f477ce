/** node e2e/with-fake-server.ts COMMAND...: runs it with BASE_URL and credentials of a fake server of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const server = spawn(process.execPath, [fileURLToPath(new URL('fake-server.ts', import.meta.url))], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const base = await new Promise<string>((resolve) =>
  server.stdout.once('data', (line) => resolve(String(line).trim())),
);
const [command = 'true', ...args] = process.argv.slice(2);
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, BASE_URL: base, PARLEY_LOGIN: 'admin', PARLEY_PASSWORD: 'correct horse battery' },
});
child.on('exit', (code) => {
  server.kill();
  process.exit(code ?? 1);
});
