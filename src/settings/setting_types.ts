import * as v from "valibot";

/** How the text of a setting becomes a value, and how its range is described. */
export interface SettingType<T> {
  /** Shown in help: `--min-workers N`. Empty for switches. */
  readonly placeholder: string;
  /** The range or choices in words, for help and errors. */
  readonly range: string;
  readonly schema: v.GenericSchema<string, T>;
}

const numeric = v.pipe(
  v.string(),
  v.trim(),
  v.regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i),
  v.transform(Number),
);

/** A whole number from `min` to `max`. */
export function whole(min: number, max: number): SettingType<number> {
  return {
    placeholder: "N",
    range: `a whole number from ${min} to ${max}`,
    schema: v.pipe(numeric, v.integer(), v.minValue(min), v.maxValue(max)),
  };
}

/** A number from `min` to `max`, fractions allowed. */
export function number(min: number, max: number): SettingType<number> {
  return {
    placeholder: "X",
    range: `a number from ${min} to ${max}`,
    schema: v.pipe(numeric, v.minValue(min), v.maxValue(max)),
  };
}

const TRUE = ["1", "true", "yes", "on"];
const FALSE = ["0", "false", "no", "off"];

/** A switch: 1/true/yes/on or 0/false/no/off, in any case. */
export function toggle(): SettingType<boolean> {
  return {
    placeholder: "",
    range: "true or false",
    schema: v.pipe(
      v.string(),
      v.trim(),
      v.toLowerCase(),
      v.picklist([...TRUE, ...FALSE]),
      v.transform((text) => TRUE.includes(text)),
    ),
  };
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: T[]): SettingType<T> {
  return {
    placeholder: words.join("|"),
    range: words.slice(0, -1).join(", ") + " or " + words[words.length - 1],
    schema: v.pipe(v.string(), v.trim(), v.picklist(words)) as v.GenericSchema<string, T>,
  };
}

/** Any text that is not empty. */
export function text(placeholder: string, range: string): SettingType<string> {
  return { placeholder, range, schema: v.pipe(v.string(), v.nonEmpty()) };
}

/** Any text, empty for "not set". */
export function optionalText(placeholder: string, range: string): SettingType<string> {
  return { placeholder, range, schema: v.string() };
}

const HOST_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i;

/** Host names without a port, separated by commas or blanks; empty for none. */
export function hostNameList(): SettingType<string> {
  return {
    placeholder: "NAMES",
    range: "host names separated by commas, such as app.example.com",
    schema: v.pipe(
      v.string(),
      v.check((list) => list.split(/[\s,]+/).every((name) => name === "" || HOST_NAME.test(name))),
    ),
  };
}

/** Where to listen. An IPv6 host stands without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** HOST:PORT, with an IPv6 host in brackets. `example` stands in help and errors; port 0 is any free one. */
export function address(example: string, leastPort = 0): SettingType<Address> {
  const parse = v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/),
    v.transform((value): Address => {
      const colon = value.lastIndexOf(":");
      return { host: value.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(value.slice(colon + 1)) };
    }),
    v.check((value) => value.port >= leastPort && value.port <= 65_535),
  );
  return { placeholder: "HOST:PORT", range: `HOST:PORT, such as ${example}`, schema: parse };
}

/** HOST:PORT, or a word for none. */
export function addressOr<const T extends string>(word: T, example: string): SettingType<Address | T> {
  const { placeholder, range, schema } = address(example);
  return {
    placeholder,
    range: `${range}, or ${word}`,
    schema: v.union([v.pipe(v.string(), v.trim(), v.literal(word)), schema]) as v.GenericSchema<
      string,
      Address | T
    >,
  };
}

/** HOST:PORT, an IPv6 host in brackets. */
export function addressText({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
