import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { probeRedis } from '../redis/probe.ts';
import { testPostgresUrl, testRedisUrl } from './index.ts';

it('provides a Redis that answers', async () => {
  expect(await probeRedis(testRedisUrl())).toEqual({ outcome: 'ready' });
});

it('provides a Postgres that listens', async () => {
  const { hostname, port } = new URL(testPostgresUrl());
  const connected = new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => resolve(socket.destroy()));
    socket.once('error', reject);
  });
  await expect(connected).resolves.toBeDefined();
});
