/**
 * CPU time that the machine's cores together have not been idle since it started, ms. Time stolen by a hypervisor counts: it
 * was not there to be used either. `stat` is the text of /proc/stat.
 */
export function machineBusyMs(stat = Deno.readTextFileSync("/proc/stat")): number {
  // cpu  user nice system idle iowait irq softirq steal (guest time is in user already)
  const [user, nice, system, , , irq, softirq, steal] = stat.split("\n")[0]!.split(/\s+/).slice(1).map(
    Number,
  );
  return (user! + nice! + system! + irq! + softirq! + steal!) * 10; // USER_HZ is 100 wherever Linux runs
}
