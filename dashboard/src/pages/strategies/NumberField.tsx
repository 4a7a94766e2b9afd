import { type ReactNode, useState } from "react";
import { TextField } from "../../components/Field";
import { numberFault } from "./faults";
import type { Range } from "./options";

/** A number that can be typed: on the way to 1500 stands a 1, so what is out of range is told and not changed. */
export function NumberField({ label, hint, placeholder, range, value, onChange, onEmpty }: {
  label: string;
  hint?: ReactNode;
  placeholder?: string;
  range: Range;
  value: number | null;
  onChange: (value: number) => void;
  /** Called where no number may stand; without it the number from before comes back. */
  onEmpty?: () => void;
}) {
  const [isEmpty, setEmpty] = useState(false);
  return (
    <TextField
      label={label}
      hint={hint}
      placeholder={placeholder}
      type="number"
      min={range.least}
      max={range.most}
      step={range.step}
      error={numberFault(value, range)}
      value={isEmpty || value === null ? "" : String(value)}
      onChange={(event) => {
        const given = event.target.valueAsNumber;
        setEmpty(Number.isNaN(given));
        if (!Number.isNaN(given)) onChange(given);
        else onEmpty?.();
      }}
      onBlur={() => setEmpty(false)}
    />
  );
}
