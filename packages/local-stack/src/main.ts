import { runMain } from './run-main.ts';
import { builtEntries, sourceEntries } from './stack/services.ts';

await runMain(process, { built: builtEntries, source: sourceEntries });
