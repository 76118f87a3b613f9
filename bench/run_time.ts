/** CPU time that all threads of a process have had, as the scheduler counts it (schedstat), ms. */
export function runTimeMs(pid: number): number {
  let ns = 0;
  for (const task of Deno.readDirSync(`/proc/${pid}/task`)) {
    ns += Number(Deno.readTextFileSync(`/proc/${pid}/task/${task.name}/schedstat`).split(" ")[0]);
  }
  return ns / 1e6;
}
