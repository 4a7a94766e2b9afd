import { Link } from "@tanstack/react-router";
import { BadgeCheck, History, type LucideIcon, ShieldAlert, TriangleAlert } from "lucide-react";
import { Fragment } from "react";
import { Badge, type Tone } from "../../components/Badge";
import { Digest } from "../../components/Digest";
import { formatCount } from "../../components/format";
import { Principal } from "../../components/Principal";
import { MissingList } from "../releases/MissingList";
import { formatLevel, statementOf } from "../releases/words";
import { type Certificate, type CertifiedGate, type CertifiedRequirement, type Proof, proofOf, readCertificate } from "./certificate";
import type { Move } from "./queries";

const LOOKS: Record<Exclude<Proof, "ungated">, { tone: Tone; icon: LucideIcon; word: string }> = {
  proved: { tone: "good", icon: BadgeCheck, word: "proved" },
  lapsed: { tone: "warn", icon: TriangleAlert, word: "proof no longer stands" },
  unproved: { tone: "bad", icon: ShieldAlert, word: "promoted without proof" },
  rollback: { tone: "neutral", icon: History, word: "rollback" },
};

/** What a move rests on, in a word; nothing where no gate was asked. */
export function ProofBadge({ move }: { move: Move }) {
  const proof = proofOf(move);
  if (proof === "ungated") return null;
  const { tone, icon, word } = LOOKS[proof];
  return <Badge tone={tone} icon={icon}>{word}</Badge>;
}

/** The certificate of a move, to unfold. */
export function CertificateDetails({ move }: { move: Move }) {
  const certificate = readCertificate(move.certificate);
  if (certificate === null) return null;
  return (
    <details className="rounded-md border border-line bg-raised text-sm">
      <summary className="px-3 py-1.5 text-xs font-medium">Certificate</summary>
      <div className="flex flex-col gap-3 border-t border-line px-3 py-2.5">
        <p>{meaning(proofOf(move))}</p>
        {certificate.gates.map((gate) => <Gate key={gate.gate} gate={gate} />)}
        {certificate.approvers.length > 0 && (
          <p>
            Approved by {certificate.approvers.map((id, place) => <Fragment key={id}>{place > 0 && ", "}<Principal id={id} /></Fragment>)}.
          </p>
        )}
        <Lacking certificate={certificate} />
        {certificate.request && (
          <Link to="/releases/$requestId" params={{ requestId: certificate.request }} className="text-accent-ink hover:underline">The request for this release</Link>
        )}
      </div>
    </details>
  );
}

function meaning(proof: Proof): string {
  if (proof === "unproved") return "Somebody released this without the evidence that the gates ask for. That stays here for ever.";
  if (proof === "lapsed") return "It was proved then. A judge, a scorer or a dataset that the proof rests on has changed since: what it says now is open.";
  return "Every gate had what it asks for when the label moved.";
}

function Gate({ gate: { gate, number, requirements } }: { gate: CertifiedGate }) {
  return (
    <section aria-label={`Gate ${gate}`} className="flex flex-col gap-1.5">
      <p>
        Gate <Link to="/gates/$name" params={{ name: gate }} className="font-medium hover:underline">{gate}</Link>
        {number !== null && <span className="text-muted">, version {number}</span>}
      </p>
      <ul className="flex flex-col gap-1.5">
        {requirements.map((one) => <Requirement key={one.name} requirement={one} />)}
      </ul>
    </section>
  );
}

function Requirement({ requirement: one }: { requirement: CertifiedRequirement }) {
  const figures = [
    one.rows !== null && `${formatCount(one.rows)} rows`,
    one.split && `split ${one.split}`,
    one.level !== null && `level ${formatLevel(one.level)}`,
    one.statistic,
  ].filter((part) => typeof part === "string" && part !== "");
  return (
    <li className="flex flex-col gap-0.5 break-words">
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Badge tone={one.verdict === "passed" ? "good" : "bad"}>{one.verdict.replaceAll("_", " ")}</Badge>
        <span className="font-medium break-all">{one.name}</span>
        <span className="text-muted">by {one.scorer}</span>
      </span>
      {one.statement && <span>{statementOf(one)}</span>}
      <span className="text-xs text-muted">{figures.join(" · ")}</span>
      <span className="flex flex-wrap gap-x-4 text-xs text-muted">
        {one.datasetDigest && <span>rows <Digest value={one.datasetDigest} label="digest of the rows" characters={8} /></span>}
        {one.scorerLock && <span>scorer's lock <Digest value={one.scorerLock} label="scorer's lock" characters={8} /></span>}
      </span>
    </li>
  );
}

function Lacking({ certificate: { missing } }: { certificate: Certificate }) {
  if (missing.length === 0) return null;
  return (
    <section aria-label="What was missing" className="flex flex-col gap-1.5">
      <p className="font-medium">What was missing</p>
      <MissingList missing={missing} />
    </section>
  );
}
