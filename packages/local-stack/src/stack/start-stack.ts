import { builtEntries, type Entries } from './services.ts';
import { createStack, type Stack } from './stack.ts';

export interface StartStackOptions {
  /** Everything the stack keeps; a temporary folder for a test. */
  readonly dataDir: string;
  /** Of the gateway. Default: any free port. */
  readonly port?: number;
  /** Default 4. */
  readonly consumers?: number;
  /** Servers to use instead of embedded ones. */
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  /** The services have users of their own in these servers too; see StackConfig. */
  readonly ownUsers?: boolean;
  /** More users of an own Redis, as lines of its list. */
  readonly redisUsers?: readonly string[];
  /** Other programs than the compiled services. */
  readonly entries?: Partial<Entries>;
  /** Settings of the services: `CLAIM_IDLE_MS`. */
  readonly serviceEnv?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
}

/** Starts a whole stack for a test or a benchmark; the services log to `<dataDir>/logs`. Stop it with `stop()`. */
export async function startStack(options: StartStackOptions): Promise<Stack> {
  const {
    dataDir,
    port = 0,
    consumers = 4,
    databaseUrl,
    redisUrl,
    ownUsers = false,
    redisUsers = [],
    entries,
    serviceEnv = {},
    log = () => {},
  } = options;
  const stack = createStack(
    { log },
    {
      settings: {
        dataDir,
        host: '127.0.0.1',
        port,
        consumers,
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
        ...(redisUrl === undefined ? {} : { redisUrl }),
      },
      entries: { ...builtEntries, ...entries },
      serviceLogs: 'files',
      serviceEnv,
      ownUsers,
      redisUsers,
    },
  );
  await stack.start();
  return stack;
}
