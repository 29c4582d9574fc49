import type { DeadLetterSummary } from '@oncelog/event-schema';
import { hrefOf } from '../../data/router.ts';
import { formatBytes } from '../../lib/format.ts';
import type { DeadLettersRoute } from '../../lib/url-state.ts';
import { Badge, Skeleton, Time } from '../../ui/parts.tsx';
import { Scroller } from '../../ui/scroller.tsx';
import type { LetterList } from './letter-list.ts';

export function LettersTable({
  list,
  shown,
}: {
  readonly list: LetterList;
  readonly shown: DeadLettersRoute;
}) {
  const isLoading = list.phase.value === 'loading';
  const letters = list.letters.value;
  return (
    <Scroller
      label="Dead letters, scrollable"
      sideways
      busy={isLoading}
      testId={isLoading ? 'letters-loading' : undefined}
    >
      <table class="letters-table" aria-busy={isLoading}>
        <caption class="visually-hidden">Dead letters</caption>
        <thead>
          <tr>
            <th scope="col">Letter</th>
            <th scope="col">State</th>
            <th scope="col">Code</th>
            <th scope="col">Reason</th>
            <th scope="col">Original</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col">Buried</th>
          </tr>
        </thead>
        <tbody>
          {isLoading && letters.length === 0 && <SkeletonRows />}
          {letters.map((letter) => (
            <Row key={letter.id} letter={letter} shown={shown} />
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

function Row({ letter, shown }: { readonly letter: DeadLetterSummary; readonly shown: DeadLettersRoute }) {
  const isReplayed = letter.replayed_at !== null;
  const isOpen = shown.letter === letter.id;
  return (
    <tr
      class={`linked ${isOpen ? 'open' : ''}`}
      data-testid="letter-row"
      data-id={letter.id}
      data-state={isReplayed ? 'replayed' : 'open'}
    >
      <th scope="row" class="mono">
        <a
          class="row-link"
          href={hrefOf({ ...shown, letter: letter.id })}
          aria-current={isOpen ? 'true' : undefined}
        >
          #{letter.id}
        </a>
      </th>
      <td>
        <LetterState isReplayed={isReplayed} />
      </td>
      <td class="mono">{letter.code}</td>
      <td class="reason" title={letter.reason}>
        {letter.reason}
      </td>
      <td class="mono payload">{letter.original_preview}</td>
      <td class="number">{formatBytes(letter.original_bytes)}</td>
      <td>
        <Time at={letter.created_at} />
      </td>
    </tr>
  );
}

export function LetterState({ isReplayed }: { readonly isReplayed: boolean }) {
  return isReplayed ? (
    <Badge tone="quiet" icon="replay">
      Replayed
    </Badge>
  ) : (
    <Badge tone="warn">Open</Badge>
  );
}

const WIDTHS = ['4ch', '7ch', '6ch', '24ch', '20ch', '5ch', '9ch'];

function SkeletonRows() {
  return [1, 2, 3, 4, 5, 6].map((row) => (
    <tr key={row}>
      {WIDTHS.map((width) => (
        <td key={width}>
          <Skeleton width={width} />
        </td>
      ))}
    </tr>
  ));
}
