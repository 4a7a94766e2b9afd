import { CheckField } from "../../components/Field";
import { NumberField } from "./NumberField";
import { type Body, CALIBRATION, UNCALIBRATED, calibrated } from "./options";

/** How confidence is made of the own check and the judge. */
export function CalibrationFields({ body, onChange }: { body: Body; onChange: (body: Body) => void }) {
  const now = body.answering?.calibration ?? null;
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface px-4 pt-2 pb-4">
      <legend className="px-1 font-semibold">Calibration</legend>
      <CheckField
        label="Calibrate confidence"
        hint="A sweep fits the three numbers to a dataset; its page opens them here."
        checked={now !== null}
        onChange={(event) => onChange(calibrated(body, event.target.checked ? UNCALIBRATED : null))}
      />
      {now !== null &&
        CALIBRATION.map(([name, label, range]) => (
          <NumberField
            key={name}
            label={label}
            range={range}
            value={now[name] ?? UNCALIBRATED[name]}
            onChange={(next) => onChange(calibrated(body, { ...now, [name]: next }))}
          />
        ))}
    </fieldset>
  );
}
