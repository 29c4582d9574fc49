import { randomBytes, randomUUID } from 'node:crypto';
import { createFailPoints, runService } from '@oncelog/service-kit';
import { v7 as uuidv7 } from 'uuid';
import { configProblems, gatewayConfig } from './config.ts';
import { startGateway } from './service.ts';
import { VERSION } from './version.ts';

await runService({
  name: 'gateway',
  version: VERSION,
  schema: gatewayConfig,
  problems: configProblems,
  process,
  start: async ({ config, log, opened, tracer }) => {
    const now = () => new Date();
    const failPoint = createFailPoints(config.failPoints, () => process.kill(process.pid, 'SIGKILL'));
    await startGateway(
      {
        log,
        opened,
        now,
        random: Math.random,
        newBatchId: uuidv7,
        newRequestId: randomUUID,
        newSecret: () => randomBytes(32).toString('base64'),
        failPoint,
        tracer,
      },
      config,
    );
  },
});
