// 待审 with the keyboard alone: one row is current, keys judge it, the next one is current at once.
// Words are marked with the mouse or with keys. Without this file each row is a plain form.
const rows = document.getElementById("rows");
const told = document.getElementById("told");
const more = document.getElementById("more");
const KINDS = Object.fromEntries(
  [...(rows.querySelector(".marking")?.querySelectorAll("[data-kind]") ?? [])]
    .map((button) => [button.dataset.kind, { name: button.dataset.name, key: button.querySelector("kbd").textContent }]),
);
const PAUSE = 900; // between two digits of one number

// --- one row ---------------------------------------------------------------------------------------
// Places count code points, as on the server; the page counts UTF-16 units.
const state = new WeakMap();
const points = (text) => Array.from(text);

function prepare(row) {
  if (state.has(row)) return;
  const { text, marks } = JSON.parse(row.dataset.row);
  state.set(row, { chars: points(text), marks, segments: null });
  row.querySelector(".marking").hidden = false;
  for (const part of row.querySelectorAll("noscript")) part.remove();
  fit(row);
  draw(row);
}

function draw(row, chosen) {
  const { chars, marks } = state.get(row);
  const words = row.querySelector(".words");
  const piece = (from, to) => chars.slice(from, to).join("");
  let at = 0;
  words.replaceChildren();
  for (const mark of marks) {
    const marked = document.createElement("mark");
    marked.dataset.entity = mark.entity;
    marked.dataset.name = KINDS[mark.entity]?.name ?? "";
    marked.textContent = piece(mark.start, mark.end);
    words.append(piece(at, mark.start), marked);
    at = mark.end;
  }
  words.append(piece(at, chars.length));
  row.querySelector("[name=entities]").value = JSON.stringify(marks);
  if (chosen) select(row, chosen);
}

// Where in the text a place of the page is, in code points; null outside.
function place(words, node, offset) {
  if (!words.contains(node)) return null;
  const before = document.createRange();
  before.setStart(words, 0);
  before.setEnd(node, offset);
  return points(before.toString()).length;
}

function selected(row) {
  const here = getSelection();
  const words = row.querySelector(".words");
  if (!here.rangeCount) return null;
  const range = here.getRangeAt(0);
  let start = place(words, range.startContainer, range.startOffset);
  let end = place(words, range.endContainer, range.endOffset);
  if (start === null || end === null) return null;
  const { chars } = state.get(row);
  while (start < end && !chars[start].trim()) start += 1;
  while (end > start && !chars[end - 1].trim()) end -= 1;
  return { start, end };
}

function select(row, { start, end }) {
  const words = row.querySelector(".words");
  const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let seen = 0;
  let begun = false;
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const chars = points(node.data);
    const units = (count) => chars.slice(0, count).join("").length;
    if (!begun && start < seen + chars.length) { range.setStart(node, units(start - seen)); begun = true; }
    if (begun && end <= seen + chars.length) { range.setEnd(node, units(end - seen)); break; }
    seen += chars.length;
  }
  if (!begun) return;
  const here = getSelection();
  here.removeAllRanges();
  here.addRange(range);
}

// The words of the text, for the arrow keys; a mark is one word.
function segments(row) {
  const known = state.get(row);
  if (known.segments) return known.segments;
  const text = known.chars.join("");
  const found = [];
  const cut = Intl.Segmenter ? [...new Intl.Segmenter("zh", { granularity: "word" }).segment(text)] : [];
  let at = 0;
  for (const part of cut.length ? cut : known.chars.map((segment) => ({ segment, isWordLike: true }))) {
    const end = at + points(part.segment).length;
    if (part.isWordLike) found.push({ start: at, end });
    at = end;
  }
  const free = found.filter((word) => !known.marks.some((mark) => mark.start < word.end && word.start < mark.end));
  known.segments = [...free, ...known.marks].sort((a, b) => a.start - b.start);
  return known.segments;
}

function step(row, forward) {
  const all = segments(row);
  const here = selected(row);
  const next = forward
    ? all.find((word) => !here || word.start >= here.end && word.start > here.start - (here.start === here.end)) ?? all.at(-1)
    : all.findLast((word) => here && word.end <= here.start) ?? all[0];
  if (next) select(row, next);
}

function stretch(row, forward) {
  const here = selected(row);
  if (!here) { step(row, true); return; }
  const end = Math.min(state.get(row).chars.length, here.end + (forward ? 1 : -1));
  if (end > here.start) select(row, { start: here.start, end });
}

function mark(row, entity) {
  const here = selected(row);
  if (!here) { say("先选中要标注的字:用鼠标拖,或按 ← →。"); return; }
  const known = state.get(row);
  const touches = (one) => here.start === here.end
    ? one.start <= here.start && here.start <= one.end
    : one.start < here.end && here.start < one.end;
  if (entity && here.start === here.end) return;
  known.marks = known.marks.filter((one) => !touches(one));
  if (entity) known.marks.push({ entity, ...here });
  known.marks.sort((a, b) => a.start - b.start);
  known.segments = null;
  draw(row, here.start < here.end ? here : null);
}

// What can be done fits what is chosen.
function fit(row) {
  const [intent, category] = row.querySelectorAll("select");
  const chosen = intent.selectedOptions[0];
  category.disabled = !("categorised" in chosen.dataset);
  const opens = "opens" in chosen.dataset;
  row.querySelector("[value=open]").disabled = !opens;
}

let questions = 0;
async function foresee(row) {
  fit(row);
  questions += 1;
  const question = questions;
  const asked = new URLSearchParams(new FormData(row.querySelector("form")));
  for (const key of [...asked.keys()]) if (key !== "intent" && key !== "category") asked.delete(key);
  try {
    const answer = await fetch(`/reviews/${row.dataset.id}/outcome?${asked}`);
    const words = answer.ok ? await answer.text() : "";
    if (words && question === questions) row.querySelector(".outcome").innerHTML = words;
  } catch {
    // away for a moment; what is posted is checked all the same
  }
}

// --- which row -------------------------------------------------------------------------------------
const current = () => rows.querySelector("details[open]")?.closest(".review") ?? null;

function open(row) {
  for (const other of rows.querySelectorAll("details[open]")) {
    if (!row?.contains(other)) other.open = false;
  }
  document.getElementById("nothing").hidden = rows.children.length > 0;
  if (!row) return;
  prepare(row);
  row.querySelector("details").open = true;
  getSelection().removeAllRanges();
  row.querySelector(".words").focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

// The next row that is not on its way already.
function beside(row, forward) {
  let next = row;
  do next = forward ? next.nextElementSibling : next.previousElementSibling;
  while (next?.classList.contains("sending"));
  return next;
}

function move(forward) {
  const here = current();
  const next = here ? beside(here, forward) : rows.querySelector(".review:not(.sending)");
  if (next) open(next);
  else if (forward) say("后面没有了。");
}

function say(words) {
  const line = document.createElement("p");
  line.className = "done";
  line.textContent = words;
  told.replaceChildren(line);
}

// --- deciding --------------------------------------------------------------------------------------
let turn = Promise.resolve();

function decide(row, button) {
  const form = row.querySelector("form");
  if (button.disabled) { say("这一类不登记工单:按 d 当作闲聊,按 x 只记下意图。"); return; }
  const [, category] = row.querySelectorAll("select");
  if (button.value !== "talk" && !category.disabled && !category.value) {
    say("先选类别(按 c)。");
    category.focus();
    return;
  }
  const body = new URLSearchParams(new FormData(form, button));
  const next = beside(row, true) ?? beside(row, false);
  row.querySelector(".alert")?.remove();
  row.classList.add("sending");
  row.querySelector("details").inert = true;
  open(next);
  turn = turn.then(() => send(row, form.action, body));
}

async function send(row, address, body) {
  let page = null;
  let fault = "没有发出去,请再试一次。";
  try {
    const answer = await fetch(address, { method: "POST", body });
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.ok || answer.status === 409) fault = "";
    else fault = page.querySelector("[role=alert]")?.textContent ?? fault;
    if (!page.getElementById("rows")) { location.reload(); return; }
  } catch {
    // the row stays, and says so
  }
  if (fault) { failed(row, fault); return; }
  const was = current();
  row.remove();
  told.replaceChildren(...page.getElementById("told").childNodes);
  renew(page);
  if (!was || was === row) open(rows.querySelector(".review:not(.sending)"));
}

function failed(row, fault) {
  row.classList.remove("sending");
  row.querySelector("details").inert = false;
  const line = document.createElement("p");
  line.className = "alert";
  line.setAttribute("role", "alert");
  line.textContent = fault;
  row.append(line);
  say("有一条没有处理,标着原因。");
  if (!current()) open(row);
}

// --- new rows at the end, and those that others have judged -----------------------------------------
function renew(page) {
  const fresh = [...page.getElementById("rows").children];
  const known = new Set([...rows.children].map((row) => row.id));
  const last = Math.max(0, ...[...rows.children].map((row) => Number(row.dataset.id)));
  const count = page.getElementById("count");
  if (count) document.getElementById("count").replaceChildren(...count.childNodes);
  for (const row of fresh) {
    if (known.has(row.id) || Number(row.dataset.id) <= last) continue;
    row.querySelector("details").open = false;
    rows.append(row);
  }
  // a page that is not full holds all that waits
  const held = new Set(fresh.map((row) => row.id));
  const end = page.getElementById("more") ? Number(fresh.at(-1)?.dataset.id ?? 0) : Infinity;
  const start = Number(new URL(location.href).searchParams.get("after") ?? 0);
  for (const row of [...rows.children]) {
    const number = Number(row.dataset.id);
    const gone = number > start && number <= end && !held.has(row.id);
    if (gone && row !== current() && !row.classList.contains("sending") && !row.querySelector(".alert")) row.remove();
  }
  if (more) more.closest("p").hidden = !page.getElementById("more");
  document.getElementById("nothing").replaceChildren(...page.getElementById("nothing").childNodes);
  document.getElementById("nothing").hidden = rows.children.length > 0;
  const first = rows.querySelector(".review:not(.sending) details");
  if (first && !current()) first.open = true;
}
addEventListener("renewed", async () => {
  try {
    const answer = await fetch(location.pathname + location.search);
    if (answer.ok) renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the next call asks again
  }
});

// --- keys and the mouse ------------------------------------------------------------------------------
let typed = "";
let typedAt = 0;
let typedIn = null;
function byNumber(event) {
  if (event.target !== typedIn || event.timeStamp - typedAt > PAUSE) typed = "";
  typedIn = event.target;
  typed += event.key;
  typedAt = event.timeStamp;
  const found = [...event.target.options].find((option) => option.text.startsWith(`${typed} `));
  if (!found) return;
  event.target.value = found.value;
  event.target.dispatchEvent(new Event("change", { bubbles: true }));
}

// What a select leaves to the row: from the intent to the category, and on.
const LEFT = new Set(["i", "c", "d", "x", "j", "k"]);

function inSelect(event) {
  if (/^[0-9]$/.test(event.key)) { event.preventDefault(); byNumber(event); }
  if (event.key === "Enter" || event.key === "Escape") {
    event.preventDefault();
    event.target.closest(".review").querySelector(".words").focus({ preventScroll: true });
  }
}

// A number that is typed next must not go to the select that had the focus before.
function choose(select) {
  if (!select.disabled) { select.focus(); return; }
  select.closest(".review").querySelector(".words").focus({ preventScroll: true });
  say("这一类消息不分类别。");
}

const ACTS = {
  Enter: (row) => decide(row, row.querySelector("[value=open]")),
  d: (row) => decide(row, row.querySelector("[value=talk]")),
  x: (row) => decide(row, row.querySelector("[value=keep]")),
  i: (row) => row.querySelector("[name=intent]").focus(),
  c: (row) => choose(row.querySelector("[name=category]")),
  Backspace: (row) => mark(row, ""),
};
document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("select")) inSelect(event);
  if (event.target.matches("select") && !LEFT.has(event.key.toLowerCase())) return;
  if (event.target.matches("input, textarea")) return;
  const pressed = event.target.closest("button, a, summary") && (event.key === "Enter" || event.key === " ");
  if (pressed) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "j" || key === "k") { event.preventDefault(); move(key === "j"); return; }
  const row = current();
  if (!row || event.repeat && !key.startsWith("Arrow")) return;
  const kind = Object.keys(KINDS).find((name) => name && KINDS[name].key === key);
  const act = kind ? () => mark(row, kind)
    : key === "ArrowRight" || key === "ArrowLeft"
      ? () => (event.shiftKey ? stretch : step)(row, key === "ArrowRight")
      : ACTS[key] && !event.shiftKey && (() => ACTS[key](row));
  if (!act) return;
  event.preventDefault();
  act();
});
rows.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  decide(event.target.closest(".review"), event.submitter ?? event.target.querySelector("[value=open]"));
});
rows.addEventListener("change", (event) => {
  if (event.target.matches("select")) foresee(event.target.closest(".review"));
});
rows.addEventListener("toggle", (event) => {
  const row = event.target.closest(".review");
  if (!event.target.open) return;
  prepare(row);
  for (const other of rows.querySelectorAll("details[open]")) if (other !== event.target) other.open = false;
}, true);
// a press on a button must not end the selection that it is for
rows.addEventListener("pointerdown", (event) => {
  if (event.target.closest("[data-kind]")) event.preventDefault();
});
rows.addEventListener("click", (event) => {
  const button = event.target.closest("[data-kind]");
  if (button) mark(button.closest(".review"), button.dataset.kind);
});

if (current()) prepare(current());
