import { isUtf8 } from 'node:buffer';
import { parseJson } from '@oncelog/event-schema';
import { Problem } from '../problem.ts';

/** The media types whose data stands in the JSON format as it is: those that are JSON themselves. */
const JSON_DATA = /^[^/;\s]+\/(?:json|[^/;\s]+\+json)\s*(?:;|$)/i;
const TEXT = /^text\//i;
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;
const UTF8 = /^(?:utf-?8|us-ascii)$/i;

/**
 * The member of a CloudEvent in the JSON format that holds its data, with nothing lost: JSON byte for byte, text as a string,
 * all else as Base64.
 *
 * @param type the Content-Type
 * @returns undefined where there is no data
 * @throws {Problem} 400 where the type is JSON, and the data is not
 */
export function dataMember(body: Buffer, type: string | undefined): Buffer | undefined {
  if (body.length === 0) return undefined;
  const charset = type === undefined ? undefined : CHARSET.exec(type)?.[1];
  const isUnicode = charset === undefined || UTF8.test(charset);
  if (type !== undefined && isUnicode && JSON_DATA.test(type)) {
    return Buffer.concat([Buffer.from('"data":'), checkedJson(body)]);
  }
  // jsonb has no U+0000
  const isText = type !== undefined && isUnicode && TEXT.test(type) && isUtf8(body) && !body.includes(0);
  if (isText) return Buffer.from(`"data":${JSON.stringify(body.toString('utf8'))}`);
  return Buffer.from(`"data_base64":"${body.toString('base64')}"`);
}

function checkedJson(body: Buffer): Buffer {
  const parsed = parseJson(body);
  if (parsed.outcome === 'parsed') return body;
  const errors = [{ pointer: '', rule: 'json', detail: 'The Content-Type says that it is JSON.' }];
  throw new Problem('malformed-json', { detail: parsed.detail, errors });
}
