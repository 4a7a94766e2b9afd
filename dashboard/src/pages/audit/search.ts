/** What of the audit page stands in the URL. */
import { moment, text, uuid } from "../../app/search";

export interface AuditFilters {
  kind?: string | undefined;
  subject?: string | undefined;
  actor?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

export interface AuditSearch extends AuditFilters {
  /** The entry that is open beside the list. */
  open?: string | undefined;
}

export const NO_FILTERS: AuditFilters = {
  kind: undefined, subject: undefined, actor: undefined, since: undefined, until: undefined,
};

export function auditSearch(search: Record<string, unknown>): AuditSearch {
  return {
    kind: text(search, "kind"),
    subject: text(search, "subject"),
    actor: uuid(search, "actor"),
    since: moment(search, "since"),
    until: moment(search, "until"),
    open: uuid(search, "open"),
  };
}

export function activeFilters(search: AuditFilters): number {
  return Object.keys(NO_FILTERS).filter((name) => search[name as keyof AuditFilters] !== undefined).length;
}
