import { assert, assertEquals } from "@std/assert";
import { appsFolder } from "../support/apps.ts";
import { autoscaled, program } from "../support/autoscaled.ts";
import { get } from "../support/http.ts";
import { freeTcpPort, freeUdpPort } from "../support/port.ts";
import { run } from "../support/process.ts";
import { command, runtimeFolder } from "../support/running_commands.ts";
import { tempDir } from "../support/tempdir.ts";
import { venv } from "../support/venv.ts";
import { until } from "../support/wait.ts";

/** Each a text that occurs nowhere else. */
const SECRETS = {
  token: "s3cret-token-0417",
  database: "s3cret-database-0418",
  short: "s3cret-short-0419",
  long: "s3cret-long-0420",
  joined: "s3cret-joined-0421",
};
const ENVIRONMENT = {
  SECRET_TOKEN: SECRETS.token,
  DATABASE_URL: `postgres://shop:${SECRETS.database}@db/shop`,
};
const ARGUMENTS = [
  "-e",
  `API_KEY=${SECRETS.short}`,
  "--env",
  `PASSWORD=${SECRETS.long}`,
  `--env=PASSPHRASE=${SECRETS.joined}`,
];

function assertNoSecret(text: string, where: string): void {
  assert(text.length > 0, `${where} is empty`);
  for (const [name, secret] of Object.entries(SECRETS)) {
    assert(!text.includes(secret), `the ${name} secret is in ${where}:\n${text}`);
  }
}

Deno.test("no secret of environment or command line is in log, status, metrics, page, recording or a file of ours", async () => {
  await using folder = await tempDir();
  const port = freeTcpPort();
  const record = folder.join("run.jsonl");
  await using it = await autoscaled({
    own: [
      ...["--min-workers", "1", "--max-workers", "4", "--autoscaler-log-level", "debug", "--record", record],
      ...["--status-addr", `127.0.0.1:${port}`, "--statsd-addr", `127.0.0.1:${freeUdpPort()}`],
    ],
    gunicorn: ARGUMENTS,
    env: ENVIRONMENT,
  });
  const dir = await runtimeFolder(it);
  assertEquals((await command(it, "scale", "3")).code, 0);
  await it.untilWorkers(3);
  await until(async () => (await get({ port }, "/status")).status === 200, { what: "the status" });
  for (const path of ["/status", "/history", "/metrics", "/", "/livez", "/readyz", "/nothing"]) {
    assertNoSecret((await get({ port }, path)).body, path);
  }
  const events = await Deno.connect({ hostname: "127.0.0.1", port });
  await events.write(new TextEncoder().encode("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const buffer = new Uint8Array(1 << 16);
  let heard = "";
  while (!heard.includes("event: status")) {
    heard += new TextDecoder().decode(buffer.subarray(0, (await events.read(buffer))!));
  }
  events.close();
  assertNoSecret(heard, "/events");
  for (const words of [["status"], ["status", "--json"], ["explain", "100"]]) {
    assertNoSecret((await command(it, ...words)).stdout, words.join(" "));
  }
  for (const { name, isFile } of Deno.readDirSync(dir)) {
    // "alive" is empty: only the time of its last change says something.
    if (isFile && name !== "alive") assertNoSecret(Deno.readTextFileSync(`${dir}/${name}`), name);
  }
  assert(Deno.readTextFileSync(`${dir}/instance.json`).includes("API_KEY=***"));
  await it.process.stop();
  assertNoSecret(it.log(), "the log");
  assertNoSecret(Deno.readTextFileSync(record), "the recording");
  assertNoSecret(it.process.text(), "what gunicorn printed too");
});

Deno.test("no secret is in what check prints, nor in the list of instances to choose from", async () => {
  const path = `${await venv("newest")}/bin:${Deno.env.get("PATH")}`;
  const [name, ...words] = program();
  await using dir = await tempDir();
  const [cert, key] = [await dir.write("cert.pem", ""), await dir.write("key.pem", "")];
  const chdir = ["--chdir", appsFolder, "--certfile", cert, "--keyfile", key];
  const checked = await run(name!, [...words, "check", "wsgi:app", ...chdir, ...ARGUMENTS], {
    env: { PATH: path, ...ENVIRONMENT },
  });
  assertEquals(checked.code, 0, checked.stderr + checked.stdout);
  assertNoSecret(checked.stdout + checked.stderr, "check");
  await using one = await autoscaled({ own: ["--min-workers", "1"], gunicorn: ARGUMENTS, env: ENVIRONMENT });
  await using _two = await autoscaled({ own: ["--min-workers", "1", "--runtime-dir", one.runtimeBase] });
  const listed = await command(one, "status");
  assert(listed.stderr.includes("PASSWORD=***"), listed.stderr);
  assertNoSecret(listed.stderr, "the list");
});
