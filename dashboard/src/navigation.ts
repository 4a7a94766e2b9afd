/** Every section, in groups. A new section is one line here and its routes in router.tsx. */
import type { LinkProps } from "@tanstack/react-router";
import { Activity, ChartLine, DoorClosed, FlaskConical, Library, type LucideIcon, MessageCircleQuestion, Rocket, Scale, ScrollText, Settings, ShieldCheck, SlidersHorizontal, SquareTerminal, Table2 } from "lucide-react";

export interface Section {
  label: string;
  to: NonNullable<LinkProps["to"]>;
  icon: LucideIcon;
  /** More words by which the command palette finds it. */
  words?: string;
}

export interface Group {
  label: string;
  sections: readonly Section[];
}

export const navigation: readonly Group[] = [
  {
    label: "Build",
    sections: [{ label: "Prompts", to: "/prompts", icon: SquareTerminal, words: "templates versions labels" }],
  },
  {
    label: "Knowledge",
    sections: [
      { label: "Documents", to: "/documents", icon: Library, words: "collections files upload search" },
      { label: "Ask", to: "/ask", icon: MessageCircleQuestion, words: "question answer citations" },
      { label: "Strategies", to: "/strategies", icon: SlidersHorizontal, words: "rag retrieval chunks chunking threshold preview" },
    ],
  },
  {
    label: "Evidence",
    sections: [
      { label: "Datasets", to: "/datasets", icon: Table2, words: "rows splits sealed upload csv" },
      { label: "Evaluations", to: "/evaluations", icon: Scale, words: "scores scorers metrics compare intervals" },
      { label: "Experiments", to: "/experiments", icon: FlaskConical, words: "a/b tests arms live traffic feedback promote" },
      { label: "Releases", to: "/releases", icon: Rocket, words: "requests approvals approve inbox promote evidence" },
      { label: "Gates", to: "/gates", icon: DoorClosed, words: "protected labels requirements error budget sealed" },
    ],
  },
  {
    label: "Observe",
    sections: [
      { label: "Executions", to: "/executions", icon: Activity, words: "runs traces spans tokens cost compare" },
      { label: "Logs", to: "/logs", icon: ScrollText, words: "lines errors warnings events tail" },
      { label: "Metrics", to: "/charts", icon: ChartLine, words: "charts requests latency tokens queue memory" },
    ],
  },
  {
    label: "Trust",
    sections: [{ label: "Audit", to: "/audit", icon: ShieldCheck, words: "log proofs verify checkpoint history" }],
  },
  {
    label: "Administration",
    sections: [{ label: "Settings", to: "/settings", icon: Settings, words: "keys principals people models providers namespaces status backup" }],
  },
];
