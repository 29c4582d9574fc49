import { sharedSettings } from '@oncelog/service-kit';
import { type Static, Type } from '@sinclair/typebox';

/** Settings of the consumer. Variables: the names in capitals, `claimIdleMs` → `CLAIM_IDLE_MS`. */
export const consumerConfig = Type.Object({
  ...sharedSettings,
  port: Type.Integer({
    default: 8081,
    minimum: 0,
    maximum: 65_535,
    description: 'Port for health and metrics; 0 takes any free one.',
  }),
  consumerName: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9._-]{1,100}$',
      description:
        'Name in the consumer group, unique among living members; host name and process ID by default. A member that restarts under its old name goes on with its pending entries at once.',
    }),
  ),
  maxEntriesPerRead: Type.Integer({
    default: 256,
    minimum: 1,
    maximum: 10_000,
    unit: 'entries',
    description: 'Most stream entries that one statement applies.',
  }),
  maxBytesPerRead: Type.Integer({
    default: 262_144,
    minimum: 1,
    maximum: 104_857_600,
    unit: 'bytes',
    description: 'A read stops taking entries after this much.',
  }),
  blockMs: Type.Integer({
    default: 1_000,
    minimum: 1,
    maximum: 2_000,
    unit: 'ms',
    description: 'How long a read waits for a first entry. Bounds how long an idle member takes to stop.',
  }),
  lingerMs: Type.Integer({
    default: 10,
    minimum: 0,
    maximum: 100,
    unit: 'ms',
    description:
      'How long a member that has read little waits for more to apply with it. More makes fewer and larger statements, and events visible later.',
  }),
  claimIdleMs: Type.Integer({
    default: 15_000,
    minimum: 100,
    maximum: 3_600_000,
    unit: 'ms',
    description: 'Entries that another member has had for this long are taken over.',
  }),
  maintenanceIntervalMs: Type.Integer({
    default: 2_000,
    minimum: 50,
    maximum: 600_000,
    unit: 'ms',
    description: 'How often a member claims, trims, and removes the names of dead members.',
  }),
  statementTimeoutMs: Type.Integer({
    default: 20_000,
    minimum: 1_000,
    maximum: 600_000,
    unit: 'ms',
    description: 'Postgres ends a statement that takes longer; it is then tried again.',
  }),
  retryCapMs: Type.Integer({
    default: 5_000,
    minimum: 10,
    maximum: 60_000,
    unit: 'ms',
    description: 'Longest wait between two tries of what failed.',
  }),
  ledgerRetentionHours: Type.Integer({
    default: 168,
    minimum: 1,
    maximum: 876_000,
    unit: 'hours',
    description:
      'How long the ledger knows a batch: a request that is sent again later counts as a new one. Longer than any client retries and any process is frozen.',
  }),
  eventRetentionHours: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 876_000,
    unit: 'hours',
    description:
      'How long events are kept; 0 keeps them for ever. An event that is sent again after its removal is stored again. The counts stay.',
  }),
  retentionIntervalMs: Type.Integer({
    default: 60_000,
    minimum: 50,
    maximum: 86_400_000,
    unit: 'ms',
    description: 'How often a member looks for what is old enough to be removed.',
  }),
});

export type ConsumerConfig = Static<typeof consumerConfig>;
