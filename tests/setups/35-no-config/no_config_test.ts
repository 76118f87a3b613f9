/**
 * `--reload` without a config file
 * Holds: no worker restarts for files of ours
 * Note: The inotify engine restarts a worker when any file comes or goes in the folder of a module.
 */
import { get } from "../../support/http.ts";
import { setUp } from "../support/set_up.ts";

setUp(import.meta, {
  line: "-w 2 --reload -b 127.0.0.1:$PORT app:app",
  observe: async ({ port }) => (await get({ port }, "/")).body,
});
