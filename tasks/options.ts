/** The kinds of option that the development tasks take: how each is read, and how a usage text shows it. */

/**
 * One option of a task. `read` throws an Error that says what is wrong with a text and what to do: "it is
 * ..., give ...".
 */
export interface Option<T> {
  readonly help: string;
  /** Placeholder of the value in the usage: N, FILE. A switch has none. */
  readonly placeholder?: string;
  /** Its default, for the usage; may be empty. */
  readonly otherwise: string;
  readonly required?: boolean;
  /** From all texts given, in their order. */
  read(texts: readonly string[]): T;
}

/** How an option is described. */
export interface Details<D> {
  readonly help: string;
  readonly placeholder?: string;
  /** What it is when it is not given; undefined when nothing is named. */
  readonly default?: D;
  /** Describes the default in place of its own text. */
  readonly otherwise?: string;
}

/** `--json`: true when given. */
export function toggle(help: string): Option<boolean> {
  return { help, otherwise: "", read: (texts) => texts.length > 0 };
}

/** A text that `read` turns into what it means; given twice, the last one counts, as for gunicorn. */
export function parsed<T, D = undefined>(
  placeholder: string,
  read: (text: string) => T,
  details: Details<D>,
): Option<T | D> {
  return {
    placeholder,
    ...details,
    otherwise: details.otherwise ?? String(details.default ?? ""),
    read: (texts) => texts.length === 0 ? details.default as D : read(texts.at(-1)!),
  };
}

/** Any text but an empty one. */
export function text<D = undefined>(details: Details<D>): Option<string | D> {
  return parsed("TEXT", (given) => {
    if (given === "") throw new Error("it is empty, give one or leave the option out");
    return given;
  }, details);
}

/** A number: finite, `least` or more. */
export function number<D = undefined>(least: number, details: Details<D>): Option<number | D> {
  return parsed("N", (given) => {
    const value = numberIn(given);
    if (value >= least) return value;
    throw new Error(`it is no number from ${least} up, give one`);
  }, details);
}

/** A number above 0: a time, a rate. */
export function positive<D = undefined>(details: Details<D>): Option<number | D> {
  return parsed("N", (given) => {
    const value = numberIn(given);
    if (value > 0) return value;
    throw new Error("it is no number above 0, give one");
  }, details);
}

/** A whole number, `least` or more: a count, a seed. */
export function whole<D = undefined>(least: number, details: Details<D>): Option<number | D> {
  return parsed("N", (given) => {
    const value = numberIn(given);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new Error(`it is no whole number from ${least} up, give one`);
  }, details);
}

/** One of these names. */
export function oneOf<N extends string, D extends N | undefined = undefined>(
  names: readonly N[],
  details: Details<D>,
): Option<N | D> {
  return parsed("NAME", (given) => named(given, names), details);
}

/** Some of these names, joined by commas. */
export function listOf<N extends string>(
  names: readonly N[],
  details: Details<readonly N[]>,
): Option<readonly N[]> {
  const read = (given: string) => given.split(",").map((one) => named(one.trim(), names));
  return parsed("NAME,...", read, { ...details, default: details.default ?? [] });
}

/** An option that may be given several times. */
export function many<T>(option: Option<T | undefined>): Option<readonly T[]> {
  return { ...option, read: (texts) => texts.map((one) => option.read([one]) as T) };
}

/** A required option. */
export function required<T>(option: Option<T | undefined>): Option<T> {
  return { ...option, required: true } as Option<T>;
}

/** The name, if it is one of these. Throws otherwise. */
export function named<N extends string>(name: string, names: readonly N[]): N {
  if ((names as readonly string[]).includes(name)) return name as N;
  throw new Error(`there is no "${name}", take ${names.join(", ")}`);
}

/** NaN for what is no finite number; an empty text is none either. */
function numberIn(given: string): number {
  const value = given.trim() === "" ? NaN : Number(given);
  return Number.isFinite(value) ? value : NaN;
}
