import { decode, type Piece, type Splitter, tooLong } from './pieces.ts';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const BOM = [0xef, 0xbb, 0xbf];

/** How a document that holds events begins, without blanks. */
const HEADS = ['[', '{"events":['];

/**
 * JSON documents, one behind the other: a list of events, an object whose first member is `events`, or an event, over as many
 * lines as they like. Events are given out one by one; no document is held as a whole.
 *
 *   head ──"[" or {"events":[──▶ list ──value──▶ element ──, or ]──▶ list ──]──▶ rest ──}──▶ head
 *    └──any other {──▶ element, which is a document of its own ──▶ head
 */
export function createDocumentSplitter(maxBytes: number): Splitter {
  let state: 'head' | 'list' | 'element' | 'rest' = 'head';
  let line = 1;
  let isFirstChunk = true;
  /** The document's beginning without blanks, until it is known what it is. */
  let head = '';
  let headLine = 1;
  /** Whether the list is a member of an object. */
  let isEnvelope = false;
  let element = emptyElement(1);

  const begin = (at: { line: number; inList: boolean }): void => {
    state = 'element';
    element = emptyElement(at.line, at.inList);
  };

  const finish = (pieces: Piece[]): void => {
    if (element.bytes > maxBytes) pieces.push({ line: element.line, fault: tooLong(maxBytes) });
    else pieces.push(decode(element.line, element.parts));
    state = element.inList ? 'list' : 'head';
  };

  const closeList = (): void => {
    state = isEnvelope ? 'rest' : 'head';
    element = emptyElement(line);
  };

  const scanHead = (byte: number, pieces: Piece[]): void => {
    const isInString = head.split('"').length % 2 === 0;
    if (isBlank(byte) && !isInString) return;
    if (head === '') headLine = line;
    head += String.fromCharCode(byte);
    if (HEADS.includes(head)) {
      isEnvelope = head.startsWith('{');
      state = 'list';
      head = '';
    } else if (!HEADS.some((one) => one.startsWith(head))) {
      const begun = Buffer.from(head, 'latin1');
      head = '';
      begin({ line: headLine, inList: false });
      keep(element, begun, maxBytes);
      const ends = begun.map((one) => Number(scanElement(element, one) !== undefined));
      if (ends.at(-1) === 1) finish(pieces); // as {} does
    }
  };

  /** What stands behind the events of an object is none of ours. */
  const scanRest = (byte: number): void => {
    if (element.depth === 0 && !element.inString && isClosing(byte)) state = 'head';
    else scanElement(element, byte);
  };

  return {
    push(chunk) {
      const pieces: Piece[] = [];
      /** Where what belongs to the element begins. */
      let from = isFirstChunk && BOM.every((byte, index) => chunk[index] === byte) ? BOM.length : 0;
      isFirstChunk = false;
      for (let at = from; at < chunk.length; at++) {
        const byte = chunk[at] as number;
        if (state === 'list' && !isBlank(byte) && byte !== COMMA && !isClosing(byte)) {
          begin({ line, inList: true });
          from = at;
        }
        if (state === 'element') {
          const ended = scanElement(element, byte);
          if (ended !== undefined) {
            keep(element, chunk.subarray(from, ended === 'before' ? at : at + 1), maxBytes);
            finish(pieces);
            if (element.inList && isClosing(byte)) closeList();
          }
        } else if (state === 'rest') scanRest(byte);
        else if (state === 'head') {
          scanHead(byte, pieces);
          from = at + 1;
        } else if (isClosing(byte)) closeList();
        if (byte === NEWLINE) line++;
      }
      if (state === 'element') keep(element, chunk.subarray(from), maxBytes);
      return pieces;
    },
    end() {
      if (state === 'head' && head === '') return [];
      if (state !== 'element') return [{ line, fault: 'the document ends before it is complete' }];
      if (element.inList || element.depth > 0 || element.inString) {
        return [{ line: element.line, fault: 'the document ends in the middle of it' }];
      }
      const pieces: Piece[] = [];
      finish(pieces);
      return pieces;
    },
  };
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
const isOpening = (byte: number): boolean => byte === 0x5b || byte === 0x7b; // [ {
const isClosing = (byte: number): boolean => byte === 0x5d || byte === 0x7d; // ] }

interface Element {
  readonly line: number;
  /** Whether it stands in a list of events; else it is a document of its own. */
  readonly inList: boolean;
  depth: number;
  inString: boolean;
  isEscaped: boolean;
  parts: Buffer[];
  bytes: number;
}

function emptyElement(line: number, inList = false): Element {
  return { line, inList, depth: 0, inString: false, isEscaped: false, parts: [], bytes: 0 };
}

/** @returns whether the element has ended before this byte, or with it */
function scanElement(element: Element, byte: number): 'before' | 'with' | undefined {
  if (element.inString) {
    if (element.isEscaped) element.isEscaped = false;
    else if (byte === BACKSLASH) element.isEscaped = true;
    else if (byte === QUOTE) element.inString = false;
    return undefined;
  }
  if (byte === QUOTE) element.inString = true;
  else if (isOpening(byte)) element.depth++;
  else if (isClosing(byte)) {
    if (element.depth === 0) return element.inList ? 'before' : undefined;
    element.depth--;
    if (element.depth === 0 && !element.inList) return 'with';
  } else if (element.depth === 0 && (element.inList ? byte === COMMA : byte === NEWLINE)) return 'before';
  return undefined;
}

function keep(element: Element, part: Buffer, maxBytes: number): void {
  element.bytes += part.length;
  if (element.bytes > maxBytes) element.parts = [];
  else element.parts.push(part);
}
