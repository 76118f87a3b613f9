/** Each documented command line comes to the same gunicorn settings with and without us. One process a version reads all. */
import { assert, assertEquals } from "@std/assert";
import { parseCommand } from "../../../src/cli/cli.ts";
import { shellWords } from "../../../src/gunicorn/arguments.ts";
import { planLaunch } from "../../../src/gunicorn/launch_plan.ts";
import { installProbe, readProbe } from "../../../src/gunicorn/probe_install.ts";
import { ArbiterFile } from "../../../src/sensors/probe/arbiter_file.ts";
import { resolveSettings } from "../../../src/settings/settings_sources.ts";
import { run } from "../../support/process.ts";
import { type TempDir, tempDir } from "../../support/tempdir.ts";
import { bin, venv, type VenvName } from "../../support/venv.ts";
import { GUNICORN_LINES } from "./gunicorn_lines.ts";

/** Prints what each list of words of the file argv[1] comes to: gunicorn's --print-config, or how it ended. */
const SCRIPT = `
import contextlib, io, json, os, sys, warnings
warnings.simplefilter('ignore')
from gunicorn.app.wsgiapp import WSGIApplication
folder, lines, found = os.getcwd(), json.load(open(sys.argv[1])), []
sys.path.insert(0, folder)
for words in lines:
    os.chdir(folder)
    sys.argv = ['gunicorn'] + words
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            found.append('%s\\n%s' % (WSGIApplication('%(prog)s [OPTIONS] [APP_MODULE]', prog='gunicorn').cfg, said.getvalue()))
    except BaseException as error:
        found.append('%s %s\\n%s' % (type(error).__name__, error, said.getvalue()))
print(json.dumps(found))
`;

const files: Record<string, string> = {
  "gunicorn_config.py": "wsgi_app = 'shop:app'\nworkers = 3\ntimeout = 45\n",
  "config/logging.cfg":
    "[loggers]\nkeys=root\n[handlers]\nkeys=\n[formatters]\nkeys=\n[logger_root]\nhandlers=\n",
  "src/wsgi.py": "",
};

/** Our options, of which one stands before the line and one behind it. */
const OWN = [["--max-workers=12"], ["--slo-p95-ms", "200"]] as const;

function wrapped(line: string, wrapperConfig: string): string[] {
  const command = parseCommand([...OWN[0], ...shellWords(line), ...OWN[1]]);
  if (command.kind !== "run") throw new Error(`${line}: ${JSON.stringify(command)}`);
  assertEquals(command.flags.settings.size, 2);
  const { settings } = resolveSettings({
    flags: command.flags.settings,
    environment: {},
    envFile: "",
    cores: 2,
  });
  const plan = planLaunch({ settings, gunicornArgs: command.gunicornArgs, environment: {}, wrapperConfig });
  assertEquals(plan.errors, []);
  return [...plan.args];
}

async function readings(version: VenvName, dir: TempDir, lines: readonly string[][]): Promise<string[]> {
  const list = await dir.write("lines.json", JSON.stringify(lines));
  const env = { GUNICORN_CMD_ARGS: "--keep-alive 7", PYTHONDONTWRITEBYTECODE: "1" };
  const ended = await run(bin(await venv(version), "python"), ["-c", SCRIPT, list], { cwd: dir.path, env });
  assertEquals(ended.code, 0, ended.stderr);
  return (JSON.parse(ended.stdout) as string[]).map((text) => text.replaceAll(/0x[0-9a-f]+/g, "0x"));
}

Deno.test("there are documented lines of every kind", () => {
  assert(GUNICORN_LINES.length >= 50, `${GUNICORN_LINES.length}`);
  for (
    const name of [
      "gunicorn.org",
      "django",
      "flask",
      "fastapi",
      "heroku",
      "render",
      "railway",
      "fly.io",
      "run",
    ]
  ) {
    assert(GUNICORN_LINES.some(([, source]) => source.includes(name)), name);
  }
});

for (const version of ["20.1", "23", "newest"] satisfies VenvName[]) {
  Deno.test(`documented lines come to the same settings with and without us: gunicorn ${version}`, async () => {
    await using dir = await tempDir();
    for (const [name, text] of Object.entries(files)) await dir.write(name, text);
    const folder = dir.join("runtime");
    Deno.mkdirSync(folder, { mode: 0o700 });
    new ArbiterFile(`${folder}/arbiter`, Deno.pid).close();
    const config = installProbe(folder, readProbe());
    const bare = await readings(version, dir, GUNICORN_LINES.map(([line]) => shellWords(line)));
    const ours = await readings(version, dir, GUNICORN_LINES.map(([line]) => wrapped(line, config)));
    for (const [i, [line, source]] of GUNICORN_LINES.entries()) {
      assertEquals(ours[i], bare[i], `gunicorn ${line} (${source})`);
    }
    const read = bare.filter((text) => /^keepalive += 7$/m.test(text)).length;
    assert(read >= 50, `only ${read} lines were read`); // a few need what this version has not
  });
}
