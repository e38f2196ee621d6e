// A ticket: what is typed as a reply is shown as the group will read it. Without this file the
// button beside it shows the same.
const wait = 500;
let later = null;

async function preview(form) {
  const shown = document.getElementById("preview");
  const text = form.elements.text.value;
  if (!text.trim()) { shown.replaceChildren(); return; }
  const asked = new URLSearchParams(new FormData(form));
  asked.set("do", "preview");
  try {
    const answer = await fetch(form.action, { method: "POST", body: asked });
    if (answer.redirected || form.elements.text.value !== text) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("preview");
    if (fresh) shown.replaceChildren(...fresh.childNodes);
  } catch {
    // away for a moment: the next word asks again
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-reply]");
  if (!form) return;
  clearTimeout(later);
  later = setTimeout(preview, wait, form);
});

// the form that came back, and what a link points at, is where the work goes on
const open = document.querySelector(".step[open]");
if (open) open.scrollIntoView({ block: "nearest" });
