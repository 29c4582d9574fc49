import { expect, it } from 'vitest';
import { checkHealth } from './health.ts';

const failing = (error: object) => () =>
  Promise.reject(Object.assign(new Error('password=secret host=10.0.0.1'), error));

it('reports each dependency', async () => {
  expect(await checkHealth({ database: async () => {}, redis: async () => {} })).toEqual({
    healthy: true,
    states: { database: 'connected', redis: 'connected' },
  });
});

it.each([
  [{ code: 'ECONNREFUSED' }, 'error: connection refused'],
  [{ code: 'ENOTFOUND' }, 'error: host not found'],
  [{ code: 'CONNECT_TIMEOUT' }, 'error: timed out'],
  [{ errors: [{ code: 'ECONNREFUSED' }] }, 'error: connection refused'],
  [{ cause: { code: 'ECONNREFUSED' } }, 'error: connection refused'],
  [{ code: '28P01' }, 'error: not available'],
])('says why in words that give nothing away: %j', async (error, state) => {
  const report = await checkHealth({ database: failing(error), redis: async () => {} });
  expect(report).toEqual({ healthy: false, states: { database: state, redis: 'connected' } });
});

it('does not wait for one that never answers', async () => {
  const report = await checkHealth({ redis: () => new Promise(() => {}) });
  expect(report.states).toEqual({ redis: 'error: timed out' });
});
