// The line at the top of the page that says what went wrong.

import { ServerError } from "./api.js";
import { byId, say } from "./elements.js";

/** Do something that asks the server, and say what went wrong. */
export async function attempt(work) {
  try {
    await work();
    say(byId("status"), "");
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    say(byId("status"), error.message);
  }
}
