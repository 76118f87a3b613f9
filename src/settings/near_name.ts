import { levenshteinDistance } from "@std/text/levenshtein-distance";

/** Edits that a typing error makes in a short word; a longer one may have more. */
const SLIPS = 2;
const SLIPS_PER_LETTER = 0.4;

/**
 * The candidate that was probably meant; undefined when none is near enough to be more than chance.
 * Examples: `--loda` is near `--load`, `--slo` the beginning of `--slo-p95-ms`, `--json` is near no option of `run`.
 */
export function nearName(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(SLIPS, Math.floor(word.replace(/^-+/, "").length * SLIPS_PER_LETTER));
  for (const candidate of candidates) {
    const edits = levenshteinDistance(word, candidate);
    if (edits < least || (edits === least && best === undefined)) [best, least] = [candidate, edits];
  }
  const isLong = word.replace(/^-+/, "").length > SLIPS;
  return best ?? (isLong ? candidates.find((candidate) => candidate.startsWith(word)) : undefined);
}

/** The end of a sentence about a name that is not known: a question, or what to do when none is near. */
export function didYouMean(word: string, candidates: readonly string[], otherwise: string): string {
  const near = nearName(word, candidates);
  return near === undefined ? otherwise : `did you mean ${near}?`;
}
