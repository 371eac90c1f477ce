/**
 * JsSIP in headless Chromium, driven line by line: orders as JSON on the standard input ({"id": 1, "do": "call", "number": "102"}), answers
 * ({"id": 1, "value": …} or {"id": 1, "error": …}) and events ({"event": "registered", …}) as JSON on the standard output. It ends
 * with its input. The page is one of the server's own, under the server's own Content-Security-Policy.
 *
 * MICROPHONE: a WAV file that its microphone hears, over and over.
 *
 *   BASE_URL=https://localhost:8443 node e2e/sip/telephone.ts
 */
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import { openBrowser, openContext, desktop, target } from '../browser.ts';
import type { Event, Order } from './page.ts';

const say = (line: object) => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** The page's script with JsSIP in it, as one file. */
async function script(): Promise<string> {
  const made = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL('page.ts', import.meta.url)), formats: ['iife'], name: 'page' },
    },
  });
  const [result] = Array.isArray(made) ? made : [made];
  const chunk = result && 'output' in result ? result.output[0] : undefined;
  if (!chunk) throw new Error('nothing was built');
  return chunk.code;
}

const source = await script();
const microphone = process.env.MICROPHONE;
const browser = await openBrowser([
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  ...(microphone ? [`--use-file-for-fake-audio-capture=${microphone}`] : []),
]);
const context = await openContext(browser, desktop);
await context.grantPermissions(['microphone'], { origin: new URL(target.base).origin });
const page = await context.newPage();
page.on('pageerror', (error) => {
  say({ event: 'fault', text: error.message });
});
await page.exposeFunction('tellTest', (event: Event) => {
  say(event);
});
await page.goto(`${target.base}/healthz`);
await page.evaluate(source);
say({ event: 'open' });

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...order } = JSON.parse(line) as Order & { id: number };
  page
    .evaluate((one) => window.parleyTelephone.ask(one), order)
    .then(
      (value) => {
        say({ id, value });
      },
      (error: unknown) => {
        say({ id, error: String(error) });
      },
    );
}
await browser.close();
