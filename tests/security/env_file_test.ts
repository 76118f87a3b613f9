import { assert, assertEquals, assertMatch } from "@std/assert";
import { autoscaled } from "../support/autoscaled.ts";
import { runtimeFolder } from "../support/running_commands.ts";
import { tempDir } from "../support/tempdir.ts";

const HOSTILE = `
LD_PRELOAD=/tmp/evil.so
PYTHONPATH=/tmp/evil
GUNICORN_CMD_ARGS="--workers 50 --pythonpath /tmp/evil"
WEB_CONCURRENCY=50
NODE_OPTIONS=--inspect
DENO_V8_FLAGS=--inspect
SECRET_KEY=s3cret-env-0425
GUNICORN_AUTOSCALER_MIN_WORKERS=2
GUNICORN_AUTOSCALER_MAX_WORKERS=3
GUNICORN_AUTOSCALER_MAX_WROKERS=50
`;

Deno.test("of a .env file only our own names are read: nothing of it reaches gunicorn, a log or a file", async () => {
  await using folder = await tempDir();
  const file = await folder.write("hostile.env", HOSTILE);
  await using it = await autoscaled({ own: ["--env-file", file] });
  await it.untilWorkers(2);
  await it.process.line(
    /GUNICORN_AUTOSCALER_MAX_WROKERS is not a setting; did you mean GUNICORN_AUTOSCALER_MAX_WORKERS/,
  );
  for (const pid of [it.process.pid, it.master, ...it.workers()]) {
    const environment = Deno.readTextFileSync(`/proc/${pid}/environ`);
    assert(!/evil|s3cret|--workers 50/.test(environment), environment);
  }
  assert(!/evil|s3cret/.test(it.process.text()), it.process.text());
  assert(!/evil|s3cret/.test(Deno.readTextFileSync(`${await runtimeFolder(it)}/instance.json`)));
});

Deno.test("bad values of a .env file are all reported and nothing starts", async () => {
  await using folder = await tempDir();
  const file = await folder.write(
    "bad.env",
    "GUNICORN_AUTOSCALER_MIN_WORKERS=1e400\nGUNICORN_AUTOSCALER_TICK_MS=0x10\nGUNICORN_AUTOSCALER_PROBE=ON\x01\n",
  );
  await using it = await autoscaled({ own: ["--env-file", file], untilReady: false });
  assertEquals((await it.process.ended).code, 2);
  for (const name of ["MIN_WORKERS", "TICK_MS", "PROBE"]) {
    assertMatch(
      it.process.text("stderr"),
      new RegExp(`Cannot use GUNICORN_AUTOSCALER_${name}=.* in the \\.env file: `),
    );
  }
});
