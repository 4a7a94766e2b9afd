import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck } from "lucide-react";
import { Digest } from "../../components/Digest";
import { Facts } from "../../components/Facts";
import { formatCount } from "../../components/format";
import { Card } from "../../components/Page";
import { Loaded } from "../../components/States";
import { type Calibration, calibrationQuery } from "./queries";
import { coefficient, shareInWords } from "./words";

/** How far the judge's verdicts agree with people's. */
export function CalibrationTab({ namespace, scorer, version }: { namespace: string; scorer: string; version: number | undefined }) {
  const query = useQuery(calibrationQuery(namespace, scorer, version));
  return (
    <Loaded query={query}>
      {(found) => (
        <div className="flex flex-col gap-4">
          <Standing found={found} />
          <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
            <Card title="Against people">
              <div className="flex flex-col gap-4">
                <ShareBar name="Sensitivity" meaning="of good outputs it passed" share={found.sensitivity} />
                <ShareBar name="Specificity" meaning="of bad outputs it failed" share={found.specificity} />
              </div>
            </Card>
            <Card title="Agreement">
              <Facts
                facts={[
                  ["Judge and people", `κ ${coefficient(found.kappa)} (Cohen)`],
                  ["People themselves", `α ${coefficient(found.agreement)} (Krippendorff)`],
                  ["Outputs settled", formatCount(found.labelled)],
                  ["Ties", `${formatCount(found.ties)} that people disagree on: they count nowhere`],
                  ["Scorer", <>{found.scorer}{version !== undefined && `/${version}`}, lock <Digest key="lock" value={found.lock_digest} label="lock's digest" characters={8} /></>],
                ]}
              />
              <p className="mt-3 text-xs text-muted">1 is perfect, 0 is what chance would give; a dash where too little was said.</p>
            </Card>
          </div>
        </div>
      )}
    </Loaded>
  );
}

function Standing({ found: { calibrated, reason } }: { found: Calibration }) {
  const Icon = calibrated ? CircleCheck : CircleAlert;
  return (
    <div role="status" className={`flex gap-3 rounded-lg p-4 ${calibrated ? "bg-good-soft text-good" : "bg-warn-soft text-warn"}`}>
      <Icon aria-hidden className="mt-0.5 size-5 shrink-0" />
      <div className="min-w-0">
        <h2 className="font-semibold">{calibrated ? "Calibrated" : "Not calibrated"}</h2>
        <p className="text-sm">{calibrated ? "Its rates are corrected by how often it errs; intervals are wider for it." : `${reason ?? ""} It may inform, never gate.`}</p>
      </div>
    </div>
  );
}

function ShareBar({ name, meaning, share }: { name: string; meaning: string; share: Calibration["sensitivity"] }) {
  const words = share ? shareInWords(share) : "nobody has judged any yet";
  return (
    <div className="flex flex-col gap-1">
      <p className="flex flex-wrap items-baseline gap-x-2 text-sm"><span className="font-medium">{name}</span> <span className="text-muted">{meaning}: {words}</span></p>
      <div role="img" aria-label={`${name}: ${words}`} className="relative h-4 overflow-hidden rounded bg-raised">
        {share && (
          <>
            <span className="absolute inset-y-1 min-w-0.5 rounded-full bg-accent opacity-60" style={{ left: `${share.low * 100}%`, width: `${(share.high - share.low) * 100}%` }} />
            <span className="absolute inset-y-0 w-0.5 bg-ink" style={{ left: `calc(${share.value * 100}% - 1px)` }} />
          </>
        )}
      </div>
    </div>
  );
}
