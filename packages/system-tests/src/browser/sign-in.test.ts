import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, createKey, idOf, removeKey, secretOf } from '../security/keys.ts';
import { event, openSystem, type System } from '../testing/system.ts';
import { hides, isLive, polled, reaches, shows } from './dashboard-page.ts';
import { bury } from './dead-letter.ts';
import { useBrowser } from './use-browser.ts';

const openPage = useBrowser();
let folder: string;
let file: string;
let system: System;
let admin: string;
let reader: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oncelog-sign-in-'));
  file = join(folder, 'keys.json');
  admin = await createKey(file, '--scope', 'admin', '--name', 'night shift');
  reader = await createKey(file, '--scope', 'read', '--name', 'wall screen');
  system = await openSystem({
    consumers: 1,
    headers: bearer(admin),
    serviceEnv: { API_KEYS_FILE: file },
  });
}, 120_000);
afterAll(async () => {
  await system?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a browser itself says of an answer that is no success. */
const REFUSED = /status of 40[13]/;

async function open(path: string, options: { width?: number } = {}) {
  const viewport = { width: options.width ?? 1280, height: 800 };
  const opened = await openPage({ url: system.stack.url, viewport });
  await opened.page.goto(path);
  return opened;
}

const form = (page: Page) => page.getByTestId('sign-in');

async function signIn(page: Page, key: string): Promise<void> {
  await form(page).getByLabel('API key').fill(key);
  await form(page).getByRole('button', { name: 'Sign in' }).click();
}

it('asks for a key, says what is wrong with one, and shows what was asked for', async () => {
  await system.publish(event({ topic: 'asked.for', event_id: 'asked-1' }));
  await system.settled();
  const { page, watch } = await open('/dashboard?view=events&topic=asked.for');
  await shows(page.getByRole('heading', { name: 'Sign in to oncelog' }));
  expect(await page.getByRole('navigation').count()).toBe(0);
  await signIn(page, `olk_${idOf(admin)}_${'x'.repeat(43)}`);
  await polled(async () =>
    expect(await page.getByTestId('sign-in-problem').textContent()).toBe('The API key is not valid.'),
  );
  await signIn(page, ` ${admin} `);
  await shows(page.getByRole('link', { name: 'asked-1' }));
  expect(await page.getByTestId('who').textContent()).toContain('night shift');
  await isLive(page);

  // nothing that a script could take away
  const kept = await page.evaluate(() => ({
    cookie: document.cookie,
    storage: JSON.stringify([{ ...localStorage }, { ...sessionStorage }]),
  }));
  expect(kept.cookie).toBe('');
  expect(kept.storage).not.toContain(secretOf(admin));
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ name: 'oncelog_session', httpOnly: true, sameSite: 'Strict', path: '/' });
  expect(watch.requests.join()).not.toContain(secretOf(admin));

  await page.reload();
  await shows(page.getByRole('link', { name: 'asked-1' }));
  watch.forget(REFUSED);
});

it('signs out, and asks again', async () => {
  const { page, watch } = await open('/dashboard?view=system');
  await signIn(page, reader);
  await shows(page.getByRole('heading', { level: 1, name: 'System' }));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await shows(page.getByRole('heading', { name: 'Sign in to oncelog' }));
  expect(await page.context().cookies()).toEqual([]);
  expect(page.url()).toContain('view=system');
  watch.forget(REFUSED);
});

describe('when the session ends', () => {
  let short: string;
  let keys: string;
  const isKnown = (status: number) =>
    polled(async () => {
      const response = await fetch(`${system.stack.url}/stats`, { headers: bearer(short) });
      expect(response.status).toBe(status); // the gateway looks every two seconds
    });
  beforeAll(async () => {
    short = await createKey(file, '--scope', 'admin', '--name', 'for an hour');
    keys = readFileSync(file, 'utf8');
  });

  /** Signed in by a key that is then taken away, with a filter half written. */
  async function interrupted() {
    writeFileSync(file, keys);
    await isKnown(200);
    const { page, watch } = await open('/dashboard?view=events&live=1');
    await signIn(page, short);
    await reaches(page.getByTestId('tail-state'), 'live');
    await page.getByLabel('Topic').fill('half.written');
    await removeKey(file, short);
    await shows(page.getByRole('dialog', { name: 'Sign in again' }));
    await page.keyboard.press('Escape');
    expect(await form(page).isVisible()).toBe(true);
    return { page, watch };
  }

  async function goesOn(page: Page, watch: Awaited<ReturnType<typeof open>>['watch'], id: string) {
    await reaches(page.getByTestId('tail-state'), 'live');
    await isLive(page);
    await system.publish(event({ event_id: id }));
    await shows(page.getByRole('link', { name: id }));
    watch.forget(REFUSED);
    watch.forget(/ERR_(INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)/);
  }

  it('asks again, and goes on where one was', async () => {
    const { page, watch } = await interrupted();
    writeFileSync(file, keys);
    await isKnown(200);
    await signIn(page, short);
    await hides(form(page));
    expect(await page.getByLabel('Topic').inputValue()).toBe('half.written');
    await goesOn(page, watch, 'after-all');
    expect(await page.getByTestId('who').textContent()).toContain('for an hour');
  });

  it('begins anew for somebody else, at the same address', async () => {
    const { page, watch } = await interrupted();
    await signIn(page, admin);
    await polled(async () => expect(await page.getByTestId('who').textContent()).toContain('night shift'));
    expect(await page.getByLabel('Topic').inputValue()).toBe('');
    expect(new URL(page.url()).search).toBe('?view=events&live=1');
    await goesOn(page, watch, 'for-another');
  });
});

describe('a key that may not do everything', () => {
  it('sees dead letters, and why it cannot change them', async () => {
    const [letter] = await bury(system, event({ topic: 'dead', event_id: 'dead-1' }));
    const { page, watch } = await open(`/dashboard?view=dead-letters&letter=${letter?.id}`);
    await signIn(page, reader);
    const detail = page.getByTestId('letter-detail');
    await shows(detail.getByTestId('letter-original'));
    for (const name of ['Replay', 'Delete']) {
      const button = detail.getByRole('button', { name, exact: true });
      expect([await button.isDisabled(), await button.getAttribute('title')]).toEqual([
        true,
        expect.stringContaining('scope admin'),
      ]);
    }
    await page.keyboard.press('Escape');
    await polled(async () =>
      expect(await page.getByTestId('bulk-result').textContent()).toContain('scope admin'),
    );
    expect(await page.getByRole('button', { name: 'Replay all open' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Delete all' }).isDisabled()).toBe(true);
    watch.forget(REFUSED);
  });

  it('with admin it changes them, by a session', async () => {
    const [letter] = await bury(system, event({ topic: 'dead', event_id: 'dead-2' }));
    const { page, watch } = await open(`/dashboard?view=dead-letters&letter=${letter?.id}`);
    await signIn(page, admin);
    const detail = page.getByTestId('letter-detail');
    await detail.getByRole('button', { name: 'Replay', exact: true }).click();
    await reaches(detail.getByTestId('replay-result'), 'stored');
    watch.forget(REFUSED);
  });

  it('is told what it can see instead', async () => {
    const shop = await createKey(file, '--scope', 'read', '--scope', 'publish', '--topic', 'shop.');
    const producer = await createKey(file, '--scope', 'publish');
    await system.publish(event({ topic: 'shop.', event_id: 'shop-1' }));
    const { page, watch } = await open('/');
    await polled(async () => {
      await signIn(page, shop);
      await page.getByTestId('who').waitFor({ timeout: 1_000 });
    });
    await shows(page.getByTestId('not-allowed'));
    await page.getByRole('link', { name: 'Look for events' }).click();
    await shows(page.getByRole('link', { name: 'shop-1' }));
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(page, producer);
    await shows(page.getByText('This key may not read'));
    await page.getByRole('button', { name: 'Sign in with another key' }).click();
    await shows(page.getByRole('heading', { name: 'Sign in to oncelog' }));
    watch.forget(REFUSED);
  });
});

describe.each([360, 1280])('on a screen %i px wide', (width) => {
  it('fits, and can be used by everybody', async () => {
    const { page, watch } = await open('/', { width });
    const isWide = () =>
      page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    const faults = async () =>
      (await new AxeBuilder({ page }).setLegacyMode().analyze()).violations.map(({ id }) => id);
    await shows(form(page));
    expect([await isWide(), await faults()]).toEqual([false, []]);
    await page.keyboard.type(reader);
    await page.keyboard.press('Enter');
    await isLive(page);
    expect([await isWide(), await faults()]).toEqual([false, []]);
    watch.forget(REFUSED);
  });
});

it("authorizes requests of the API's page", async () => {
  const { page } = await open('/docs');
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.dialog-ux');
  await dialog.locator('input').first().fill(reader);
  await dialog
    .getByRole('button', { name: /^Apply credentials/ })
    .first()
    .click();
  await dialog.getByRole('button', { name: 'Close' }).first().click();
  const operation = page.locator('.opblock', { has: page.locator('[data-path="/stats"]') });
  await operation.locator('.opblock-summary-control').click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === '/stats');
  await operation.getByRole('button', { name: 'Execute' }).click();
  expect((await answered).status()).toBe(200);
});
