// Elements are made from text alone: what a server says is never read as markup.

/** Return the element of this id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Make an element.
 *
 * `given` are its attributes; those that begin with "on" are listeners, and `false` leaves one out. Children are nodes
 * or texts; `null` is skipped.
 */
export function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Show a text in an element that is hidden while it has none. */
export function say(element, text) {
  element.textContent = text;
  element.hidden = !text;
}

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Write a moment, given in ISO 8601, as the reader's place writes it. */
export function moment(iso) {
  return make("time", { datetime: iso }, moments.format(new Date(iso)));
}

/** Write a duration given in milliseconds. */
export function duration(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return milliseconds >= 10 ? `${Math.round(milliseconds)} ms` : `${milliseconds.toFixed(1)} ms`;
}
