/**
 * Loaded into a service before its own code (`node --import`): the wall clock jumps an hour back and forth with
 * every look at it. `performance.now()` and timers run on, as they do when a real clock is set.
 */
const HOUR_MS = 3_600_000;
const RealDate = Date;
let looks = 0;
const now = () => RealDate.now() - (looks++ % 3) * HOUR_MS;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
