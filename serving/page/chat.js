// The chat: questions, answers as they stream in, and beside each what was decided.

import { ask, complete } from "./api.js";
import { byId, make } from "./elements.js";
import { countWaiting } from "./reviews.js";
import { failureCard, pendingCard, verdictCard } from "./verdict.js";

const NEAR = 120; // pixels from the end of the page

let messages = [];
let running = null;

/** List the models, and keep the one that is chosen. */
export async function openChat() {
  const select = byId("model");
  const { data } = await ask("GET", "v1/models");
  const chosen = select.value;
  select.replaceChildren(...data.map(({ id }) => make("option", { value: id, selected: id === chosen }, id)));
}

async function put(question) {
  const asked = { role: "user", content: question };
  const view = begin(question);
  running = new AbortController();
  working(true);
  try {
    const answer = await stream([...messages, asked], view, running.signal);
    messages.push(asked, { role: "assistant", content: answer });
  } catch (error) {
    fail(view, error);
  } finally {
    view.exchange.setAttribute("aria-busy", "false");
    running = null;
    working(false);
  }
}

/** Show an answer as it comes, and its verdict when it has ended. */
async function stream(conversation, view, signal) {
  const began = performance.now();
  let verdict = null;
  if (!byId("model").value) await openChat();
  const body = { model: byId("model").value, messages: conversation };
  for await (const chunk of complete(body, signal)) {
    following(() => view.answer.append(chunk.choices?.[0]?.delta?.content ?? ""));
    verdict = chunk.expunge ?? verdict;
  }
  following(() => view.card.replaceWith(verdictCard(verdict, performance.now() - began)));
  if (verdict !== null) await countWaiting();
  return view.answer.textContent;
}

function begin(question) {
  byId("welcome").hidden = true;
  const answer = make("p", { class: "answer" });
  const card = pendingCard();
  const exchange = make(
    "article",
    { class: "exchange", "aria-busy": "true" },
    make("p", { class: "question" }, make("span", { class: "unseen" }, "You: "), question),
    make("div", { class: "reply" }, make("span", { class: "unseen" }, "Answer: "), answer),
    card,
  );
  byId("conversation").append(exchange);
  scrollTo(0, document.body.scrollHeight);
  return { exchange, answer, card };
}

/** Change the page, and stay at its end if that is where the reader was. */
function following(change) {
  const atEnd = innerHeight + scrollY >= document.body.scrollHeight - NEAR;
  change();
  if (atEnd) scrollTo(0, document.body.scrollHeight);
}

function fail(view, error) {
  const stopped = error.name === "AbortError";
  view.card.replaceWith(failureCard(stopped ? "stopped" : "failed", stopped ? "You stopped this answer." : error.message));
}

function working(busy) {
  byId("send").hidden = busy;
  byId("stop").hidden = !busy;
  if (!busy && document.activeElement === document.body) byId("prompt").focus();
}

byId("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const prompt = byId("prompt");
  const question = prompt.value.trim();
  if (!question || running) return;
  prompt.value = "";
  put(question);
});

byId("prompt").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("ask").requestSubmit();
});

byId("stop").addEventListener("click", () => running?.abort());

byId("anew").addEventListener("click", () => {
  running?.abort();
  messages = [];
  for (const exchange of document.querySelectorAll(".exchange")) exchange.remove();
  byId("welcome").hidden = false;
  byId("prompt").focus();
});
