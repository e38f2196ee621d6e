// A verification that has not come to its end goes on by itself; without this file, by its button.
document.querySelector("form[data-goes-on]")?.requestSubmit();

const printing = document.querySelector("[data-print]");
if (printing) {
  printing.hidden = false;
  printing.addEventListener("click", () => print());
}
