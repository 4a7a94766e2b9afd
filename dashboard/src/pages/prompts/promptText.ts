import type { Schema } from "../../api/client";

/** Return a prompt's text for reading: the template, or each message under a line with its role (as the API's diff). */
export function promptText(body: Schema<"PromptBody">): string {
  if (!body.messages) return body.template ?? "";
  return body.messages.map((message) => `[${message.role}]\n${message.content}`).join("\n");
}
