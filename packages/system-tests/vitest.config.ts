import { availableParallelism } from 'node:os';
import { suite } from '../../vitest.shared.ts';

// Half of the time of a test here is waiting: at least two files run side by side.
export default suite({ maxWorkers: Math.max(2, availableParallelism() - 1) });
