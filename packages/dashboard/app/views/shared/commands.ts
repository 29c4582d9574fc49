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
  return `curl -s ${gateway()}/publish -H 'Content-Type: application/json' \\\n  -d '{"events":[${JSON.stringify(event)}]}'`;
}

/** Publishes twenty thousand events, 30 % of which are duplicates, and checks the figures. In the repository. */
export const demoCommand = (): string => `node services/publisher/dist/main.js --target-url ${gateway()}`;

const STARTED_AT = new Date().toISOString();
const EVENT_ID = STARTED_AT.replaceAll(/\D/g, '').slice(4, 14);
