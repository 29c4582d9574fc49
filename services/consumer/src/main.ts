import { hostname } from 'node:os';
import { createFailPoints, runService } from '@oncelog/service-kit';
import { consumerConfig } from './config.ts';
import { startConsumer } from './service.ts';

await runService({
  name: 'consumer',
  schema: consumerConfig,
  process,
  start: async ({ config, log, opened, fail }) => {
    const failPoint = createFailPoints(config.failPoints, () => process.kill(process.pid, 'SIGKILL'));
    const deps = { log, opened, fail, now: () => new Date(), random: Math.random, failPoint };
    await startConsumer({ ...deps, defaultName: `${hostname()}-${process.pid}` }, config);
  },
});
