import { concerns } from '../../data/live.ts';
import { hrefOf } from '../../data/router.ts';
import { routeTo } from '../../lib/url-state.ts';
import { Icon } from '../../ui/icons.tsx';
import { Badge, Skeleton } from '../../ui/parts.tsx';

const SHOWN = 3;

/** What a person should look at, the worst first; or that there is nothing. */
export function Attention() {
  const all = concerns.value;
  if (all === undefined) return <Skeleton width="6rem" />;
  if (all.length === 0) return <Badge tone="good">All clear</Badge>;
  const more = all.length - SHOWN;
  return (
    <ul class="attention" aria-label="Needs attention" data-testid="attention">
      {all.slice(0, SHOWN).map(({ severity, text, view }) => (
        <li key={text}>
          <a class={`badge ${severity}`} href={hrefOf(routeTo(view))}>
            <Icon name="alert" size={13} />
            {text}
          </a>
        </li>
      ))}
      {more > 0 && (
        <li>
          <a class="badge quiet" href={hrefOf(routeTo('system'))}>
            {more} more
          </a>
        </li>
      )}
    </ul>
  );
}
