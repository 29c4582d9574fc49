import { chance, hundredths, integer, pick, type Random, several } from './random.ts';

/** A topic, the service that publishes to it, and what its events say. */
export interface Topic {
  readonly topic: string;
  readonly service: string;
  readonly payload: (random: Random) => Record<string, unknown>;
}

const NAMES = [
  'Ada Lovelace',
  'Grace Hopper',
  'Zoë Müller',
  '山田 花子',
  'Олена Коваль',
  'محمد علي',
  'Søren Ø',
] as const;
const CITIES = ['Köln', 'São Paulo', '東京', 'Kraków', 'Łódź', 'Montréal', 'Boston'] as const;
const CURRENCIES = ['EUR', 'USD', 'GBP', 'JPY', 'BRL'] as const;
const PRODUCTS = [
  'espresso-cups',
  'desk-lamp',
  'road-bike',
  'notebook-a5',
  'rain-jacket',
  'usb-c-hub',
] as const;
const COMMENTS = [
  'Great! 🎉',
  '"As described"',
  'zu spät geliefert',
  '最高です',
  'line one\nline two',
  '',
] as const;

const orderId = (random: Random): string => `ord-${integer(random, 100_000, 999_999)}`;
const userId = (random: Random): string => `usr-${integer(random, 1, 50_000)}`;
const sku = (random: Random): string => `${pick(random, PRODUCTS)}-${integer(random, 10, 99)}`;

/** The ten topics of a run, with payloads of different shapes and sizes. */
export const TOPICS: readonly [Topic, ...Topic[]] = [
  {
    topic: 'orders.created',
    service: 'checkout',
    payload: (random) => ({
      order_id: orderId(random),
      customer: { id: userId(random), name: pick(random, NAMES), city: pick(random, CITIES) },
      currency: pick(random, CURRENCIES),
      lines: several(random, [1, 5], () => ({
        sku: sku(random),
        quantity: integer(random, 1, 4),
        unit_price: hundredths(random, 1, 250),
      })),
      gift: chance(random, 10) ? { message: pick(random, COMMENTS) } : null,
    }),
  },
  {
    topic: 'payments.captured',
    service: 'payments',
    payload: (random) => ({
      order_id: orderId(random),
      amount: hundredths(random, 5, 2_000),
      currency: pick(random, CURRENCIES),
      card: {
        brand: pick(random, ['visa', 'mastercard', 'amex']),
        last4: String(integer(random, 1_000, 9_999)),
      },
      risk: { score: hundredths(random, 0, 1), checks: several(random, [0, 3], () => chance(random, 95)) },
    }),
  },
  {
    topic: 'payments.refunded',
    service: 'payments',
    payload: (random) => ({
      order_id: orderId(random),
      amount: -hundredths(random, 1, 500),
      reason: pick(random, ['damaged', 'late', 'changed-mind', 'fraud']),
    }),
  },
  {
    topic: 'shipments.dispatched',
    service: 'fulfilment',
    payload: (random) => ({
      order_id: orderId(random),
      carrier: pick(random, ['DHL', 'UPS', 'La Poste', 'ヤマト運輸']),
      address: {
        city: pick(random, CITIES),
        position: [hundredths(random, -90, 90), hundredths(random, -180, 180)],
      },
      parcels: several(random, [1, 3], () => ({
        weight_kg: hundredths(random, 0, 30),
        fragile: chance(random, 20),
      })),
    }),
  },
  {
    topic: 'inventory.adjusted',
    service: 'warehouse',
    payload: (random) => ({
      sku: sku(random),
      delta: integer(random, -20, 200),
      bin: [integer(random, 1, 40), integer(random, 1, 12), pick(random, ['A', 'B', 'C'])],
    }),
  },
  {
    topic: 'users.registered',
    service: 'accounts',
    payload: (random) => ({
      user_id: userId(random),
      name: pick(random, NAMES),
      locale: pick(random, ['de-DE', 'en-US', 'ja-JP', 'pt-BR', 'uk-UA']),
      consents: { newsletter: chance(random, 30), tracking: chance(random, 40) },
    }),
  },
  {
    topic: 'sessions.started',
    service: 'accounts',
    payload: (random) => ({
      user_id: userId(random),
      device: {
        kind: pick(random, ['phone', 'tablet', 'laptop']),
        pixel_ratio: pick(random, [1, 1.5, 2, 3]),
      },
      ip: `203.0.113.${integer(random, 1, 254)}`,
    }),
  },
  {
    topic: 'carts.abandoned',
    service: 'storefront',
    payload: (random) => ({
      user_id: userId(random),
      items: several(random, [0, 6], () => sku(random)),
      value: hundredths(random, 0, 900),
      idle_seconds: integer(random, 1_800, 86_400),
    }),
  },
  {
    topic: 'reviews.submitted',
    service: 'storefront',
    payload: (random) => ({
      sku: sku(random),
      author: pick(random, NAMES),
      stars: integer(random, 1, 5),
      text: several(random, [1, 4], () => pick(random, COMMENTS)).join(' '),
      tags: several(random, [0, 3], () => pick(random, ['quality', 'größe', '配送', 'price'])),
    }),
  },
  {
    topic: 'emails.delivered',
    service: 'notifications',
    payload: (random) => ({
      user_id: userId(random),
      template: pick(random, ['welcome', 'receipt', 'password-reset', 'newsletter-♥']),
      attempts: integer(random, 1, 3),
      timings_ms: { queued: integer(random, 1, 5_000), smtp: hundredths(random, 10, 800) },
      opened: chance(random, 35) ? true : null,
    }),
  },
];
