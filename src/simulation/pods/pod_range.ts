import * as v from "valibot";
import type { SettingType } from "../../settings/setting_types.ts";

/** An HPA's minReplicas and maxReplicas. */
export interface PodRange {
  readonly min: number;
  readonly max: number;
}

/** More pods would only make the simulation slow. */
export const MOST_PODS = 200;

/** MIN..MAX pods, or one number for as many at all times. */
export function podRange(): SettingType<PodRange | undefined> {
  return {
    placeholder: "MIN..MAX",
    range: `MIN..MAX within 1..${MOST_PODS}, such as 1..10`,
    schema: v.pipe(
      v.string(),
      v.trim(),
      v.regex(/^\d+(\.\.\d+)?$/),
      v.transform((text): PodRange => {
        const [min = NaN, max = min] = text.split("..").map(Number);
        return { min, max };
      }),
      v.check(({ min, max }) => min >= 1 && min <= max && max <= MOST_PODS),
    ),
  };
}
