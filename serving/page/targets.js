// The register of targets: a table, a form to add one, and what can be done with each.

import { ask } from "./api.js";
import { byId, make, say } from "./elements.js";
import { attempt } from "./status.js";

const SCOPES = { everything: "everything", documents: "documents only" };
const PAGE = 50;
const table = byId("targets-table");
const names = new Map();
let last = "";

/** List the targets, from the first one on. */
export async function openTargets() {
  try {
    const page = await ask("GET", `v1/targets?limit=${PAGE}`);
    table.tBodies[0].replaceChildren();
    append(page.data, page.has_more);
    allow("");
  } catch (error) {
    if (!error.wantsKey) throw error;
    allow(error.message);
  }
}

/** Return the name of a target, or its id where the server does not tell. */
export async function nameOf(id) {
  if (!names.has(id)) names.set(id, ask("GET", path(id)));
  try {
    return (await names.get(id)).name;
  } catch {
    names.delete(id); // another key may be told
    return id;
  }
}

function append(targets, more) {
  table.tBodies[0].append(...targets.map(row));
  last = targets.at(-1)?.id ?? last;
  byId("targets-more").hidden = !more;
  table.hidden = table.tBodies[0].rows.length === 0;
  byId("targets-empty").hidden = !table.hidden;
}

function allow(refusal) {
  say(byId("targets-notice"), refusal);
  byId("targets-body").hidden = refusal !== "";
}

function row(target) {
  const { name, kind, scope, state, version } = target;
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, make("span", { class: "name" }, name)),
    make("td", { "data-label": "Kind" }, kind),
    make("td", { "data-label": "Scope" }, SCOPES[scope]),
    make("td", { "data-label": "State" }, make("span", { class: `state ${state}` }, state)),
    make("td", { "data-label": "Version", class: "number" }, String(version)),
    make("td", {}, make("div", { class: "buttons" }, ...buttons(target))),
  );
}

function buttons({ id, name, state }) {
  const button = (label, action) => make("button", { type: "button", "aria-label": `${label} ${name}`, onclick: action }, label);
  const turns = { active: [["Pause", "pause"]], paused: [["Resume", "resume"]], expired: [] }[state];
  return [
    ...turns.map(([label, verb]) => button(label, () => alter(() => ask("POST", `${path(id)}/${verb}`)))),
    button("Remove", () => remove(id, name)),
  ];
}

async function remove(id, name) {
  const dialog = byId("removal");
  byId("removal-name").textContent = name;
  dialog.returnValue = "cancel";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  if (dialog.returnValue !== "remove") return;
  await alter(() => ask("DELETE", path(id)));
}

/** Change the register, list it anew, and say below the title what went wrong. */
async function alter(work) {
  try {
    await work();
    names.clear();
    await openTargets();
  } catch (error) {
    say(byId("targets-notice"), error.message);
  }
  byId("targets-title").focus();
}

function path(id) {
  return `v1/targets/${encodeURIComponent(id)}`;
}

byId("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { name, kind, scope, documents } = Object.fromEntries(new FormData(form));
  const texts = documents.split(/\n\s*\n/).map((text) => text.trim());
  try {
    const added = await ask("POST", "v1/targets", { name, kind, scope, documents: texts.filter(Boolean) });
    form.reset();
    say(byId("add-error"), "");
    say(byId("targets-notice"), [`${added.name} is registered.`, ...added.warnings].join(" "));
    append([added], !byId("targets-more").hidden);
    form.elements.name.focus();
  } catch (error) {
    say(byId("add-error"), error.message);
  }
});

byId("targets-more").addEventListener("click", () =>
  attempt(async () => {
    const page = await ask("GET", `v1/targets?limit=${PAGE}&after=${encodeURIComponent(last)}`);
    append(page.data, page.has_more);
  }),
);
