import { expect, it, onTestFinished } from 'vitest';
import type { Registry } from './metrics.ts';
import { serveOperations } from './serve-operations.ts';

const broken = {
  contentType: 'text/plain',
  metrics: () => Promise.reject(new Error('at /home/somebody/secret.ts')),
} as unknown as Registry;

it('says nothing of its inside, and reflects nothing', async () => {
  const deps = { registry: broken, checks: {}, now: () => new Date(0) };
  const server = await serveOperations(deps, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  const answerTo = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  expect(await answerTo('/<script>')).toEqual({
    status: 404,
    text: 'not found: there are /health and /metrics\n',
  });
  const failed = await answerTo('/metrics');
  expect(failed.status).toBe(500);
  expect(failed.text).not.toMatch(/secret|serve-operations/);
});
