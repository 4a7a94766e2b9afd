import type { Schema } from "../../api/client";
import { Badge } from "../../components/Badge";
import { CodeEditor } from "../../components/editor/CodeEditor";

/** The templates of a version, one after the other. */
export function Templates({ body }: { body: Schema<"PromptBody"> }) {
  if (!body.messages) {
    return <CodeEditor key="template" readOnly language="template" label="The template" value={body.template ?? ""} />;
  }
  return (
    <ol className="flex flex-col gap-3">
      {body.messages.map((message, index) => (
        <li key={index} className="flex flex-col gap-1">
          <Badge className="self-start">{message.role}</Badge>
          <CodeEditor readOnly language="template" label={`Message ${index + 1} (${message.role})`} value={message.content} />
        </li>
      ))}
    </ol>
  );
}

/** Messages as they go to the model. */
export function RenderedMessages({ messages }: { messages: readonly Schema<"Message">[] }) {
  return (
    <ol className="flex flex-col gap-3">
      {messages.map((message, index) => (
        <li key={index} className="flex flex-col gap-1">
          <Badge className="self-start">{message.role}</Badge>
          <p className="text-sm leading-relaxed break-words whitespace-pre-wrap">{message.content}</p>
        </li>
      ))}
    </ol>
  );
}
