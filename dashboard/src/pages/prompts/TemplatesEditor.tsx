import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { useMemo } from "react";
import type { Schema } from "../../api/client";
import { Button, IconButton } from "../../components/Button";
import { CodeEditor } from "../../components/editor/CodeEditor";
import { SelectField } from "../../components/Field";
import { Card } from "../../components/Page";
import { Segments } from "../../components/Tabs";
import { type Draft, type DraftMessage, moved, newMessage, type Role, withType } from "./draft";

type Fault = Schema<"DraftFault">;

const TYPES = [
  { name: "text", label: "One text" },
  { name: "chat", label: "Chat" },
] as const;
const ROLES: readonly Role[] = ["system", "user", "assistant"];

/** The template of a text prompt, or the messages of a chat. */
export function TemplatesEditor({ draft, onChange, faults, variables }: {
  draft: Draft;
  onChange: (draft: Draft) => void;
  faults: readonly Fault[];
  variables: readonly string[];
}) {
  const setMessages = (messages: readonly DraftMessage[]) => onChange({ ...draft, messages });
  return (
    <Card
      title={draft.type === "text" ? "Template" : "Messages"}
      actions={<Segments label="Type" options={TYPES} value={draft.type} onChange={(type) => onChange(withType(draft, type))} />}
    >
      {draft.type === "text" ? (
        <Template
          label="The template"
          value={draft.template}
          onChange={(template) => onChange({ ...draft, template })}
          faults={faults}
          index={0}
          variables={variables}
        />
      ) : (
        <div className="flex flex-col gap-4">
          <ol className="flex flex-col gap-4">
            {draft.messages.map((message, index) => (
              <li key={message.key} className="flex flex-col gap-1.5">
                <MessageHead messages={draft.messages} index={index} onChange={setMessages} />
                <Template
                  label={`Message ${index + 1} (${message.role})`}
                  value={message.content}
                  onChange={(content) => setMessages(draft.messages.map((other) => (other === message ? { ...other, content } : other)))}
                  faults={faults}
                  index={index}
                  variables={variables}
                />
              </li>
            ))}
          </ol>
          <Button className="self-start" icon={Plus} onClick={() => setMessages([...draft.messages, newMessage("user")])}>
            Add a message
          </Button>
        </div>
      )}
    </Card>
  );
}

function MessageHead({ messages, index, onChange }: {
  messages: readonly DraftMessage[];
  index: number;
  onChange: (messages: readonly DraftMessage[]) => void;
}) {
  const which = `message ${index + 1}`;
  return (
    <div className="flex items-center gap-1">
      <SelectField
        label={`Role of ${which}`}
        hideLabel
        fieldClassName="mr-auto w-36"
        value={messages[index]?.role}
        onChange={(event) => onChange(messages.map((other, at) => (at === index ? { ...other, role: event.target.value as Role } : other)))}
      >
        {ROLES.map((role) => (
          <option key={role} value={role}>
            {role}
          </option>
        ))}
      </SelectField>
      <IconButton icon={ArrowUp} label={`Move ${which} up`} disabled={index === 0} onClick={() => onChange(moved(messages, index, -1))} />
      <IconButton
        icon={ArrowDown}
        label={`Move ${which} down`}
        disabled={index === messages.length - 1}
        onClick={() => onChange(moved(messages, index, 1))}
      />
      <IconButton
        icon={Trash2}
        label={`Remove ${which}`}
        disabled={messages.length === 1}
        onClick={() => onChange(messages.filter((_, at) => at !== index))}
      />
    </div>
  );
}

function Template({ label, value, onChange, faults, index, variables }: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  faults: readonly Fault[];
  index: number;
  variables: readonly string[];
}) {
  const own = useMemo(() => faults.filter((fault) => fault.message_index === index), [faults, index]);
  const marks = useMemo(
    () => own.map((fault) => ({ line: fault.line ?? 1, column: fault.column ?? 1, message: fault.detail })),
    [own],
  );
  return (
    <>
      <CodeEditor
        language="template"
        label={label}
        value={value}
        onChange={onChange}
        marks={marks}
        variables={variables}
        placeholder="Explain {{ term }} in one short sentence."
        className="min-h-28"
      />
      <div role="status" className="mt-1.5 empty:hidden">
        {own.map((fault) => (
          <p key={fault.detail} className="text-sm text-bad">
            {fault.detail}
          </p>
        ))}
      </div>
    </>
  );
}
