import { readMarkdown } from './markdown-files.ts';

export interface Examples {
  /** Blocks whose first line is a comment with the name of a file: `// send.mjs`. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** Blocks of shell, in order. */
  readonly commands: readonly string[];
}

/** The examples of a page that are there to be run. */
export function examplesOf(path: string): Examples {
  const blocks = [...readMarkdown(path).matchAll(/^```(js|python|sh)\n(.*?)^```$/gms)];
  const files = blocks.flatMap(([, , text = '']) => {
    const name = /^(?:\/\/|#) (\S+\.(?:mjs|py))\n/.exec(text)?.[1];
    return name === undefined ? [] : [{ name, text }];
  });
  return {
    files,
    commands: blocks.filter(([, language]) => language === 'sh').map(([, , text = '']) => text),
  };
}
