/** Pictures of each page for the documentation: BASE_URL=... PARLEY_PASSWORD=... npm run screenshots [FOLDER]. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { desktop, openBrowser, openContext, phone, signIn, target, type Size } from './browser.ts';

const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/screenshots', import.meta.url));
await mkdir(folder, { recursive: true });
const browser = await openBrowser();

async function shoot(page: Page, name: string, fullPage = false): Promise<void> {
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.waitForTimeout(350);
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage });
  console.log(`${folder}/${name}.png`);
}

async function tour(size: Size, suffix: string, dark = false): Promise<void> {
  const context = await openContext(browser, size, dark);
  const page = await context.newPage();
  await page.goto(`${target.base}/sign-in`);
  await page.getByLabel('Login').waitFor();
  await shoot(page, `sign-in${suffix}`);
  await signIn(page);
  await shoot(page, `calls${suffix}`);
  const recorded = page
    .getByRole('row')
    .filter({ has: page.getByText('Analysis', { exact: true }) })
    .filter({ has: page.getByRole('link') });
  if ((await recorded.count()) > 0) {
    await recorded.first().getByRole('link').click();
    await page
      .getByRole('button', { name: /play the evidence/i })
      .first()
      .waitFor();
    await page
      .getByRole('button', { name: /play the evidence/i })
      .first()
      .click();
    await page.waitForTimeout(1_500);
    await page.getByRole('button', { name: 'Pause' }).click();
    await shoot(page, `call${suffix}`);
    await page.getByRole('tab', { name: 'Details' }).click();
    await shoot(page, `call-details${suffix}`, true);
    await page.getByRole('tab', { name: 'Keeping' }).click();
    await shoot(page, `call-keeping${suffix}`);
  }
  for (const [path, heading] of [
    ['live', 'Live calls'],
    ['extensions', 'Extensions'],
    ['trunks', 'Trunks'],
    ['users', 'Users'],
    ['policy', 'Policy'],
    ['prove', 'Prove'],
    ['records', 'Records'],
    ['records?tab=audit', 'Records'],
    ['status', 'System status'],
  ] as const) {
    await page.goto(`${target.base}/${path}`);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await shoot(page, `${path.replace(/\?.*=/, '-')}${suffix}`, path === 'prove');
  }
  if (suffix === '-phone') {
    await page.getByRole('button', { name: 'Open navigation' }).click();
    await shoot(page, `navigation${suffix}`);
  }
  await context.close();
}

await tour(desktop, '');
await tour(phone, '-phone');
await tour(desktop, '-dark', true);
await browser.close();
