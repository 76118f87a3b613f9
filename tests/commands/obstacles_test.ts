import { assertEquals, assertMatch } from "@std/assert";
import {
  boundAddress,
  recordingProblem,
  runtimeFolderProblem,
  takenAddresses,
} from "../../src/commands/obstacles.ts";
import { tempDir } from "../support/tempdir.ts";

const host = "127.0.0.1";

Deno.test("an address that is taken is reported, one that is free is not and stays free", () => {
  const holder = Deno.listen({ hostname: host, port: 0 });
  const address = { host, port: (holder.addr as Deno.NetAddr).port };
  assertMatch(
    takenAddresses([{ by: "--status-addr", address }]).join(),
    /^127\.0\.0\.1:\d+ \(--status-addr\) is taken now/,
  );
  holder.close();
  assertEquals(takenAddresses([{ by: "--status-addr", address }]), []);
  Deno.listen({ hostname: host, port: address.port }).close();
});

Deno.test("an address that this machine does not have is reported", () => {
  const [problem = ""] = takenAddresses([{
    by: "gunicorn's --bind",
    address: { host: "192.0.2.1", port: 1 },
  }]);
  assertMatch(problem, /^192\.0\.2\.1:1 \(gunicorn's --bind\) is no address of this machine/);
});

Deno.test("a name that is not known here is reported for our own address; gunicorn may know it", () => {
  const address = { host: "nowhere.invalid", port: 1 };
  const problems = takenAddresses([{ by: "gunicorn's --bind", address }, { by: "--status-addr", address }]);
  assertEquals(problems, [
    "nowhere.invalid:1 (--status-addr) cannot be listened on, the name is not known here: a run cannot start with it",
  ]);
});

Deno.test("gunicorn's bind addresses are read, sockets of the file system skipped", () => {
  const cases: [text: string, address: ReturnType<typeof boundAddress>][] = [
    ["127.0.0.1:8000", { host: "127.0.0.1", port: 8000 }],
    ["[::1]:8000", { host: "::1", port: 8000 }],
    ["unix:/run/app.sock", undefined],
    ["fd://3", undefined],
  ];
  for (const [text, address] of cases) assertEquals(boundAddress(text), address, text);
});

Deno.test("a folder or file that cannot be written is reported, and nothing is left of the trial", async () => {
  await using dir = await tempDir();
  assertEquals(runtimeFolderProblem([dir.path]), undefined);
  assertMatch(
    runtimeFolderProblem([`${dir.path}/missing`])!,
    /^Cannot make a runtime folder: .*--runtime-dir/,
  );
  assertEquals(recordingProblem(`${dir.path}/run.jsonl`), undefined);
  assertMatch(recordingProblem(`${dir.path}/missing/run.jsonl`)!, /^Cannot record to .*no such folder/);
  assertEquals([...Deno.readDirSync(dir.path)], []);
  const kept = await dir.write("kept.jsonl", "line\n");
  assertEquals(recordingProblem(kept), undefined);
  assertEquals(Deno.readTextFileSync(kept), "line\n");
});
