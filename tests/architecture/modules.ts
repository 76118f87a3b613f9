/** The project's modules and what each imports, read from the source. */
const repository = new URL("../../", import.meta.url).pathname;

/** Path from the repository's root, such as src/core/demand/demand.ts. */
export type ModulePath = string;

/** Paths of all files with one of these endings in a folder and below it, sorted. */
export function filesIn(folder: string, endings: readonly string[]): string[] {
  return [...Deno.readDirSync(repository + folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return name.startsWith(".") || name === "__pycache__" ? [] : filesIn(path, endings);
    return endings.some((ending) => name.endsWith(ending)) ? [path] : [];
  }).sort();
}

export function read(path: string): string {
  return Deno.readTextFileSync(repository + path);
}

/** Module -> the project's own modules that it imports, types included. */
export function importsOf(folders: readonly string[]): Map<ModulePath, ModulePath[]> {
  const modules = folders.flatMap((folder) => filesIn(folder, [".ts"]));
  return new Map([...modules, "main.ts"].map((path) => [path, imported(path)]));
}

function imported(path: ModulePath): ModulePath[] {
  const specifiers = read(path).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+\.ts)"/g);
  return [...specifiers].map(([, specifier]) => {
    const url = new URL(specifier!, `file:///${path}`);
    return url.pathname.slice(1);
  });
}

/** Modules that import each other in a circle, first to last and to the first again; undefined when there is none. */
export function circle(imports: ReadonlyMap<ModulePath, readonly ModulePath[]>): ModulePath[] | undefined {
  const done = new Set<ModulePath>();
  const visit = (path: ModulePath, trail: ModulePath[]): ModulePath[] | undefined => {
    const at = trail.indexOf(path);
    if (at >= 0) return [...trail.slice(at), path];
    if (done.has(path)) return undefined;
    for (const next of imports.get(path) ?? []) {
      const found = visit(next, [...trail, path]);
      if (found !== undefined) return found;
    }
    done.add(path);
    return undefined;
  };
  for (const path of imports.keys()) {
    const found = visit(path, []);
    if (found !== undefined) return found;
  }
  return undefined;
}
