import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredEvent } from '@oncelog/event-schema';
import { findProgram } from '@oncelog/local-stack';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { examplesOf } from './docs/examples.ts';
import { repositoryRoot } from './docs/markdown-files.ts';
import { type OutsideProject, outsideProject } from './sdk/outside-project.ts';
import { openSystem, type System } from './testing/system.ts';

// What a new user does: docs/sending.md, word for word, in an empty project, with the packages as they would be published.

const examples = examplesOf('docs/sending.md');

let system: System;
let project: OutsideProject;
beforeAll(async () => {
  system = await openSystem({ consumers: 2 });
  project = await outsideProject(['client', 'pino-transport'], ['pino', 'cloudevents']);
  // where `npx oncelog` finds it in a checkout
  mkdirSync(join(project.folder, 'node_modules/.bin'), { recursive: true });
  symlinkSync(
    join(repositoryRoot, 'packages/cli/bin/oncelog.mjs'),
    join(project.folder, 'node_modules/.bin/oncelog'),
  );
  for (const { name, text } of examples.files) project.write(name, here(text));
}, 300_000);
afterAll(async () => {
  project?.close();
  await system?.close();
});

const here = (text: string) => text.replaceAll('http://127.0.0.1:8080', system.stack.url);

const shell = async (script: string) =>
  (await project.run('bash', ['-euo', 'pipefail', '-c', script])).stdout;

/** Every example once; without Python on the machine, curl sends what `send.py` would. */
async function sendAll() {
  const before = await system.settled();
  for (const command of examples.commands) await shell(here(command));
  await shell(
    findProgram('python3', process.env['PATH'] ?? '') === undefined ? insteadOfPython() : 'python3 send.py',
  );
  const after = await system.settled();
  return {
    received: after.received - before.received,
    unique: after.unique_processed - before.unique_processed,
    duplicate: after.duplicate_dropped - before.duplicate_dropped,
    deadLettered: after.dead_lettered - before.dead_lettered,
  };
}

function insteadOfPython(): string {
  const event = { topic: 'trainings', event_id: 'run-7', timestamp: '2026-01-31T12:00:00Z' };
  const body = JSON.stringify({ events: [{ ...event, source: 'gpu-1', payload: { loss: 0.25 } }] });
  const headers = `-H 'Content-Type: application/json' -H 'Idempotency-Key: run-7'`;
  return `curl -sS --fail-with-body ${system.stack.url}/publish ${headers} -d '${body}'`;
}

/** What the page sends, besides the line of pino's log: its topic, its id, and what its payload contains. */
const SENT: readonly (readonly [topic: string, eventId: string, contains: object])[] = [
  ['deploys', 'deploy-1', { version: '1.4.2' }],
  ['deploys', 'deploy-2', { version: '1.4.3' }],
  ['backups', '2026-01-31', { ok: true }],
  ['orders', 'order-1', { total: 12.5 }],
  ['orders', 'order-2', {}],
  ['readings', 's1-0900', { celsius: 19.5 }],
  ['readings', 's1-1000', { celsius: 20 }],
  ['com.example.invoice.paid', '/billing inv-1', { specversion: '1.0', data: { total: 12.5 } }],
  ['com.example.invoice.paid', '/billing inv-2', { specversion: '1.0', data: { total: 80 } }],
  ['trainings', 'run-7', { loss: 0.25 }],
];

async function find(query: Record<string, string>): Promise<StoredEvent[]> {
  return system.events(`?${new URLSearchParams(query)}`);
}

it('runs every example of the page, and finds what they have sent', async () => {
  expect(examples.files.map(({ name }) => name)).toEqual(['send.mjs', 'log.mjs', 'cloud.mjs', 'send.py']);
  // the file of readings goes twice: by the command line, and by curl
  expect(await sendAll()).toEqual({ received: 13, unique: 11, duplicate: 2, deadLettered: 0 });

  for (const [topic, event_id, contains] of SENT) {
    const found = await find({ topic, event_id, contains: JSON.stringify(contains) });
    expect(found, event_id).toHaveLength(1);
  }
  const [logged] = await find({ topic: 'logs', source: 'shop' });
  expect(logged?.payload).toMatchObject({ level: 30, msg: 'order paid', order: 'order-1', attempt: 2 });
  const orders = await (await system.get('/events?event_id=order-2')).text();
  expect(orders).toContain('"total": 9007199254740993');
}, 300_000);

it('counts the same events as duplicates when they are sent again', async () => {
  // The requests with an Idempotency-Key (the backup, the readings by curl, the training) are no new ones at all; the line of
  // the log is a new one.
  expect(await sendAll()).toEqual({ received: 9, unique: 1, duplicate: 8, deadLettered: 0 });
  expect(await find({ topic: 'logs' })).toHaveLength(2);
}, 300_000);
