/** The table of gunicorn's options against the parsers of the gunicorn versions that the tests have. */
import { assert, assertEquals } from "@std/assert";
import {
  LONG,
  LONG_OF_SHORT,
  LONG_WITH_OPTIONAL_VALUE,
  LONG_WITH_VALUE,
  SHORT_SWITCHES,
  SHORT_WITH_VALUE,
} from "../../src/gunicorn/option_names.ts";
import { run } from "../support/process.ts";
import { bin, venv, type VenvName } from "../support/venv.ts";

interface Known {
  /** "-w", "--workers". */
  readonly names: readonly string[];
  /** argparse's nargs: 0 for a switch, null for one value, "?" for one or none. */
  readonly takes: 0 | null | "?";
}

const SCRIPT = `
import json, warnings
warnings.simplefilter('ignore')
from gunicorn.config import Config
actions = Config('%(prog)s', 'gunicorn').parser()._actions
print(json.dumps([{'names': a.option_strings, 'takes': a.nargs} for a in actions if a.option_strings]))
`;

for (const version of ["20.1", "22", "23", "25", "newest"] satisfies VenvName[]) {
  Deno.test(`every option of gunicorn ${version} is in the table, with what it takes`, async () => {
    const { code, stdout, stderr } = await run(bin(await venv(version), "python"), ["-c", SCRIPT]);
    assertEquals(code, 0, stderr);
    const known = JSON.parse(stdout) as Known[];
    assert(known.length > 60);
    for (const { names, takes } of known) {
      const long = names.filter((name) => name.startsWith("--")).map((name) => name.slice(2));
      for (const name of long) {
        assert(LONG.includes(name), `--${name} is missing`);
        const may = LONG_WITH_OPTIONAL_VALUE.has(name);
        assert(may || LONG_WITH_VALUE.includes(name) === (takes === null), `--${name} takes ${takes}`);
      }
      for (const name of names.filter((name) => !name.startsWith("--"))) {
        assertEquals(LONG_OF_SHORT[name.slice(1)], long[0]);
        assert((takes === 0 ? SHORT_SWITCHES : SHORT_WITH_VALUE).includes(name.slice(1)), name);
      }
    }
  });
}
