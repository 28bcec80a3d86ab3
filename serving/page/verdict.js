// What was decided on an answer, in words and in a card beside it.

import { duration, make } from "./elements.js";
import { nameOf } from "./targets.js";

/** What an action is called, and what it means. */
export const ACTIONS = {
  release: { name: "released", means: "The answer is the model's own." },
  rewrite: { name: "rewritten", means: "What would have disclosed a target was left out." },
  abstain: { name: "withheld", means: "What the model said, or would have said, is not shown." },
};

/** Make the card of an answer that is still coming. */
export function pendingCard() {
  return card("pending", "being audited", make("p", {}, "Text is shown once it has been audited."));
}

/** Make the card of an answer that did not come to its end. */
export function failureCard(name, reason) {
  return card("failed", name, make("p", { role: "alert" }, reason));
}

/** Make the card of an answer; `verdict` is null where the key in use may not see it. */
export function verdictCard(verdict, elapsed) {
  const whole = ["In all", duration(elapsed)];
  if (verdict === null) {
    const wanted = make("p", {}, "An administrator's key shows what was decided.");
    return card("pending", "answered", wanted, facts([whole]));
  }
  const { name, means } = ACTIONS[verdict.action];
  const rows = [
    ["Target", verdict.targets.length > 0 && targetNames(verdict.targets)],
    ["Found by", verdict.layers.join(", ")],
    ["Error", verdict.error],
    ["Added time", duration(verdict.elapsed_ms)],
    whole,
  ];
  const level = make("p", { class: "level" }, "Suppression: the model itself is unchanged.");
  return card(verdict.action, name, make("p", {}, means), facts(rows), verdict.action === "release" ? null : level);
}

/** Make the badge of an action. */
export function badge(kind, name) {
  return make("span", { class: `badge ${kind}` }, name);
}

/** Make a list of the names of targets, given their ids; a name is filled in when the server has told it. */
export function targetNames(ids) {
  const names = ids.map((id) => {
    const name = make("span", { class: "name" }, id);
    nameOf(id).then((known) => (name.textContent = known));
    return make("li", {}, name);
  });
  return make("ul", { class: "names" }, ...names);
}

/** Make a list of what is known, without what is not. */
export function facts(rows) {
  const known = rows.filter(([, value]) => value);
  return make("dl", {}, ...known.flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]));
}

function card(kind, name, ...content) {
  return make("aside", { class: "verdict", "aria-label": "Verdict" }, badge(kind, name), ...content);
}
