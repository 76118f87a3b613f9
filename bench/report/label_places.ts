/** Where the labels of a picture's dots are free of each other. */

/** A rectangle of the picture, px. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where a label of two lines is written: the foot of its first line. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly anchor: "" | "end" | "mid";
  readonly box: Box;
}

/** Right of its dot, left, below or above; else further right and down. */
export function placed(
  x: number,
  y: number,
  labelPx: number,
  dotPx: number,
  isFree: (box: Box) => boolean,
): Place {
  const [near, half] = [dotPx + 8, labelPx / 2];
  const sides: readonly [dx: number, dy: number, anchor: Place["anchor"], left: number][] = [
    [near, -2, "", near],
    [-near, -2, "end", -near - labelPx],
    [0, 30, "mid", -half],
    [0, -34, "mid", -half],
    [-dotPx, 30, "", -dotPx],
    [dotPx, 30, "end", dotPx - labelPx],
    [-dotPx, -34, "", -dotPx],
    [dotPx, -34, "end", dotPx - labelPx],
  ];
  const shifts = [0, 36, 72, 108].flatMap((down) => [0, 24, 48].map((right) => [right, down] as const));
  const all = shifts.flatMap(([right, down]) =>
    sides.map(([dx, dy, anchor, left]): Place => ({
      ...{ x: x + dx + right, y: y + dy + down, anchor },
      box: {
        ...{ left: x + left + right, right: x + left + right + labelPx },
        ...{ top: y + dy + down - 14, bottom: y + dy + down + 20 },
      },
    }))
  );
  return all.find(({ box }) => isFree(box)) ?? all[0]!;
}

/** Whether two rectangles share a point inside. */
export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
