import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { residentMb } from '../faults/resident-memory.ts';
import { event, openSystem, range, type System } from '../testing/system.ts';
import { type Attack, type Attackers, attack } from './attackers.ts';

/** Clients that want to take the gateway down, beside one that only wants to publish. */

const MIB = 1_048_576;
const PER_ADDRESS = 200;
const SERVICE_ENV = {
  HEADERS_TIMEOUT_MS: '2000',
  BODY_TIMEOUT_MS: '2000',
  BODY_STALL_MS: '1000',
  MAX_CONNECTIONS_PER_ADDRESS: String(PER_ADDRESS),
  DATABASE_CONNECTIONS: '2', // each may hold a page of 16 MiB
  QUERY_TIMEOUT_MS: '60000',
  MAX_IN_FLIGHT_BYTES: String(48 * MIB),
  MAX_UNREAD_BYTES: String(32 * MIB),
};

let system: System;
let port: number;
let restMb: number;
beforeAll(async () => {
  system = await openSystem({ consumers: 2, serviceEnv: SERVICE_ENV });
  port = Number(new URL(system.stack.url).port);
  await publishSteadily(50);
  restMb = residentMb(system, 'gateway');
});
afterAll(() => system.close());

let topic = randomUUID();
beforeEach(() => {
  topic = randomUUID();
});

vi.setConfig({ testTimeout: 300_000 });

/** Batches of ten, one after the other; each of them must be accepted at the first try. Returns the most that the gateway had in memory. */
async function publishSteadily(batches: number): Promise<number> {
  let mostMb = 0;
  for (const batch of range(batches)) {
    await system.publish(...range(10).map((i) => event({ topic, event_id: `${batch}-${i}` })));
    mostMb = Math.max(mostMb, residentMb(system, 'gateway'));
  }
  return mostMb;
}

interface Besides {
  readonly isEnough: () => boolean | Promise<boolean>;
  /** What the gateway may have in memory beyond what it has at rest. */
  readonly growthMb: number;
}

/** Publishes until the attackers have got what they should, and expects that nobody but them noticed. */
async function beside(attackers: Attackers, { isEnough, growthMb }: Besides): Promise<void> {
  const pid = system.pidOf('gateway');
  const deadline = performance.now() + 240_000;
  try {
    do {
      expect(performance.now(), `ended: ${attackers.ends.length}`).toBeLessThan(deadline);
      expect(await publishSteadily(5)).toBeLessThan(restMb + growthMb);
    } while (!(await isEnough()));
  } finally {
    attackers.stop();
  }
  expect(system.pidOf('gateway')).toBe(pid);
  await system.settled();
  expect((await system.events(`?topic=${topic}&limit=1000`)).length).toBe(50);
}

/** Connections that the gateway has closed for a reason. */
async function refusedConnections(reason: string): Promise<number> {
  const metrics = await (await system.get('/metrics')).text();
  return Number(
    new RegExp(`refused_connections_total\\{reason="${reason}"[^}]*\\} (\\d+)`).exec(metrics)?.[1],
  );
}

const HEAD = 'POST /publish HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
const answered = (attackers: Attackers, status: number): number =>
  attackers.ends.filter((line) => line.startsWith(`HTTP/1.1 ${status} `)).length;

describe('a good client is served beside', () => {
  const from = (fields: Omit<Attack, 'port' | 'connections'> & { connections?: number }): Attackers =>
    attack({ port, connections: 150, again: true, ...fields });

  it('headers that never end: each gets 408', async () => {
    const attackers = from({
      begin: (socket) => socket.write('GET /health HTTP/1.1\r\nHost: x\r\nX-A: '),
      drip: 'a',
    });
    await beside(attackers, { isEnough: () => answered(attackers, 408) >= 150, growthMb: 100 });
  });

  it('connections that say nothing', async () => {
    const attackers = from({ begin: () => {} });
    await beside(attackers, { isEnough: () => answered(attackers, 408) >= 150, growthMb: 100 });
  });

  it('bodies that never end: each gets 408, and most did not even get memory', async () => {
    const attackers = from({
      begin: (socket) => socket.write(`${HEAD}Content-Length: 4000000\r\n\r\n{`),
      drip: ' ',
    });
    const isEnough = () => answered(attackers, 408) >= 5 && answered(attackers, 503) >= 50;
    await beside(attackers, { isEnough, growthMb: 100 });
  });

  it('lines that never end', async () => {
    const head = HEAD.replace('application/json', 'application/x-ndjson');
    const attackers = from({
      begin: (socket) => socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`),
      drip: '1\r\n \r\n',
      connections: 20,
    });
    await beside(attackers, { isEnough: () => answered(attackers, 408) >= 20, growthMb: 100 });
  });

  it('more connections than an address may have: those beyond it are closed', async () => {
    const attackers = from({
      begin: (socket) => socket.write('GET /health HTTP/1.1\r\nHost: x\r\n'),
      connections: 1_000,
      again: false,
    });
    await beside(attackers, { isEnough: () => attackers.ends.length >= 1_000, growthMb: 100 });
    expect(await refusedConnections('address')).toBeGreaterThanOrEqual(1_000 - PER_ADDRESS);
    expect(answered(attackers, 408)).toBeGreaterThan(0);
  });

  it('hundreds of requests on one connection that waits for no answer: it is closed', async () => {
    const many = 'GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500);
    const attackers = from({
      begin: (socket) => socket.write(many),
      deaf: true,
      drip: '\r\n',
      connections: 20,
    });
    const isEnough = async () => (await refusedConnections('pipelining')) >= 50;
    await beside(attackers, { isEnough, growthMb: 600 });
  });

  it('a flood of refused requests: its log is bounded, and says of how many it does not speak', async () => {
    const before = gatewayLog().length;
    const requests = [
      'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n',
      `${HEAD}Content-Length: 2\r\n\r\n{}`,
      'GET /events?color=red HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /health HTTP/1.1\r\nHost: a b\r\n\r\n',
    ];
    let next = 0;
    const ask = (socket: Socket) => void socket.write(requests[next++ % requests.length] ?? '');
    const garbage = from({ begin: (socket) => socket.write('BAD\r\n\r\n'), connections: 10 });
    const attackers = from({ begin: (socket) => ask(socket.on('data', () => ask(socket))), connections: 10 });
    const isEnough = () => leftOut(linesSince(before)) > 1_000;
    try {
      await beside(attackers, { isEnough, growthMb: 200 });
    } finally {
      garbage.stop();
    }
    // a second of the clock has parts of at most two of the limit's
    const kindsBySecond = ({ time, msg, code, kind }: LogLine) =>
      `${time.slice(0, 19)} ${msg} ${code} ${kind}`;
    for (const [which, lines] of Map.groupBy(linesSince(before), kindsBySecond)) {
      expect(lines.length, which).toBeLessThanOrEqual(22);
    }
  });

  it('clients that ask for large answers and do not read them: they are cut off', async () => {
    const payload = { text: 'x'.repeat(400_000) };
    for (const i of range(20))
      await system.publish(event({ topic: 'large', event_id: `large-${i}`, payload }));
    await system.settled();
    // counted here: the attackers would have to read all of an answer to see its end
    const openFiles = () => readdirSync(`/proc/${system.pidOf('gateway')}/fd`).length;
    const before = openFiles();
    const attackers = from({
      begin: (socket) => socket.write('GET /events?topic=large&limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n'),
      deaf: true,
      connections: 30,
    });
    const isEnough = () => {
      const cutOff = gatewayLog().match(/client does not read: cut off/g)?.length ?? 0;
      return cutOff >= 10 && openFiles() <= before + 20;
    };
    await beside(attackers, { isEnough, growthMb: 600 });
  });
});

describe('a good client is served beside bombs:', () => {
  const SPACES = Buffer.alloc(256 * MIB, ' ');
  const gzipped = (text: string) => () => gzipSync(text);
  const bombs: readonly (readonly [name: string, encoding: string, body: () => Buffer])[] = [
    ['gzip', 'gzip', () => gzipSync(SPACES, { level: 1 })],
    ['deflate', 'deflate', () => deflateSync(SPACES, { level: 1 })],
    ['brotli', 'br', () => brotliCompressSync(SPACES, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['gzip in gzip', 'gzip, gzip', () => gzipSync(gzipSync(SPACES, { level: 1 }))],
    ['five million brackets', 'gzip', gzipped(`{"events":[${'['.repeat(5_000_000)}`)],
    ['a million objects in each other', 'gzip', gzipped('{"a":'.repeat(1_000_000))],
    ['a million objects', 'gzip', gzipped(`{"events":[${'{},'.repeat(1_000_000)}{}]}`)],
  ];

  it.each(bombs)('%s', async (_name, encoding, make) => {
    const body = make();
    const head = `${HEAD}Content-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const attackers = attack({
      port,
      connections: 4,
      again: true,
      begin: (socket) => {
        socket.write(head);
        socket.end(body);
      },
    });
    await beside(attackers, { isEnough: () => attackers.ends.length >= 12, growthMb: 1_200 });
    const statuses = new Set(attackers.ends.map((line) => line.split(' ')[1] ?? 'none'));
    // none: the answer was lost with the connection, for the rest of the bomb was not taken
    expect(['400', '413', '415', '422', '503', 'none']).toEqual(expect.arrayContaining([...statuses]));
  });
});

interface LogLine {
  readonly time: string;
  readonly msg: string;
  readonly code?: string;
  readonly kind?: string;
  readonly lines?: number;
}

function gatewayLog(): string {
  return readFileSync(join(system.dataDir, 'logs/gateway.log'), 'utf8');
}

function linesSince(characters: number): LogLine[] {
  const whole = gatewayLog().slice(characters).split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as LogLine);
}

const leftOut = (log: readonly LogLine[]): number => log.reduce((sum, { lines = 0 }) => sum + lines, 0);
