// The board: printing; and on the wall it is renewed each minute, because time alone changes it.
import { refresh } from "./page.js";

const printing = document.querySelector("[data-print]");
if (printing) {
  printing.hidden = false;
  printing.addEventListener("click", () => print());
}
if (document.querySelector("[data-clock]")) setInterval(refresh, 60_000);
