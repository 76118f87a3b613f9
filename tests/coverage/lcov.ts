/** Reads what `deno coverage --lcov` says: which lines of which files ran. */

/** Lines of one file that can run, and that did. */
export interface Covered {
  /** Path as the profile has it. */
  readonly file: string;
  readonly lines: number;
  readonly ran: number;
  /** Numbers of the lines that did not run, from 1. */
  readonly missed: readonly number[];
}

/** One entry a file, in the order of the report. */
export function parseLcov(text: string): Covered[] {
  return text.split("end_of_record").flatMap((record) => {
    const file = /^SF:(.+)$/m.exec(record)?.[1];
    if (file === undefined) return [];
    const lines = [...record.matchAll(/^DA:(\d+),(\d+)/gm)].map((
      [, line, hits],
    ) => [Number(line), Number(hits)]);
    const missed = lines.filter(([, hits]) => hits === 0).map(([line]) => line!);
    return [{ file, lines: lines.length, ran: lines.length - missed.length, missed }];
  });
}

/** Share of all lines that ran, 0..1; 0 when there are none. */
export function ranShare(files: readonly Covered[]): number {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  return lines === 0 ? 0 : files.reduce((sum, file) => sum + file.ran, 0) / lines;
}

/** Numbers as ranges: `3-5, 9`. */
export function ranges(numbers: readonly number[]): string {
  const spans: [first: number, last: number][] = [];
  for (const number of numbers) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else spans.push([number, number]);
  }
  return spans.map(([first, last]) => first === last ? `${first}` : `${first}-${last}`).join(", ");
}
