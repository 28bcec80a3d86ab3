// The cases that wait for a person, and what the person says of them.

import { ServerError, ask } from "./api.js";
import { byId, make, moment, say } from "./elements.js";
import { attempt } from "./status.js";
import { ACTIONS, badge, facts, targetNames } from "./verdict.js";

const PLACES = { chat: "a chat", check: "a check", guardrail: "the guardrail of a proxy" };
const DECISIONS = { right: "decided rightly", wrong: "decided wrongly" };

/** List the cases of the state that is chosen. */
export async function openReviews() {
  const state = new FormData(byId("reviews-form")).get("state");
  try {
    const { data, counts } = await ask("GET", `v1/reviews?state=${state}`);
    byId("cases").replaceChildren(...data.map(caseCard));
    byId("reviews-empty").hidden = data.length > 0;
    showWaiting(counts);
    allow("");
  } catch (error) {
    if (!error.wantsKey) throw error;
    allow(error.message);
  }
}

/** Show in the navigation how many cases wait; nothing where the key in use may not know. */
export async function countWaiting() {
  try {
    showWaiting((await ask("GET", "v1/reviews?limit=1")).counts);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    say(byId("waiting"), "");
  }
}

function showWaiting({ open }) {
  say(byId("waiting"), open ? String(open) : "");
  byId("waiting").append(make("span", { class: "unseen" }, " waiting"));
}

function allow(refusal) {
  say(byId("reviews-notice"), refusal);
  byId("reviews-body").hidden = refusal !== "";
}

function caseCard(given) {
  const decision = badge(given.action, ACTIONS[given.action].name);
  const rows = [
    ["Target", given.targets.length > 0 && targetNames(given.targets)],
    ["Decided", given.decision && decided(given)],
    ["Note", given.note],
  ];
  return make(
    "li",
    { class: "card case" },
    make("p", { class: "case-head" }, decision, ` in ${PLACES[given.where] ?? given.where}, `, moment(given.at), times(given)),
    facts(rows),
    given.findings.length > 0 ? evidenceTable(given.findings) : null,
    given.decision ? null : decisionForm(given.id),
  );
}

function times({ times: count }) {
  return count > 1 ? `, ${count} times` : "";
}

function decided({ decision, decided_at: at, who }) {
  return make("span", {}, `${DECISIONS[decision]}, by ${who}, `, moment(at));
}

function evidenceTable(findings) {
  const rows = findings.map(({ layer, where, evidence, score, threshold }) =>
    make(
      "tr",
      {},
      make("td", { "data-label": "Layer" }, layer),
      make("td", { "data-label": "What matched" }, evidence),
      make("td", { "data-label": "In" }, where),
      make("td", { "data-label": "Score", class: "number" }, score.toFixed(2)),
      make("td", { "data-label": "Counts from", class: "number" }, threshold.toFixed(2)),
    ),
  );
  const heads = ["Layer", "What matched", "In", "Score", "Counts from"].map((head) => make("th", { scope: "col" }, head));
  return make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
}

function decisionForm(id) {
  const noteId = `note-${id}`;
  const note = make("input", { id: noteId, name: "note", maxlength: "2000", autocomplete: "off" });
  const error = make("p", { class: "error", role: "alert", hidden: true });
  const submit = async (event) => {
    event.preventDefault();
    const body = { decision: event.submitter.value, note: new FormData(event.target).get("note") };
    try {
      await ask("POST", `v1/reviews/${encodeURIComponent(id)}`, body);
      await openReviews();
      byId("reviews-title").focus();
    } catch (failure) {
      say(error, failure.message);
    }
  };
  return make(
    "form",
    { class: "decision", "aria-label": "Was it decided rightly?", onsubmit: submit },
    make("div", { class: "field" }, make("label", { for: noteId }, "Note, kept encrypted"), note),
    make("button", { value: "right" }, "Right"),
    make("button", { value: "wrong" }, "Wrong"),
    error,
  );
}

byId("reviews-form").addEventListener("change", () => attempt(openReviews));
