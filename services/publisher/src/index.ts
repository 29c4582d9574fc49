export { type PublisherConfig, PublisherSchema } from './config.ts';
export { eventAt, type RunIdentity } from './generate/event.ts';
export { createPlan, indicesOfBatch, type Plan, type PlanInput } from './generate/plan.ts';
export { chance, integer, pick, type Random, randomAt } from './generate/random.ts';
export { createPublisher, type Publisher, type PublisherDeps, type RandomSource } from './publisher.ts';
export { type Report, resultLine } from './report/report.ts';
export type { Reporter } from './report/reporter.ts';
export type { Clock } from './run/clock.ts';
