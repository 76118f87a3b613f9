import {
  COMMANDS,
  type Completed,
  COMPLETED_TOOLS,
  type CompletedOption,
  PROGRAM,
  START_OPTIONS,
} from "./completed_commands.ts";

/** The completions of fish. */
export function fishScript(): string {
  const names = COMMANDS.map(({ name }) => name).join(" ");
  const started = `not __fish_seen_subcommand_from ${COMPLETED_TOOLS.map(({ name }) => name).join(" ")}`;
  const lines = [`# fish completion for ${PROGRAM}`];
  for (const { name, about } of COMMANDS) {
    lines.push(line(`not __fish_seen_subcommand_from ${names}`, `-a ${name}`, about));
  }
  lines.push(...START_OPTIONS.map((option) => optionLine(started, option)));
  lines.push(
    line(
      "__fish_seen_subcommand_from exec; and string match -q -- -- (commandline -opc)[-1]",
      `-x -a "(__fish_complete_command)"`,
      "",
    ),
  );
  for (const { name, options, words } of COMPLETED_TOOLS) {
    const seen = `__fish_seen_subcommand_from ${name}`;
    lines.push(...options.map((option) => optionLine(seen, option)));
    if (words === "none") lines.push(line(seen, "-f", ""));
    else if (typeof words !== "string") lines.push(line(seen, `-f -a '${words.join(" ")}'`, ""));
  }
  return lines.join("\n");
}

function optionLine(condition: string, { flag, about, value }: CompletedOption): string {
  const short = { help: " -s h", version: " -s v" }[flag] ?? "";
  return line(condition, `-l ${flag}${short}${value === "none" ? "" : action(value)}`, about);
}

function action(value: Completed): string {
  if (typeof value !== "string") return ` -x -a '${value.join(" ")}'`;
  return { file: " -r -F", folder: ` -x -a "(__fish_complete_directories)"`, free: " -x" }[value];
}

function line(condition: string, what: string, about: string): string {
  const description = about === "" ? "" : ` -d '${about.replaceAll("'", "")}'`;
  return `complete -c ${PROGRAM} -n '${condition}' ${what}${description}`;
}
