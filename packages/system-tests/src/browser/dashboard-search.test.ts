import { afterAll, beforeAll, expect, it } from 'vitest';
import { event, openSystem, range, type System } from '../testing/system.ts';
import { eventIdsOn, listsEvents, polled, shows } from './dashboard-page.ts';
import { useBrowser } from './use-browser.ts';

const openPage = useBrowser();
let system: System;

/** In the order in which they are stored: the table shows the last one first. */
const stored: Record<string, string>[] = [
  {
    topic: 'search.a',
    event_id: 's-1',
    source: 'web',
    timestamp: '2020-01-01T10:00:00Z',
    payload: '{"n":1}',
  },
  {
    topic: 'search.a',
    event_id: 's-2',
    source: 'app',
    timestamp: '2020-01-01T11:00:00Z',
    payload: '{"n":2}',
  },
  {
    topic: 'search.b',
    event_id: 's-3',
    source: 'web-3',
    timestamp: '2020-01-01T12:00:00Z',
    payload: '{"customer":{"id":7,"name":"Ada"},"total":9007199254740993,"rate":1.50}',
  },
];
beforeAll(async () => {
  system = await openSystem({ consumers: 2 });
  await system.publish(...range(250).map((i) => event({ topic: 'search.many', event_id: `many-${i}` })));
  for (const { payload, ...fields } of stored) {
    const response = await system.post(
      `{"events":[${JSON.stringify(fields).slice(0, -1)},"payload":${payload}}]}`,
    );
    expect(response.status).toBe(202);
    await system.settled();
  }
});
afterAll(() => system.close());

async function open(path: string) {
  const opened = await openPage({ url: system.stack.url });
  await opened.page.goto(path);
  return opened;
}

it.each([
  ['Topic', 'search.a', 'topic=search.a', ['s-2', 's-1']],
  ['Source', 'web-3', 'source=web-3', ['s-3']],
  ['Event ID', 's-2', 'event_id=s-2', ['s-2']],
  ['Payload contains', '{"customer":{"id":7}}', 'contains=%7B%22customer%22', ['s-3']],
])('finds events by %s, and the view can be shared', async (field, text, parameter, ids) => {
  const { page } = await open('/dashboard?view=events');
  const form = page.getByRole('search', { name: 'Search events' });
  await form.getByLabel(field, { exact: true }).fill(text);
  await form.getByLabel(field, { exact: true }).press('Enter');
  await listsEvents(page, ids);
  expect(page.url()).toContain(parameter);
  const shared = await open(page.url());
  await listsEvents(shared.page, ids);
  expect(await shared.page.getByRole('search').getByLabel(field, { exact: true }).inputValue()).toBe(text);
});

it('finds events by the time at which they happened', async () => {
  const { page } = await open('/dashboard?view=events&since=2020-01-01T10:30:00Z&until=2020-01-01T11:30:00Z');
  await listsEvents(page, ['s-2']);
  const form = page.getByRole('search');
  // the browser is in Berlin
  expect(await form.getByLabel('From').inputValue()).toMatch(/^2020-01-01T11:30/);
  await form.getByLabel('To', { exact: true }).fill('2020-01-01T13:00');
  await form.getByLabel('To', { exact: true }).press('Enter');
  await listsEvents(page, ['s-2']);
  await form.getByLabel('To', { exact: true }).fill('2020-01-01T13:01');
  await form.getByRole('button', { name: 'Search' }).click();
  await listsEvents(page, ['s-3', 's-2']);
  expect(page.url()).toContain('until=2020-01-01T12');
});

it('goes back to the search before, and opens an event with its numbers as they were sent', async () => {
  const { page } = await open('/dashboard?view=events&topic=search.a');
  await listsEvents(page, ['s-2', 's-1']);
  const topic = page.getByRole('search').getByLabel('Topic');
  await topic.fill('search.b');
  await topic.press('Enter');
  await listsEvents(page, ['s-3']);

  await page.getByRole('link', { name: 's-3' }).click();
  const detail = page.getByTestId('event-detail');
  await shows(detail.getByRole('heading', { name: 's-3' }));
  const json = (await detail.getByTestId('event-json').textContent()) ?? '';
  expect(json).toMatch(/"total": 9007199254740993\b/);
  expect(JSON.parse(json)).toMatchObject({ topic: 'search.b', payload: { customer: { name: 'Ada' } } });
  const shared = await open(page.url());
  await shows(shared.page.getByTestId('event-detail').getByRole('heading', { name: 's-3' }));

  await page.goBack();
  await detail.waitFor({ state: 'hidden' });
  await listsEvents(page, ['s-3']);
  await page.goBack();
  await listsEvents(page, ['s-2', 's-1']);
  expect(await topic.inputValue()).toBe('search.a');
});

it('says at the field what is wrong with it, before and after it asks the server', async () => {
  const { page, watch } = await open('/dashboard?view=events&topic=search.a');
  await listsEvents(page, ['s-2', 's-1']);
  const asked = () => watch.requests.filter((url) => url.includes('/events?')).length;
  const before = asked();
  const contains = page.getByRole('search').getByLabel('Payload contains');
  await contains.fill('{"customer":');
  await contains.press('Enter');
  const error = page.getByTestId('error-contains');
  await shows(error);
  expect(await contains.getAttribute('aria-invalid')).toBe('true');
  expect(asked()).toBe(before);

  // JSON, but Postgres could not hold it: the server's problem names the field
  await contains.fill(String.raw`{"name":"\u0000"}`);
  await contains.press('Enter');
  await polled(async () => expect(asked()).toBeGreaterThan(before));
  await shows(error);
  watch.forget(/status of 422/);

  await contains.fill('{"n":2}');
  await contains.press('Enter');
  await listsEvents(page, ['s-2']);
  await error.waitFor({ state: 'hidden' });
});

it('says so where nothing matches, and shows more pages of what does', async () => {
  const { page } = await open('/dashboard?view=events&topic=search.none');
  await shows(page.getByTestId('events-empty'));
  await page.getByRole('button', { name: 'Clear' }).first().click();
  await polled(async () => expect((await eventIdsOn(page)).length).toBeGreaterThan(10));
  const first = await eventIdsOn(page);
  await page.getByTestId('load-more').click();
  await polled(async () => expect((await eventIdsOn(page)).length).toBeGreaterThan(first.length));
  const both = await eventIdsOn(page);
  expect(both.slice(0, first.length)).toEqual(first);
  expect(new Set(both).size).toBe(both.length);
});
