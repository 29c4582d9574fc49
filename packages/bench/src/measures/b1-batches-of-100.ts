import type { Measure } from '../measure.ts';
import { besideInserts } from './beside-inserts.ts';

const TARGET = 0.8;

export const b1: Measure = {
  id: 'B1',
  what: 'end to end, batches of 100 (limit: bare inserts)',
  target: `≥ ${TARGET}`,
  run: (context) => besideInserts(context, { batchSize: 100, target: TARGET }),
};
