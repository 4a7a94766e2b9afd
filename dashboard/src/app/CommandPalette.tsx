import { useNavigate } from "@tanstack/react-router";
import { Library, type LucideIcon, Moon, SquareTerminal, Sun } from "lucide-react";
import { Dialog } from "radix-ui";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { classes } from "../components/classes";
import { navigation } from "../navigation";
import { matching } from "./matching";
import { setTheme } from "./theme";
import { useNamed } from "./useNamed";

interface Command {
  name: string;
  detail: string;
  words: string;
  icon: LucideIcon;
  /** Whether it goes to a page: the keyboard goes on there. */
  leaves?: boolean;
  run: () => void;
}

function useCommands(): Command[] {
  const navigate = useNavigate();
  return useMemo(() => {
    const pages = navigation.flatMap((group) =>
      group.sections.map(({ label, to, icon, words = "" }) => ({
        name: label,
        detail: group.label,
        words,
        icon,
        leaves: true,
        run: () => void navigate({ to }),
      })),
    );
    const looks = [
      { name: "Light appearance", detail: "", words: "theme", icon: Sun, run: () => setTheme("light") },
      { name: "Dark appearance", detail: "", words: "theme", icon: Moon, run: () => setTheme("dark") },
    ];
    return [...pages, ...looks];
  }, [navigate]);
}

/** What is named so in this namespace: pages come first. */
function useNamedCommands(query: string): { named: Command[]; isSettled: boolean } {
  const navigate = useNavigate();
  const { prompts, collections, isSettled } = useNamed(query);
  const named = [
    ...prompts.map((name) => ({ name, detail: "Prompt", icon: SquareTerminal, run: () => void navigate({ to: "/prompts/$name", params: { name } }) })),
    ...collections.map((name) => ({ name, detail: "Collection", icon: Library, run: () => void navigate({ to: "/documents/$collection", params: { collection: name } }) })),
  ].map((one) => ({ ...one, words: "", leaves: true }));
  return { named, isSettled };
}

/** Ctrl-K: any section, prompt or collection by a few letters of its name. */
export function CommandPalette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const commands = useCommands();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const left = useRef(false);
  const pages = useMemo(() => matching(commands, query, (item) => `${item.name} ${item.detail} ${item.words}`), [commands, query]);
  const { named, isSettled } = useNamedCommands(open ? query : "");
  const found = [...pages, ...named];

  useEffect(() => setQuery(""), [open]);
  useEffect(() => setAt(0), [query]);

  function choose(command: Command | undefined) {
    if (!command) return;
    left.current = command.leaves ?? false;
    onClose();
    command.run();
  }

  function handOver(event: Event) {
    if (!left.current) return;
    left.current = false;
    event.preventDefault();
    document.getElementById("main")?.focus();
  }

  function steer(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setAt((at + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") choose(found[at]);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-backdrop" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={handOver}
          className="fixed top-[14vh] left-1/2 z-40 flex max-h-[60dvh] w-[calc(100vw-2rem)] max-w-lg -translate-x-1/2 flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-pop focus:outline-none"
        >
          <Dialog.Title className="sr-only">Go to a page</Dialog.Title>
          <input
            role="combobox"
            aria-label="Go to a page"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
            placeholder="Type a page, a prompt or a collection"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={steer}
            className="h-12 border-b border-line bg-transparent px-4 text-lg placeholder:text-faint focus:outline-none"
          />
          <ul id={`${id}-list`} role="listbox" aria-label="Commands" className="min-h-0 overflow-auto p-1.5">
            {found.map((command, index) => (
              <li
                key={`${command.detail} ${command.name}`}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                onMouseMove={() => setAt(index)}
                onClick={() => choose(command)}
                className={classes("flex h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5", index === at && "bg-hover")}
              >
                <command.icon aria-hidden className="size-4 text-muted" />
                <span className="min-w-0 grow truncate">{command.name}</span>
                <span className="text-xs text-muted">{command.detail}</span>
              </li>
            ))}
          </ul>
          {found.length === 0 && isSettled && <p className="px-4 py-6 text-center text-sm text-muted">Nothing is called that.</p>}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
