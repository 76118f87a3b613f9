/**
 * Programs that the application starts
 * Holds: they outlive the server
 */
import { until } from "../../support/wait.ts";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-w 2 -b 127.0.0.1:$PORT app:app",
  observe: async (server) => {
    const status = await server.status("/job");
    const code = await server.stop();
    const folders = ["job-0", "job-1", "job-2"].map((name) => `${server.runtimeBase}/${name}`);
    for (const folder of folders) await Deno.writeTextFile(`${folder}/release`, "");
    const isDone = () => folders.filter((folder) => exists(`${folder}/done`)).length;
    await until(() => isDone() === 3, { timeoutMs: 10_000, what: "the end of the jobs" }).catch(() => {});
    return { status, code, done: isDone() };
  },
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
