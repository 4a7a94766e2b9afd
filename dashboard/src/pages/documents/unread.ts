import { formatCount } from "../../components/format";
import type { Document, Version } from "./queries";

interface Unread {
  removed: Document["removed"];
  latest: Pick<Version, "state" | "unread_pages">;
}

/** Whether pages of what is searched show something of which no text could be read: once it can be, it is read again. */
export function hasUnreadPages({ removed, latest }: Unread): boolean {
  return !removed && latest.state === "indexed" && (latest.unread_pages ?? 0) > 0;
}

/** How many pages a version has of which no text could be read. */
export function unreadPages(pages: number): string {
  return pages === 1 ? "1 page" : `${formatCount(pages)} pages`;
}

/** What to say of such pages, and what to do. */
export function unreadNote(pages: number): string {
  return `${unreadPages(pages)} ${pages === 1 ? "holds" : "hold"} no text: install the extra ocr where the engine runs, then read it again.`;
}
