import type { Measure } from '../measure.ts';
import { b1 } from './b1-batches-of-100.ts';
import { b2 } from './b2-single-events.ts';
import { b3 } from './b3-batches-of-1000.ts';
import { b4 } from './b4-publish-latency.ts';
import { b5 } from './b5-freshness.ts';
import { b6 } from './b6-stored-events.ts';
import { b7 } from './b7-queries.ts';
import { b8 } from './b8-memory.ts';
import { b9 } from './b9-consumers.ts';
import { b10 } from './b10-cpu.ts';

export const ALL_MEASURES: readonly Measure[] = [b1, b2, b3, b4, b5, b6, b7, b8, b9, b10];
