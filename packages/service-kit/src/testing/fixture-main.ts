import { Type } from '@sinclair/typebox';
import { runService } from '../run-service.ts';
import { sharedSettings } from '../settings.ts';

/** A service that tests run as a process: what it opens, how it fails and how long it takes to stop is set. */
await runService({
  name: 'fixture',
  schema: Type.Object({
    logLevel: sharedSettings.logLevel,
    port: Type.Integer({ default: 0, description: 'A number.' }),
    mode: Type.String({ default: 'fine', description: 'What happens.' }),
  }),
  process,
  start: async ({ config, log, opened, tracer }) => {
    const alive = setInterval(() => {}, 1_000);
    opened.defer(() => clearInterval(alive));
    opened.defer(() => log.info('closed first'));
    opened.defer(async () => {
      log.info('closed last');
      if (config.mode === 'hang') await new Promise(() => {});
    });
    if (config.mode === 'throw') throw new Error('cannot start');
    if (config.mode === 'trace') tracer.startSpan('work', { kind: 'server' }).end();
    log.info('started');
    if (config.mode === 'reject') void Promise.reject(new Error('nobody waits for this'));
  },
});
