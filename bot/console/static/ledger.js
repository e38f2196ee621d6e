// The ledger by keyboard: j and k move, Enter opens, x chooses, / goes to the search.
const rows = () => [...document.querySelectorAll(".ledger tbody tr")];
let at = 0; // the number of the ticket that the keyboard stands on

const link = (row) => row?.querySelector("a[href^='/tickets/']");
const number = (row) => Number(link(row)?.pathname.split("/").pop() ?? 0);

function stand(row) {
  for (const other of document.querySelectorAll(".ledger tr.at")) other.classList.remove("at");
  if (!row) return;
  at = number(row);
  row.classList.add("at");
  row.scrollIntoView({ block: "nearest" });
  link(row).focus({ preventScroll: true });
}

function move(by) {
  const all = rows();
  const here = all.findIndex((row) => number(row) === at);
  stand(all[here < 0 ? 0 : Math.min(Math.max(here + by, 0), all.length - 1)]);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const row = rows().find((other) => number(other) === at);
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x") row?.querySelector("[name=no]")?.click();
  else if (event.key === "Enter" && row && document.activeElement === document.body) link(row).click();
  else if (event.key === "/") document.querySelector(".filter [name=q]").focus();
  else return;
  event.preventDefault();
});

// what changed meanwhile is shown anew: the mark stays on its ticket
document.addEventListener("renewed", () => {
  rows().find((row) => number(row) === at)?.classList.add("at");
});

// --- how many are chosen, and all at once --------------------------------------------------------
const form = document.getElementById("batch");
const chosen = () => document.querySelectorAll(".ledger [name=no]:checked").length;
function count() {
  const title = form.querySelector("h2");
  title.textContent = chosen() ? `办理选中的 ${chosen()} 件工单` : "办理选中的工单";
}
function whole() {
  const head = document.querySelector(".ledger thead th:first-child");
  if (!form || !head || head.querySelector("input")) return;
  const all = document.createElement("input");
  all.type = "checkbox";
  all.setAttribute("aria-label", "选择本页全部");
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll(".ledger [name=no]")) box.checked = all.checked;
    count();
  });
  head.replaceChildren(all);
}
if (form) {
  document.addEventListener("change", (event) => { if (event.target.name === "no") count(); });
  document.addEventListener("renewed", () => { whole(); count(); });
  whole();
}
