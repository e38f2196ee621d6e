// Every page: parts that change are asked for anew when something happened, and what is sent is
// sent once. Without this file all pages work; they only stand still.
const menu = document.querySelector("details.menu");
if (menu && matchMedia("(max-width: 899px)").matches) menu.open = false;

// A page that answers a form is one like others: to come back to it, or to renew it, sends nothing.
const address = document.querySelector("link[rel=canonical]");
history.replaceState(history.state, "", address ? address.href : location.href);

// On a phone the tab that one is on may stand beyond the edge.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - 40;
}

// --- parts with data-live ------------------------------------------------------------------------
// What somebody is typing into or has opened is left as it is.
const busy = (part) => part.contains(document.activeElement) || part.querySelector("details[open], [type=checkbox]:checked");

const PAUSE = 5000;
let asking = false;
let again = false;
export async function refresh() {
  if (document.hidden) { again = true; return; }
  if (asking) { again = true; return; }
  asking = true;
  again = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) { location.reload(); return; }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live][id]")) {
      const other = fresh.getElementById(part.id);
      if (other && !busy(part) && other.innerHTML !== part.innerHTML) {
        part.replaceWith(other);
        other.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
      }
    }
  } catch {
    // away for a moment: the next call asks again
  } finally {
    asking = false;
    if (again && !document.hidden) setTimeout(refresh, 1000);
  }
}
// At once where it is quiet; in a busy city every few seconds, and not all readers together.
let last = 0;
let waiting = null;
function soon() {
  const wait = Math.max(0, last + PAUSE - Date.now());
  waiting ??= setTimeout(() => { waiting = null; last = Date.now(); refresh(); }, wait && wait + Math.random() * 2000);
}
if (document.querySelector("[data-live][id]")) {
  const group = document.body.dataset.group;
  const calls = new EventSource(group ? `/live?group=${encodeURIComponent(group)}` : "/live");
  calls.onmessage = soon;
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) refresh(); });
}

// --- forms ---------------------------------------------------------------------------------------
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  // disabled only after the browser has taken the values, the pressed button's among them
  setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; });
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
});
// a choice that acts at once: <select data-submit>
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
