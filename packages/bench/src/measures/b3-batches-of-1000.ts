import type { Measure } from '../measure.ts';
import { besideInserts } from './beside-inserts.ts';

const TARGET = 0.85;

export const b3: Measure = {
  id: 'B3',
  what: 'end to end, batches of 1,000 (limit: bare inserts)',
  target: `≥ ${TARGET}`,
  run: (context) => besideInserts(context, { batchSize: 1_000, target: TARGET }),
};
