import type { Answer, Ask } from './messages.ts';

/** A clock that all processes of this machine share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** CPU that this process has used. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Answers the parent's questions, one at a time; ends when the parent does. */
export function serve(tasks: Readonly<Record<string, (input: never) => unknown>>): void {
  process.on('message', async ({ id, task, input }: Ask) => {
    let answer: Answer;
    try {
      answer = { id, result: await tasks[task]?.(input as never) };
    } catch (error) {
      answer = { id, problem: (error as Error).stack ?? String(error) };
    }
    process.send?.(answer);
  });
  process.once('disconnect', () => process.exit());
  // the parent ends us: a Ctrl-C in the terminal reaches us both
  process.on('SIGINT', () => {});
}
