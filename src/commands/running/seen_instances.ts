import { readLink, readNames, readText } from "../../sensors/text_file.ts";

/** A process that is an autoscaler, whoever runs it. */
export interface SeenInstance {
  readonly uid: number;
  /** Its runtime folder; undefined where this user may not look. */
  readonly dir: string | undefined;
}

/** The kernel keeps 15 bytes of a name; from source the program is called deno. */
const OUR_NAME = "gunicorn-autosc", FROM_SOURCE = "deno";
const RUNTIME_FOLDER = /\/gunicorn-autoscaler-[0-9a-f]+$/;
/** The config that gunicorn gets, in its command line: processes with capabilities hide what they have open. */
const OUR_CONFIG = /\0-c\0(\/[^\0]*)\/gunicorn_autoscaler_conf\.py\0/;

/** The autoscalers that run here, wherever their folders are, by what they keep open and what they have started. */
export function seenInstances(proc = "/proc"): SeenInstance[] {
  return readNames(proc).filter((name) => /^\d+$/.test(name)).flatMap((pid): SeenInstance[] => {
    const uid = ownerOf(`${proc}/${pid}`);
    if (uid === undefined) return [];
    const name = readText(`${proc}/${pid}/comm`)?.trim();
    if (name !== OUR_NAME && name !== FROM_SOURCE) {
      const dir = OUR_CONFIG.exec(readText(`${proc}/${pid}/cmdline`) ?? "")?.[1];
      return dir === undefined ? [] : [{ uid, dir }];
    }
    const open = readNames(`${proc}/${pid}/fd`).map((fd) => readLink(`${proc}/${pid}/fd/${fd}`));
    const dir = open.find((path) => path !== undefined && RUNTIME_FOLDER.test(path));
    const isHidden = open.length === 0 && name === OUR_NAME;
    return dir !== undefined || isHidden ? [{ uid, dir }] : [];
  });
}

/** The name of a user, or its number as sudo takes it, quoted for a shell. */
export function userName(uid: number, passwd = readText("/etc/passwd")): string {
  const line = passwd?.split("\n").map((line) => line.split(":")).find((fields) => fields[2] === String(uid));
  return line?.[0] || `'#${uid}'`;
}

function ownerOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).uid ?? undefined;
  } catch {
    return undefined; // it has ended
  }
}
