import { status } from '../../data/live.ts';
import { Badge, Card, Skeleton } from '../../ui/parts.tsx';

const PARTS = [
  { key: 'database', name: 'Postgres', keeps: 'The store' },
  { key: 'redis', name: 'Redis', keeps: 'The stream' },
] as const;

/** What everything stands on. */
export function HealthCard() {
  return (
    <Card title="Dependencies" class="health">
      <ul class="rows side-by-side">
        {PARTS.map(({ key, name, keeps }) => {
          const said = status.value?.health[key];
          const state = said === undefined ? 'unknown' : said === 'connected' ? 'connected' : 'error';
          return (
            <li key={key} data-testid={`health-${key}`} data-state={state}>
              <div>
                <p class="row-title">{name}</p>
                <p class="muted small one-line" title={state === 'error' ? said : undefined}>
                  {state === 'error' ? said?.replace(/^error: /, '') : keeps}
                </p>
              </div>
              {state === 'unknown' && <Skeleton width="6rem" />}
              {state === 'connected' && <Badge tone="good">Connected</Badge>}
              {state === 'error' && <Badge tone="bad">Away</Badge>}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
