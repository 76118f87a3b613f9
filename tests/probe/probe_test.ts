/**
 * Runs the probe's Python tests, one Deno test a module, on the interpreter at hand (PYTHON, else python3). By hand:
 * `cd tests/probe/meters; PYTHONPATH=.. python3 -m unittest test_meter`.
 */
import { filesIn } from "../architecture/modules.ts";

const folder = new URL(".", import.meta.url).pathname;
const python = Deno.env.get("PYTHON") ?? "python3";

for (const path of filesIn("tests/probe", [".py"])) {
  const [, inside, name] = /^tests\/probe\/(.*?)(test_\w+)\.py$/.exec(path) ?? [];
  if (inside === undefined || name === undefined) continue;
  Deno.test(`probe: ${inside}${name}.py passes`, async () => {
    const output = await new Deno.Command(python, {
      args: ["-B", "-W", "error::ResourceWarning", "-m", "unittest", name],
      cwd: folder + inside,
      env: { PYTHONPATH: folder },
      stdin: "null",
    }).output();
    const log = new TextDecoder().decode(output.stderr);
    if (!output.success) throw new Error(`${name} failed:\n${log}`);
    if (!/^Ran [1-9]\d* tests? in /m.test(log)) throw new Error(`${name} ran no test:\n${log}`);
  });
}
