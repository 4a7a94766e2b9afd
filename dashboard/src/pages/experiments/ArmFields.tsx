import { useInfiniteQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Plus, Scale, X } from "lucide-react";
import { useNamespace } from "../../app/routes";
import { Button, IconButton } from "../../components/Button";
import { SelectField, TextField } from "../../components/Field";
import { versionsQuery } from "../versions/queries";
import { type DraftArm, evenly, weightsOf } from "./draft";
import { type PartProps, replaced, without } from "./fields";
import { useKnownPrompt } from "./useKnownPrompt";

const MOST_ARMS = 12;

/** The versions beside each other, with the share that each gets. */
export function ArmFields({ draft, onChange }: PartProps) {
  const namespace = useNamespace();
  // A name that is half typed is no prompt: that is no failure, there is just nothing to choose.
  const { known } = useKnownPrompt(draft.artifact);
  const { data } = useInfiniteQuery({ ...versionsQuery({ kind: "prompt", namespace, name: draft.artifact }), enabled: known !== undefined });
  const versions = data?.pages.flatMap((page) => page.items) ?? [];
  const { arms } = draft;
  const set = (place: number, changes: Partial<DraftArm>) => onChange({ arms: replaced(arms, place, changes) });
  const level = (list: DraftArm[]) => evenly(list.length).map((weight, place) => ({ ...list[place]!, weight }));
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 font-semibold">Arms</legend>
      {arms.map((arm, place) => (
        <div key={place} className="grid grid-cols-2 items-end gap-2 sm:grid-cols-[minmax(0,1fr)_minmax(0,1fr)_9rem_2rem]">
          <TextField label={place === 0 ? "Control" : `Arm ${place + 1}`} spellCheck={false} maxLength={128} value={arm.name} onChange={(event) => set(place, { name: event.target.value })} />
          <SelectField label={`Version of ${place === 0 ? "the control" : `arm ${place + 1}`}`} value={arm.version} onChange={(event) => set(place, { version: event.target.value })}>
            <option value="">Version…</option>
            {arm.version !== "" && !versions.some((one) => String(one.number) === arm.version) && <option value={arm.version}>{arm.version}</option>}
            {versions.map((one) => (
              <option key={one.number} value={String(one.number)}>
                {[String(one.number), ...one.labels, one.message.split("\n")[0]?.slice(0, 40)].filter(Boolean).join(" · ")}
              </option>
            ))}
          </SelectField>
          <TextField label={`Weight of ${place === 0 ? "the control" : `arm ${place + 1}`}`} inputMode="decimal" className="text-right" value={arm.weight} onChange={(event) => set(place, { weight: event.target.value })} />
          {arms.length > 2 && place > 0 && <IconButton icon={X} label={`Remove arm ${place + 1}`} onClick={() => onChange({ arms: level(without(arms, place)) })} />}
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-2">
        <Button icon={Plus} disabled={arms.length >= MOST_ARMS} onClick={() => onChange({ arms: level([...arms, { name: `arm-${arms.length + 1}`, version: "", weight: "" }]) })}>Add an arm</Button>
        <Button look="quiet" icon={Scale} onClick={() => onChange({ arms: level(arms) })}>Equal weights</Button>
        <WeightSum arms={arms} />
      </div>
    </fieldset>
  );
}

function WeightSum({ arms }: { arms: readonly DraftArm[] }) {
  const { sum, isWhole } = weightsOf(arms);
  const Icon = isWhole ? CircleCheck : CircleAlert;
  return (
    <p role="status" className={`ml-auto flex items-center gap-1.5 text-sm ${isWhole ? "text-good" : "text-bad"}`}>
      <Icon aria-hidden className="size-4" />
      Weights sum to {Number(sum.toFixed(6))}{isWhole ? "" : "; they are above 0 and sum to 1"}
    </p>
  );
}
