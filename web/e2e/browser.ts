import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Where the console is and who signs in: BASE_URL, PARLEY_LOGIN, PARLEY_PASSWORD. */
export const target = {
  base: (process.env.BASE_URL ?? 'https://localhost:8443').replace(/\/$/, ''),
  login: process.env.PARLEY_LOGIN ?? 'admin',
  password: process.env.PARLEY_PASSWORD ?? '',
};

export async function openBrowser(more: string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      ...more,
    ],
  });
}

export interface Size {
  width: number;
  height: number;
}

export const desktop: Size = { width: 1360, height: 900 };
export const phone: Size = { width: 390, height: 844 };

export async function openContext(browser: Browser, viewport: Size, dark = false): Promise<BrowserContext> {
  return browser.newContext({
    viewport,
    // The server makes its own certificate.
    ignoreHTTPSErrors: true,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
  });
}

export async function signIn(page: Page): Promise<void> {
  await page.goto(`${target.base}/`);
  await page.getByLabel('Login').fill(target.login);
  await page.getByLabel('Password', { exact: true }).fill(target.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Calls' }).waitFor();
}
