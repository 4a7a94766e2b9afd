import { formatCount } from "../../components/format";

/** What to say of pages that show something and of which no text could be read. */
export function unreadNote(pages: number): string {
  const which = pages === 1 ? "1 page holds" : `${formatCount(pages)} pages hold`;
  return `${which} no text: install the extra ocr, remove the document and add it again.`;
}
