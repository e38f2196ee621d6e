// The official Node SDK as a client of a server: run by itself, tells what it saw as JSON lines.
// Arguments: address of the server, bot id, secret.
const { WSClient } = require("@wecom/aibot-node-sdk");

const [url, botId, secret] = process.argv.slice(2);
const tell = (what, more = {}) => process.stdout.write(JSON.stringify({ what, ...more }) + "\n");
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const client = new WSClient({
  botId, secret, wsUrl: url, logger: quiet, heartbeatInterval: 100,
  maxReconnectAttempts: 0, maxAuthFailureAttempts: 0,
});

client.on("authenticated", () => tell("authenticated"));
client.on("error", (error) => tell("error", { words: String(error.message) }));
client.on("message.text", async (frame) => {
  const { text, quote, chatid } = frame.body;
  tell("text", { content: text.content, quote: quote ?? null });
  if (text.content === "download") {
    const { buffer } = await client.downloadFile(quote.image.url, quote.image.aeskey);
    tell("file", { content: buffer.toString("utf8") });
    return;
  }
  await client.replyStream(frame, "stream_1", "正在登记", false);
  await client.replyStream(frame, "stream_1", "已登记", true);
  const markdown = { msgtype: "markdown", markdown: { content: "**周报**" } };
  const ack = await client.sendMessage(chatid, markdown);
  tell("acknowledged", { errcode: ack.errcode });
});
client.on("event.template_card_event", async (frame) => {
  const told = frame.body.event.template_card_event;
  const card = {
    card_type: "button_interaction", main_title: { title: "已收到" },
    button_list: [{ text: "已收到", key: "seen" }], task_id: told.task_id,
  };
  await client.updateTemplateCard(frame, card, ["zhang"]);
  tell("updated", { key: told.event_key });
});
client.on("event.enter_chat", async (frame) => {
  await client.replyWelcome(frame, { msgtype: "text", text: { content: "您好" } });
  tell("welcomed");
});
client.on("event.disconnected_event", () => {
  tell("disconnected");
  process.exit(0);
});
client.connect();
