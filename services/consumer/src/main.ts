import { hostname } from 'node:os';
import { createFailPoints, runService } from '@oncelog/service-kit';
import { consumerConfig } from './config.ts';
import { startConsumer } from './service.ts';
import { VERSION } from './version.ts';

await runService({
  name: 'consumer',
  version: VERSION,
  schema: consumerConfig,
  process,
  start: async ({ config, log, tracer, opened, fail }) => {
    const failPoint = createFailPoints(config.failPoints, () => process.kill(process.pid, 'SIGKILL'));
    const deps = { log, tracer, opened, fail, now: () => new Date(), random: Math.random, failPoint };
    await startConsumer({ ...deps, defaultName: `${hostname()}-${process.pid}` }, config);
  },
});
