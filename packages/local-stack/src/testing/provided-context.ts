declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser's URL of an empty database; every test file makes a schema of its own in it. */
    postgresUrl: string;
    /** Every test file uses a stream prefix of its own. */
    redisUrl: string;
  }
}

export {};
