const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** The largest of each of `width` parts of the last `most` values: bursts stay visible. */
export function squeezed(
  values: readonly (number | null)[],
  most: number,
  width: number,
): (number | null)[] {
  const shown = values.slice(-most);
  const size = Math.ceil(shown.length / width);
  if (size <= 1) return shown;
  // Counted from the newest, so that parts do not change as time goes on.
  const parts: (number | null)[] = [];
  for (let end = shown.length; end > 0; end -= size) {
    const known = shown.slice(Math.max(0, end - size), end).filter((value) => value !== null);
    parts.unshift(known.length === 0 ? null : Math.max(...known));
  }
  return parts;
}

/**
 * The last `width` values as a line of blocks, the newest on the right. 0 is the lowest block, the largest value the
 * highest; what is not known is a gap.
 */
export function sparkline(values: readonly (number | null)[], width: number, least = 0): string {
  const shown = values.slice(-width);
  const most = shown.reduce<number>((largest, value) => Math.max(largest, value ?? 0), least);
  return shown.map((value) => {
    if (value === null) return " ";
    if (most <= 0) return BLOCKS[0];
    return BLOCKS[Math.min(7, Math.max(value > 0 ? 1 : 0, Math.round((value / most) * 7)))];
  }).join("");
}
