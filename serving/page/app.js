// The page: its three parts, and the key.

import { key } from "./api.js";
import { openChat } from "./chat.js";
import { byId } from "./elements.js";
import { countWaiting, openReviews } from "./reviews.js";
import { attempt } from "./status.js";
import { openTargets } from "./targets.js";

const PARTS = { chat: openChat, targets: openTargets, reviews: openReviews };

async function show() {
  const wanted = location.hash.slice(1);
  if (wanted === "main") return; // the link that skips to the content
  const part = wanted in PARTS ? wanted : "chat";
  for (const name of Object.keys(PARTS)) {
    byId(name).hidden = name !== part;
    document.querySelector(`nav a[href="#${name}"]`).setAttribute("aria-current", name === part ? "page" : "false");
  }
  await attempt(PARTS[part]);
  await countWaiting();
}

byId("access").addEventListener("submit", (event) => {
  event.preventDefault();
  key.set(byId("key").value.trim());
  show();
});
addEventListener("hashchange", show);
byId("key").value = key.get();
show();
