/**
 * A place in the code where a test can make the process die or stall, to widen windows that a random kill rarely
 * hits. Does nothing unless the service was started with FAIL_POINTS.
 */
export type FailPoint = (name: string) => Promise<void>;

export const noFailPoints: FailPoint = async () => {};

interface Action {
  readonly kind: 'kill' | 'pause';
  /** Only at this passage, from 1; undefined at every one. */
  readonly passage: number | undefined;
  readonly ms: number;
}

const PLACE = '(after-append|before-read|after-read|in-statement|after-commit|after-acknowledge)';
const ONE = `${PLACE}=(kill|pause:\\d{1,6})(@[1-9]\\d{0,6})?`;
/** What FAIL_POINTS may be; a name that no service passes would make a test that cannot fail. */
export const FAIL_POINTS_PATTERN = `^${ONE}(,${ONE})*$`;

const ACTION = /^(?<name>[a-z-]+)=(?:(?<kill>kill)|pause:(?<ms>\d{1,6}))(?:@(?<passage>[1-9]\d{0,6}))?$/;

/**
 * Reads `after-commit=kill`, `after-read=pause:500@3`, or several of them with commas between: SIGKILL to the own
 * process, or a pause in milliseconds, at every passage or at the third one.
 *
 * @throws {TypeError} where the text is none of these
 */
export function createFailPoints(text: string | undefined, killSelf: () => void): FailPoint {
  if (text === undefined) return noFailPoints;
  const actions = new Map(text.split(',').map(parseAction));
  const passages = new Map<string, number>();
  return async (name) => {
    const action = actions.get(name);
    if (action === undefined) return;
    const passage = (passages.get(name) ?? 0) + 1;
    passages.set(name, passage);
    if (action.passage !== undefined && action.passage !== passage) return;
    if (action.kind === 'kill') {
      await new Promise(setImmediate); // what was just sent has left the process: a statement is under way
      killSelf();
    }
    // also after killSelf: the signal arrives a moment later, and nothing may happen in between
    await new Promise((resolve) => setTimeout(resolve, action.kind === 'kill' ? 60_000 : action.ms));
  };
}

function parseAction(text: string): [string, Action] {
  const { name, kill, ms, passage } = ACTION.exec(text)?.groups ?? {};
  if (name === undefined) throw new TypeError(`FAIL_POINTS: cannot read ${JSON.stringify(text)}`);
  const kind = kill === undefined ? 'pause' : 'kill';
  return [name, { kind, ms: Number(ms ?? 0), passage: passage === undefined ? undefined : Number(passage) }];
}
