// The group window: what is said arrives live, Enter sends, a tap on a bubble quotes it.
// Without this file the page works as well: the forms post, and the page comes back.
const chat = document.getElementById("chat");
const list = document.getElementById("bubbles");
const form = document.getElementById("say");
const speaker = document.getElementById("speaker");
const LOOKS = 30; // so many of the newest bubbles are looked at again: they may have changed

const atEnd = () => chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
const toEnd = () => { chat.scrollTop = chat.scrollHeight; };

function mark() {
  if (!speaker) return;
  for (const bubble of list.children) {
    bubble.classList.toggle("mine", bubble.dataset.sender === speaker.value);
  }
}

let asking = null;
async function refresh() {
  if (asking) { asking = "again"; return; }
  asking = "once";
  try {
    let after = Number([...list.children].at(-LOOKS)?.dataset.said ?? list.firstElementChild?.dataset.said ?? 1) - 1;
    for (let came = 1; came > 0; ) {
      const answer = await fetch(`${chat.dataset.feed}?after=${after}`);
      if (answer.redirected || answer.status === 401) { location.reload(); return; }
      if (!answer.ok) return;
      const last = Number(list.lastElementChild?.dataset.said ?? 0);
      came = show(await answer.text());
      after = Number(list.lastElementChild?.dataset.said ?? 0);
      if (after === last) return;
    }
  } catch {
    // away for a moment: the next call, or the next connection, asks again
  } finally {
    const again = asking === "again";
    asking = null;
    if (again) refresh();
  }
}

// A bubble that is the same stays: what is focused or selected in it is not lost.
function show(html) {
  const stay = atEnd();
  const came = document.createElement("template");
  came.innerHTML = html;
  const bubbles = [...came.content.children];
  for (const bubble of bubbles) {
    const old = document.getElementById(bubble.id);
    if (!old) list.append(bubble);
    else if (old.innerHTML !== bubble.innerHTML) old.replaceWith(bubble);
  }
  if (list.children.length) document.getElementById("nothing")?.remove();
  mark();
  if (stay) toEnd();
  return bubbles.length;
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
  const picture = document.getElementById("picture");
  const mention = document.getElementById("mention");
  const fault = document.getElementById("fault");

  const unquote = () => { quote.value = ""; quoting.hidden = true; };
  const quoted = (bubble) => {
    quote.value = bubble.dataset.id;
    const words = bubble.querySelector(".said")?.textContent ?? "[图片]";
    quoting.firstElementChild.textContent = `引用:${words.slice(0, 30)}`;
    quoting.hidden = false;
    text.focus();
  };
  const wrong = (words) => { fault.textContent = words; fault.hidden = !words; };

  const chosen = document.getElementById("chosen");
  const named = () => { chosen.textContent = picture.files[0] ? `图片:${picture.files[0].name}` : "选图片"; };
  picture.addEventListener("change", named);

  async function post(address, body) {
    try {
      const answer = await fetch(address, { method: "POST", body });
      if (answer.ok) return "";
      if (answer.status === 413) return "图片太大,请选 10 MB 以内的。";
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return page.getElementById("fault")?.textContent || "没有发出去,请再试一次。";
    } catch {
      return "没有发出去,请再试一次。";
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!text.value.trim() && !picture.files.length && !mention.checked) return;
    const said = new FormData(form);
    said.set("id", crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
    const words = text.value;
    text.value = "";
    const failed = await post(form.action, said);
    wrong(failed);
    if (failed) { text.value = text.value || words; return; }
    picture.value = "";
    named();
    mention.checked = false;
    unquote();
    toEnd();
  });
  text.addEventListener("keydown", (event) => {
    // while a Chinese word is being composed, Enter chooses it
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  list.addEventListener("click", (event) => {
    const bubble = event.target.closest(".bubble");
    if (!event.target.closest(".said, a.quote") || !bubble.dataset.id) return;
    if (getSelection().toString()) return; // words are being chosen, to be copied
    event.preventDefault();
    quoted(bubble);
  });
  list.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    wrong(await post(event.target.action, new URLSearchParams(new FormData(event.target))));
  });
  document.getElementById("unquote").addEventListener("click", (event) => { event.preventDefault(); unquote(); text.focus(); });
  speaker.addEventListener("change", mark);
}
mark();
toEnd();
