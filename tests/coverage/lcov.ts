/** Reads what `deno coverage --lcov` says: which lines, functions and branches of which files ran. */

/** How many there are, and how many ran. */
export interface Share {
  readonly all: number;
  readonly ran: number;
}

/** What of one file can run, and what did. */
export interface Covered {
  /** Path as the profile has it. */
  readonly file: string;
  readonly lines: Share;
  readonly functions: Share;
  readonly branches: Share;
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
    const count = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(record)?.[1] ?? 0);
    return [{
      file,
      lines: { all: lines.length, ran: lines.length - missed.length },
      functions: { all: count("FNF"), ran: count("FNH") },
      branches: { all: count("BRF"), ran: count("BRH") },
      missed,
    }];
  });
}

/** All of some shares together. */
export function together(shares: readonly Share[]): Share {
  const sum = (of: (share: Share) => number) => shares.reduce((before, share) => before + of(share), 0);
  return { all: sum(({ all }) => all), ran: sum(({ ran }) => ran) };
}

/** The share that ran, 0..1; 1 when there is nothing to run. */
export function ranShare({ all, ran }: Share): number {
  return all === 0 ? 1 : ran / all;
}

/** The files by the folder in src/ that they are in: "src/core". */
export function byFolder(files: readonly Covered[]): Map<string, Covered[]> {
  return Map.groupBy(files, ({ file }) => /src(\/[\w-]+(?=\/))?/.exec(file)?.[0] ?? "");
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
