import type { Option } from "./options.ts";

/** Name -> option, without the dashes. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** What is given without dashes. */
export interface Words {
  /** Their placeholder in the usage: FILE. */
  readonly placeholder: string;
  readonly help: string;
  /** The least number of them; 0 when not given. */
  readonly least?: number;
  /** The only ones there are; any when not given. */
  readonly names?: readonly string[];
  /** Options that the task does not have are words too, in their order: it passes them on. */
  readonly withOptions?: boolean;
}

/** A task, as its usage text shows it. */
export interface Task<O extends Options> {
  /** What it is started with: "deno task bench:costs". */
  readonly command: string;
  /** The action in its errors, after "Cannot": "measure the costs". */
  readonly action: string;
  /** What it is for, a sentence or more. */
  readonly about: string;
  readonly options: O;
  /** None are taken when not given. */
  readonly words?: Words;
  /** Arguments to try it with, one line each. */
  readonly examples: readonly string[];
  /** What follows the options: variables it reads, exit codes. */
  readonly notes?: readonly string[];
}
