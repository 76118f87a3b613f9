/** Runs the probe's Python tests, one Deno test a module, on the interpreter at hand (PYTHON, else python3). */

const folder = new URL(".", import.meta.url).pathname;
const python = Deno.env.get("PYTHON") ?? "python3";

for (const name of [...Deno.readDirSync(folder)].map((entry) => entry.name).sort()) {
  if (!/^test_\w+\.py$/.test(name)) continue;
  Deno.test(`probe: ${name} passes`, async () => {
    const args = ["-B", "-W", "error::ResourceWarning", "-m", "unittest", name.slice(0, -3)];
    const output = await new Deno.Command(python, { args, cwd: folder, stdin: "null" }).output();
    const said = new TextDecoder().decode(output.stderr);
    if (!output.success) throw new Error(`${name} failed:\n${said}`);
    if (!/^Ran [1-9]\d* tests? in /m.test(said)) throw new Error(`${name} ran no test:\n${said}`);
  });
}
