/** So much of the end is always there: it is where ids differ. */
const END_CHARACTERS = 10;

/** A text that is cut in its middle where there is no room. Whoever reads it aloud must be told the whole. */
export function MiddleCut({ text }: { readonly text: string }) {
  if (text.length <= END_CHARACTERS + 4) return <>{text}</>;
  return (
    <span class="middle-cut">
      <span>{text.slice(0, -END_CHARACTERS)}</span>
      <span>{text.slice(-END_CHARACTERS)}</span>
    </span>
  );
}
