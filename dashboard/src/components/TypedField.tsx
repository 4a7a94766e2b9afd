import { useEffect, useId, useRef, useState } from "react";
import { TextField } from "./Field";

const TYPING_MS = 350;

/** A text field whose value is passed on once the typing pauses; for filters that the URL keeps. */
export function TypedField({ label, value, onSettled, options, className, hideLabel = true, ...rest }: {
  label: string;
  value: string | undefined;
  onSettled: (value: string | undefined) => void;
  /** Offered while typing. */
  options?: string[];
  className?: string;
  hideLabel?: boolean;
  placeholder?: string;
  type?: string;
  min?: number;
}) {
  const [typed, setTyped] = useState(value ?? "");
  useEffect(() => setTyped(value ?? ""), [value]);
  const latest = useRef(onSettled);
  latest.current = onSettled;
  useEffect(() => {
    if (typed.trim() === (value ?? "")) return;
    const timer = setTimeout(() => latest.current(typed.trim() || undefined), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, value]);
  const id = useId();
  const list = options && options.length > 0 ? id : undefined;
  return (
    <div className={className}>
      <TextField {...rest} label={label} hideLabel={hideLabel} value={typed} list={list} onChange={(event) => setTyped(event.target.value)} />
      {list && (
        <datalist id={list}>
          {options?.map((option) => <option key={option} value={option} />)}
        </datalist>
      )}
    </div>
  );
}
