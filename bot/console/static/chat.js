// The group window: what is said arrives live, Enter sends, a tap on a bubble quotes it.
// Without this file the page works as well: the form posts, and the page comes back.
const chat = document.getElementById("chat");
const list = document.getElementById("bubbles");
const form = document.getElementById("say");
const speaker = document.getElementById("speaker");

const atEnd = () => chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
const toEnd = () => { chat.scrollTop = chat.scrollHeight; };

function mark() {
  if (!speaker) return;
  for (const bubble of list.children) {
    bubble.classList.toggle("mine", bubble.dataset.sender === speaker.value);
  }
}

// Ask for what is new, and again for what was not sent yet: its state may have changed.
let asking = null;
async function refresh() {
  if (asking) { asking = "again"; return; }
  asking = "once";
  try {
    const open = [...list.children].find((bubble) => bubble.querySelector(".note"));
    const last = (open ?? list.lastElementChild)?.dataset.said ?? 0;
    const answer = await fetch(`${chat.dataset.feed}?after=${open ? last - 1 : last}`);
    if (answer.redirected || answer.status === 401) { location.reload(); return; }
    if (answer.ok) show(await answer.text());
  } catch {
    // away for a moment: the next call, or the next connection, asks again
  } finally {
    const again = asking === "again";
    asking = null;
    if (again) refresh();
  }
}

function show(html) {
  const stay = atEnd();
  const came = document.createElement("template");
  came.innerHTML = html;
  for (const bubble of [...came.content.children]) {
    const old = document.getElementById(bubble.id);
    if (old) old.replaceWith(bubble);
    else list.append(bubble);
  }
  if (list.children.length) document.getElementById("nothing")?.remove();
  mark();
  if (stay) toEnd();
}

if (chat.dataset.calls) {
  const live = new EventSource(chat.dataset.calls);
  live.onopen = refresh;
  live.onmessage = refresh;
}

if (form) {
  const text = document.getElementById("text");
  const quote = document.getElementById("quote");
  const quoting = document.getElementById("quoting");
  const unquote = () => { quote.value = ""; quoting.hidden = true; };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!text.value.trim()) return;
    const said = new FormData(form);
    said.set("id", crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
    const words = text.value;
    text.value = "";
    unquote();
    try {
      const answer = await fetch(form.action, { method: "POST", body: said });
      if (!answer.ok) throw new Error(answer.status);
      toEnd();
    } catch {
      text.value = words;
      alert("没有发出去,请再试一次。");
    }
  });
  text.addEventListener("keydown", (event) => {
    // while a Chinese word is being composed, Enter chooses it
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  list.addEventListener("click", (event) => {
    const said = event.target.closest(".said");
    if (!said) return;
    const bubble = said.closest(".bubble");
    quote.value = bubble.dataset.id;
    quoting.firstElementChild.textContent = `引用:${said.textContent.slice(0, 30)}`;
    quoting.hidden = false;
    text.focus();
  });
  document.getElementById("unquote").addEventListener("click", unquote);
  speaker.addEventListener("change", mark);
}
mark();
toEnd();
