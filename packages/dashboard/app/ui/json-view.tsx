import { useMemo } from 'preact/hooks';
import { type Piece, prettyPieces } from '../lib/raw-json.ts';
import { Scroller } from './scroller.tsx';

/** Beyond this colours cost more than they are worth; a payload may have megabytes. */
const MAX_COLOURED = 100_000;
const MAX_SHOWN = 1_000_000;

interface JsonViewProps {
  /** JSON, or what should have been. */
  readonly text: string;
  readonly label: string;
  readonly testId: string;
}

/** JSON laid out and coloured, digit by digit as it is. What is no JSON is shown as it is. */
export function JsonView({ text, label, testId }: JsonViewProps) {
  const pieces = useMemo(() => piecesOf(text), [text]);
  return (
    <>
      <Scroller class="json" label={label}>
        <pre>
          <code data-testid={testId}>
            {pieces.map(({ kind, text: piece }) =>
              kind === 'plain' ? piece : <span class={`json-${kind}`}>{piece}</span>,
            )}
          </code>
        </pre>
      </Scroller>
      {text.length > MAX_SHOWN && (
        <p class="muted small">It is long: this is its beginning. What is copied is the whole.</p>
      )}
    </>
  );
}

function piecesOf(text: string): readonly Piece[] {
  if (text.length > MAX_COLOURED) return [{ kind: 'plain', text: text.slice(0, MAX_SHOWN) }];
  try {
    return prettyPieces(text);
  } catch {
    return [{ kind: 'plain', text }];
  }
}
