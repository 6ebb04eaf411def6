/** How far the box goes with one message. What is beyond is not looked into, and said so: `unopened-archive`. */

/** Archives in archives. Honest ones have two or three: a letter, in an archive, in a forwarded message. */
export const MAX_NESTING = 10;
/** Files in all archives of a message together; a document of Office has some 20 to 500. */
export const MAX_ENTRIES = 10_000;
/** Octets that come out of all archives together: ten times what a message may hold, since text shrinks to a tenth. */
export const MAX_OUTPUT_BYTES = 200_000_000;
/** Deflate reaches 1,030:1. Sheets and empty tables get to 100:1, bombs live from more. */
export const MAX_RATIO = 200;
/** Below so many octets of output the ratio means nothing. */
export const RATIO_FROM_BYTES = 10_000_000;
/** Attachments that are held to be opened: more than any message at the door may have. */
export const MAX_COLLECTED_BYTES = 64_000_000;
/** The longest document that is read whole; pages beyond are not. */
export const MAX_PDF_PAGES = 5_000;
/** Text of pages beyond is not read, their links are: text of 500 pages takes some 4 s. */
export const MAX_PDF_TEXT_PAGES = 500;

/** Octets of a message that are on their way to the box. */
export const WINDOW_BYTES = 262_144;
