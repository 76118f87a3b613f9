import { assertEquals } from "@std/assert";

Deno.test("the exit code of an orphan that is waited for is its own, or 128 + the signal", async () => {
  // In a process of its own, because a subreaper cannot stop being one.
  const module = (name: string) => new URL(`../../src/platform/${name}`, import.meta.url);
  const script = `
    import { Orphanage } from "${module("orphans.ts")}";
    import { processOf } from "${module("process_id.ts")}";
    const orphanage = new Orphanage(0);
    const codes = [];
    for (const end of ["exit 7", "kill -9 $$"]) {
      const shell = new Deno.Command("sh", { args: ["-c", \`(sh -c 'sleep 0.1; \${end}' & echo $!)\`] });
      const pid = Number(new TextDecoder().decode((await shell.output()).stdout));
      codes.push(await orphanage.ended(processOf(pid)));
      codes.push(orphanage.orphans.includes(pid));
    }
    orphanage.close();
    console.log(JSON.stringify(codes));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script],
  }).output();
  const text = new TextDecoder();
  assertEquals(JSON.parse(text.decode(stdout) || text.decode(stderr)), [7, false, 137, false]);
});
