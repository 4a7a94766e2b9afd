import { Lock } from "lucide-react";
import { TextField } from "../../../components/Field";
import { Badge } from "../../../components/Badge";

/** How many of the rows are sealed, and what that means. */
export function Sealing({ percent, hasSplits, error, onChange }: {
  percent: number;
  /** A column says where each row goes. */
  hasSplits: boolean;
  error: string | null;
  onChange: (percent: number) => void;
}) {
  const open = 100 - percent;
  return (
    <fieldset className="flex flex-col gap-2 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">Splits</legend>
      <div className="grid gap-3 sm:grid-cols-[10rem_minmax(0,1fr)]">
        <TextField
          label="Sealed (% of the rows)"
          type="number"
          min={0}
          max={100}
          value={String(percent)}
          error={error}
          onChange={(event) => onChange(Math.min(100, Math.max(0, Math.round(Number(event.target.value) || 0))))}
        />
        <div className="flex flex-col gap-1.5 text-sm text-muted">
          <p className="flex flex-wrap gap-1">
            {open > 0 && <Badge>open {open} %</Badge>}
            {percent > 0 && <Badge tone="warn" icon={Lock}>sealed {percent} %</Badge>}
          </p>
          <p>
            Nobody reads sealed rows again, you included: gates alone run on them, so nothing can be tuned to them. Open
            rows are for looking and trying. Where a row goes depends on its inputs alone, whatever is added later.
            {hasSplits && " Rows that name a split themselves go there."}
          </p>
        </div>
      </div>
    </fieldset>
  );
}
