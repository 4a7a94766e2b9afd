/** Messages that pass: shown in the corner, and read out by screen readers. */
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { IconButton } from "./Button";
import { classes } from "./classes";

/** What can be done about a message, such as to undo what it tells. */
interface Action {
  label: string;
  run: () => void;
}

interface Message {
  id: number;
  text: string;
  tone: "good" | "bad";
  action: Action | undefined;
}

const SHOWN_MS = 5_000;
/** Long enough to read, decide and reach the button. */
const SHOWN_WITH_ACTION_MS = 20_000;
let messages: readonly Message[] = [];
let count = 0;
const listeners = new Set<() => void>();

/** Tell the person something once. Errors stay until they are closed. */
export function announce(text: string, tone: "good" | "bad" = "good", action?: Action): void {
  count += 1;
  update([...messages.filter((message) => message.text !== text), { id: count, text, tone, action }]);
}

function update(next: readonly Message[]): void {
  messages = next;
  for (const listener of listeners) listener();
}

function dismiss(id: number): void {
  update(messages.filter((message) => message.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where messages appear; once, in the shell. */
export function LiveRegion() {
  const shown = useSyncExternalStore(subscribe, () => messages);
  return (
    <div role="status" aria-live="polite" className="pointer-events-none fixed right-4 bottom-4 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2">
      {shown.map((message) => (
        <Toast key={message.id} message={message} />
      ))}
    </div>
  );
}

function Toast({ message }: { message: Message }) {
  useEffect(() => {
    if (message.tone === "bad") return;
    const timer = setTimeout(() => dismiss(message.id), message.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [message]);
  function act() {
    dismiss(message.id);
    message.action?.run();
  }
  const Icon = message.tone === "bad" ? CircleAlert : CircleCheck;
  return (
    <div className="pointer-events-auto flex items-start gap-2 rounded-lg border border-line bg-surface p-3 text-sm shadow-pop">
      <Icon aria-hidden className={classes("mt-0.5 size-4 shrink-0", message.tone === "bad" ? "text-bad" : "text-good")} />
      <div className="min-w-0 grow">
        <p className="break-words">{message.text}</p>
        {message.action && (
          <button type="button" onClick={act} className="mt-1 font-medium text-accent-ink hover:underline">
            {message.action.label}
          </button>
        )}
      </div>
      <IconButton icon={X} label="Close this message" className="size-6" onClick={() => dismiss(message.id)} />
    </div>
  );
}
