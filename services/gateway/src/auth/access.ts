import type { Scope } from '@oncelog/event-schema';

/** Who may use an operation, while this gateway asks for keys. */
export type Access =
  /** Everybody, with a key or without. */
  | 'open'
  | {
      /** Any one of these is enough, and `admin` is enough for all. */
      readonly scopes: readonly [Scope, ...Scope[]];
      /**
       * What a key that is limited to topics may do here. Nothing where it is left out: what is answered speaks of all
       * topics. `events`: publish those of its topics. `query`: ask with `topic` parameters that are its topics. `all`: as
       * others.
       */
      readonly limited?: 'events' | 'query' | 'all';
    };

// What operations have in common, for the tables.

export const READ = { scopes: ['read'] } as const satisfies Access;
export const READ_TOPICS = { scopes: ['read'], limited: 'query' } as const satisfies Access;
export const PUBLISH = { scopes: ['publish'], limited: 'events' } as const satisfies Access;
/** What became of a batch, whose ID nobody knows but who has published it. */
export const OWN_BATCHES = { scopes: ['publish', 'read'], limited: 'all' } as const satisfies Access;
export const ADMIN = { scopes: ['admin'] } as const satisfies Access;
/** Who has any key at all. */
export const ANY_KEY = { scopes: ['publish', 'read', 'admin'], limited: 'all' } as const satisfies Access;

/** Whether every key will do. (There is none without a scope.) */
export function isForAnyKey({ scopes, limited }: Exclude<Access, 'open'>): boolean {
  return limited === 'all' && scopes.includes('publish') && scopes.includes('read');
}
