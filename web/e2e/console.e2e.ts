/**
 * The console in a real browser against a running server: sign in, call list, playing, claim to evidence, phone-size layout;
 * no console error, no request to another origin, no serious accessibility violation.
 * Needs at least one call with a finished analysis (./dev run makes one); with WITHOUT_SPEECH=1 a recorded call is enough.
 *
 *   BASE_URL=https://localhost:8443 PARLEY_LOGIN=admin PARLEY_PASSWORD=... npm run e2e
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserContext, Page } from 'playwright-core';
import { desktop, openBrowser, openContext, phone, signIn, target } from './browser.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const origin = new URL(target.base).origin;
const pages = [
  'live',
  'calls',
  'extensions',
  'routes',
  'trunks',
  'users',
  'policy',
  'prove',
  'records',
  'records?tab=audit',
  'status',
];
const withoutSpeech = process.env.WITHOUT_SPEECH === '1';
const faults: string[] = [];

/** Everything that must not happen on any page. */
function watch(context: BrowserContext): void {
  context.on('request', (request) => {
    const url = new URL(request.url());
    const own =
      url.origin === origin || url.origin === origin.replace(/^http/, 'ws') || url.protocol === 'data:';
    if (!own) faults.push(`request to another origin: ${request.url()}`);
  });
  context.on('console', (message) => {
    // A 401 from /v1/me is how the console learns that nobody is signed in; the browser reports it as an error.
    const asking = message.location().url.endsWith('/v1/me') && message.text().includes('401');
    if (message.type() === 'error' && !asking) faults.push(`console error: ${message.text()}`);
  });
  context.on('weberror', (error) => faults.push(`page error: ${error.error().message}`));
}

interface AxeResult {
  violations: { id: string; impact: string | null; nodes: { html: string; failureSummary: string }[] }[];
}

async function checkAccessibility(page: Page, where: string): Promise<void> {
  await page.evaluate(axeSource);
  const result = await page.evaluate<AxeResult>('axe.run(document, { resultTypes: ["violations"] })');
  for (const violation of result.violations.filter(
    (one) => one.impact === 'serious' || one.impact === 'critical',
  ))
    faults.push(
      `${where}: ${violation.id} (${String(violation.impact)}): ${violation.nodes
        .slice(0, 3)
        .map(
          (node) => `${node.html.slice(0, 160)} — ${node.failureSummary.replace(/\s+/g, ' ').slice(0, 200)}`,
        )
        .join(' | ')}`,
    );
}

async function settle(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
}

async function openAnalysedCall(page: Page): Promise<void> {
  const row = page
    .getByRole('row')
    .filter({ has: page.getByText(withoutSpeech ? 'Recording' : 'Analysis', { exact: true }) })
    .filter({ has: page.getByRole('link') })
    .first();
  await row.getByRole('link').click();
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  if (withoutSpeech) return;
  await page
    .getByRole('button', { name: /play the evidence/i })
    .first()
    .waitFor();
}

const audioState = (page: Page) =>
  page.evaluate(() => {
    const audio = document.querySelector('audio');
    return audio && { time: audio.currentTime, paused: audio.paused, ready: audio.readyState };
  });

async function waitForTime(page: Page, least: number): Promise<void> {
  await page.waitForFunction((time) => (document.querySelector('audio')?.currentTime ?? 0) >= time, least, {
    timeout: 15_000,
  });
}

const browser = await openBrowser();

async function step(name: string, run: () => Promise<void>): Promise<void> {
  const before = faults.length;
  await run();
  console.log(`${faults.length === before ? 'ok  ' : 'FAIL'} ${name}`);
}

try {
  const context = await openContext(browser, desktop);
  watch(context);
  const page = await context.newPage();

  await step('sign-in page without violations', async () => {
    await page.goto(`${target.base}/`);
    await page.getByLabel('Login').waitFor();
    await checkAccessibility(page, 'sign-in');
  });
  await step('sign in leads to the call list', () => signIn(page));
  await step('the call list is searched', async () => {
    await page.getByRole('row').nth(1).waitFor();
    await page.getByRole('searchbox', { name: 'Search calls' }).fill('zzzz-not-there');
    await page.getByText('No call matches').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).last().click();
    await page.getByRole('row').nth(1).waitFor();
  });
  await step('playing advances the audio', async () => {
    await openAnalysedCall(page);
    assert.equal((await audioState(page))?.ready, 0, 'audio is fetched before anybody asked for it');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await waitForTime(page, 1);
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    const state = await audioState(page);
    assert.ok(state?.paused, 'pause does not pause');
    await page.waitForFunction(() => {
      const host = [...document.querySelectorAll('div')].find((one) => one.shadowRoot);
      const drawn = [...(host?.shadowRoot?.querySelectorAll('canvas') ?? [])].filter(
        (one) => one.width > 0 && one.height > 0,
      );
      return drawn.length >= 2;
    });
  });
  if (!withoutSpeech) {
    await step('a claim jumps to its evidence', async () => {
      const chips = page.getByRole('button', { name: /play the evidence/i });
      const chip = chips.nth(Math.min(1, (await chips.count()) - 1));
      const clock = /at ((?:\d+:)?\d+:\d\d) for/.exec((await chip.getAttribute('aria-label')) ?? '')?.[1];
      assert.ok(clock, 'the claim does not say when');
      const start = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
      await chip.click();
      await page.locator('[data-evidence="true"]').first().waitFor();
      await waitForTime(page, start + 0.3);
      const state = await audioState(page);
      assert.ok(state && state.time < start + 8, `audio is at ${String(state?.time)} instead of ${start}`);
      await page.getByRole('button', { name: 'Pause', exact: true }).click();
    });
    await step('a turn seeks', async () => {
      const turns = page.locator('[data-turn]');
      await turns.first().click();
      await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 99) < 10);
    });
  }
  await step('call page without violations', async () => {
    await checkAccessibility(page, 'call analysis');
    await page.getByRole('tab', { name: 'Details' }).click();
    await checkAccessibility(page, 'call details');
    await page.getByRole('tab', { name: 'Keeping' }).click();
    await checkAccessibility(page, 'call keeping');
  });
  await step('every page without violations, in light and dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of pages) {
        await page.goto(`${target.base}/${path}`);
        await settle(page);
        await checkAccessibility(page, `${path} (${colorScheme})`);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });
  await step('phone settings show a QR code', async () => {
    await page.goto(`${target.base}/extensions`);
    await page
      .getByRole('button', { name: /^phone settings for/i })
      .first()
      .click();
    await page
      .getByRole('img', { name: /QR code/ })
      .first()
      .waitFor();
    await checkAccessibility(page, 'phone settings');
    await page.keyboard.press('Escape');
  });
  await step('a route is made, tried, asked earlier by keyboard, and deleted', async () => {
    await page.goto(`${target.base}/routes`);
    await settle(page);
    for (const [name, pattern] of [
      ['Other door', '78'],
      ['Front door', '7X'],
    ] as const) {
      await page.getByRole('button', { name: 'New route' }).click();
      const form = page.getByRole('dialog');
      await form.getByLabel('Name').fill(name);
      await form.getByLabel('Pattern').fill(pattern);
      await form.getByLabel('Where it leads').selectOption('echo_test');
      await checkAccessibility(page, 'route form');
      await form.getByRole('button', { name: 'Create' }).click();
      await form.waitFor({ state: 'detached' });
    }
    const tried = page.getByRole('region', { name: 'Try a number' });
    const ask = async (path: string) => {
      await tried.getByRole('textbox', { name: 'dials' }).fill('78');
      await tried.getByRole('textbox', { name: 'dials' }).press('Enter');
      await tried.getByText(path, { exact: true }).waitFor();
      await tried.getByText('the echo test answers').waitFor();
    };
    await ask('route Other door');
    await page.getByRole('button', { name: 'Ask Front door earlier' }).press('Enter');
    await page.getByText(/^Front door is now asked as number \d+ of \d+$/).waitFor();
    assert.match(
      (await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))) ?? '',
      /^Ask Front door/,
      'the focus is lost when a route moves',
    );
    await ask('route Front door');
    await checkAccessibility(page, 'routes');
    for (const name of ['Front door', 'Other door']) {
      await page.getByRole('button', { name: `Actions for ${name}` }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('button', { name: `Actions for ${name}` }).waitFor({ state: 'detached' });
    }
  });
  await step('the keyboard reaches the content by the skip link', async () => {
    await page.goto(`${target.base}/calls`);
    await settle(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  });
  await context.close();

  const small = await openContext(browser, phone);
  watch(small);
  const mobile = await small.newPage();
  await step('on a phone nothing is wider than the screen', async () => {
    await signIn(mobile);
    for (const path of pages) {
      await mobile.goto(`${target.base}/${path}`);
      await settle(mobile);
      const width = await mobile.evaluate(() => document.documentElement.scrollWidth);
      if (width > phone.width) faults.push(`${path} is ${width} pixels wide on a screen of ${phone.width}`);
    }
    await mobile.goto(`${target.base}/calls`);
    await openAnalysedCall(mobile);
    const width = await mobile.evaluate(() => document.documentElement.scrollWidth);
    if (width > phone.width) faults.push(`call page is ${width} pixels wide on a screen of ${phone.width}`);
    await checkAccessibility(mobile, 'call on a phone');
  });
  await step('on a phone the burger opens the navigation', async () => {
    await mobile.getByRole('button', { name: 'Open navigation' }).click();
    await mobile.getByRole('dialog').getByRole('link', { name: 'Policy' }).click();
    await mobile.getByRole('heading', { level: 1, name: 'Policy' }).waitFor();
  });
  await step('sign out ends the session', async () => {
    await mobile.getByRole('button', { name: 'Open navigation' }).click();
    await mobile.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await mobile.getByLabel('Login').waitFor();
    assert.equal((await small.cookies()).filter((cookie) => cookie.name === 'parley_session').length, 0);
  });
  await small.close();
} catch (error) {
  faults.push(String(error));
} finally {
  await browser.close();
}

for (const fault of faults) console.error(`FAULT ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
