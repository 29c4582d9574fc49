import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';

/**
 * Loaded into a service before its own code (`node --import`): writes down every module of a third party that is loaded
 * after it, by `import` and by `require`, a URL a line.
 */
const file = join(process.env['LOADED_DIR'] ?? '', process.env['CONSUMER_NAME'] ?? 'gateway');

registerHooks({
  load(url, context, nextLoad) {
    if (url.includes('/node_modules/')) appendFileSync(file, `${url}\n`);
    return nextLoad(url, context);
  },
});
