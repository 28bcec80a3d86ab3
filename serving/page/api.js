// Talks to the server that this page came from, and to no other.

const KEY = "expunge-key";

/** The key in use, for as long as the tab is open. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

/** An error that the server told, or that kept it from answering; `status` is 0 when there was no answer. */
export class ServerError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** Whether another key would help. */
  get wantsKey() {
    return this.status === 401 || this.status === 403;
  }
}

/** Ask the server, and return what its JSON says. */
export async function ask(method, path, body) {
  const response = await send(method, path, body);
  return response.status === 204 ? null : response.json();
}

/** Ask for a completion as a stream, and yield its chunks as they come. */
export async function* complete(body, signal) {
  const response = await send("POST", "v1/chat/completions", { ...body, stream: true }, signal);
  for await (const data of events(response.body.pipeThrough(new TextDecoderStream()))) {
    if (data === "[DONE]") return;
    const chunk = JSON.parse(data);
    if (chunk.error) throw new ServerError(chunk.error.message, response.status);
    yield chunk;
  }
  throw new ServerError("The answer was cut off.", response.status);
}

async function send(method, path, body, signal) {
  const headers = { ...(key.get() && { Authorization: `Bearer ${key.get()}` }) };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const options = { method, headers, signal, body: body && JSON.stringify(body), credentials: "omit" };
  const response = await fetch(path, options).catch((error) => {
    throw error.name === "AbortError" ? error : new ServerError("The server cannot be reached.", 0);
  });
  if (!response.ok) throw new ServerError(await reason(response), response.status);
  return response;
}

async function reason(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return `The server answered ${response.status}.`;
  }
}

/** Yield the data of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
async function* events(texts) {
  let rest = "";
  for await (const text of texts) {
    const blocks = (rest + text).replaceAll("\r\n", "\n").split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const lines = block.split("\n").filter((line) => line.startsWith("data:"));
      if (lines.length) yield lines.map((line) => line.slice(5).trimStart()).join("\n");
    }
  }
}
