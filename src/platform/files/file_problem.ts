import { errorText } from "../../error_text.ts";

/**
 * What kept a file or folder from being read or written, in words that fit after "Cannot read X: ". What is
 * not known here is given in the system's words, without the number and the call that Deno adds. `missing`:
 * what is not there; where a file is to be made, it is the folder. Example: "No space left on device (os
 * error 28): write '/x'" is "No space left on device".
 */
export function fileProblem(error: unknown, missing: "file" | "folder" = "file"): string {
  if (error instanceof Deno.errors.NotFound) return `there is no such ${missing}`;
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied to this user";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.NotADirectory) return "a part of the path is no folder";
  return errorText(error).replace(/ \(os error \d+\).*$/s, "").split("\n")[0]!;
}
