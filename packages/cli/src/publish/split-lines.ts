import { decode, type Piece, type Splitter, tooLong } from './pieces.ts';

const NEWLINE = 0x0a;
const BOM = '\ufeff';

/**
 * NDJSON: an event a line; empty lines are nothing, and `\r\n` is as good. A line that is longer than `maxBytes` is a fault,
 * and is not kept in memory.
 */
export function createLineSplitter(maxBytes: number): Splitter {
  let line = 1;
  let held: Buffer[] = [];
  let heldBytes = 0;

  const take = (part: Buffer): void => {
    heldBytes += part.length;
    if (heldBytes > maxBytes) held = [];
    else if (part.length > 0) held.push(part);
  };

  const finish = (pieces: Piece[]): void => {
    if (heldBytes > maxBytes) pieces.push({ line, fault: tooLong(maxBytes) });
    else if (held.length > 0) addLine(pieces, decode(line, held));
    line++;
    held = [];
    heldBytes = 0;
  };

  return {
    push(chunk) {
      const pieces: Piece[] = [];
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
        take(chunk.subarray(from, at));
        finish(pieces);
        from = at + 1;
      }
      take(chunk.subarray(from));
      return pieces;
    },
    end() {
      const pieces: Piece[] = [];
      finish(pieces);
      return pieces;
    },
  };
}

function addLine(pieces: Piece[], piece: Piece): void {
  if ('fault' in piece) {
    pieces.push(piece);
    return;
  }
  const { line } = piece;
  const text = line === 1 && piece.text.startsWith(BOM) ? piece.text.slice(1) : piece.text;
  if (text.trim() !== '') pieces.push({ line, text });
}
