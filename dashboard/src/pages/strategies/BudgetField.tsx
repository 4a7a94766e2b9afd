import { Advanced } from "./Advanced";
import { NumberField } from "./NumberField";
import { BUDGET, BUDGETED } from "./options";

/** How many tokens a language model reads of what is packed for it; null for the engine's own number. */
export function BudgetField({ label, hint, value, onChange }: { label: string; hint: string; value: number | null; onChange: (next: number | null) => void }) {
  return (
    <Advanced isOpen={value !== null && value !== BUDGETED}>
      <NumberField label={label} hint={hint} range={BUDGET} placeholder={String(BUDGETED)} value={value} onChange={onChange} onEmpty={() => onChange(null)} />
    </Advanced>
  );
}
