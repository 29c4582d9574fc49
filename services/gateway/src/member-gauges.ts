import type { StreamWriter } from '@oncelog/event-stream';
import { Gauge, type Registry } from '@oncelog/service-kit';
import { consumerStates } from './live/consumer-states.ts';

export interface MemberGaugesDeps {
  readonly registry: Registry;
  readonly stream: Pick<StreamWriter, 'members'>;
}

const STATES = ['active', 'idle', 'silent'] as const;

/**
 * How many members of the consumer group are in each state, as `GET /consumers` has it. Read when it is asked for; absent
 * while Redis does not answer.
 */
export function registerMemberGauges(
  { registry, stream }: MemberGaugesDeps,
  { shards }: { readonly shards: number },
): void {
  const gauge: Gauge = new Gauge({
    name: 'oncelog_stream_members',
    help: 'Consumers of a shard by state: active, idle, or silent, which is not heard of for 10 s.',
    labelNames: ['shard', 'state'],
    registers: [registry],
    collect: async () => {
      const members = await stream.members().then(consumerStates, () => undefined);
      gauge.reset();
      if (members === undefined) return;
      for (let shard = 0; shard < shards; shard += 1) {
        for (const state of STATES) {
          gauge.set(
            { shard, state },
            members.filter((one) => one.shard === shard && one.state === state).length,
          );
        }
      }
    },
  });
}
