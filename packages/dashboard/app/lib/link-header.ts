/** The target of `rel="next"` of a Link header (RFC 8288) as our gateway writes it; undefined on the last page. */
export function nextOf(header: string | null): string | undefined {
  return header?.match(/<([^>]*)>\s*;\s*rel="?next"?/)?.[1];
}
