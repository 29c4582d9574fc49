import { session } from '../../data/access.ts';

/** Where the gateway is, as a command would write it. */
const gateway = (): string => new URL('.', document.baseURI).href.replace(/\/$/, '');

/** Publishes one event. Its id is new each time that the page is loaded, so that it is no duplicate. */
export function publishCommand(): string {
  const event = {
    topic: 'orders',
    event_id: `order-${EVENT_ID}`,
    timestamp: STARTED_AT,
    source: 'shop',
    payload: { total: 12.5 },
  };
  const key = asksForKeys() ? ' -H "Authorization: Bearer $API_KEY"' : '';
  return `curl -s ${gateway()}/publish${key} -H 'Content-Type: application/json' \\\n  -d '{"events":[${JSON.stringify(event)}]}'`;
}

/** Publishes twenty thousand events, 30 % of which are duplicates, and checks the figures. In the repository; it reads API_KEY. */
export const demoCommand = (): string => `node services/publisher/dist/main.js --target-url ${gateway()}`;

const asksForKeys = (): boolean => session.value?.anonymous === false;

const STARTED_AT = new Date().toISOString();
const EVENT_ID = STARTED_AT.replaceAll(/\D/g, '').slice(4, 14);
