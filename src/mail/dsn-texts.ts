/** What a failure means and what the sender can do, in both languages, by enhanced code (RFC 3463). ASCII. */

export interface Explanation {
  readonly malay: string;
  readonly english: string;
}

const OTHER: Explanation = {
  malay: 'Pelayan penerima menolak mesej ini.',
  english: "The recipient's server refused this message.",
};

/** Without the class digit: the subject and detail say what it is about. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  '1.1': {
    malay: 'Alamat ini tidak wujud. Semak ejaannya, kemudian hantar semula.',
    english: 'There is no such address. Check its spelling, then send again.',
  },
  '2.1': {
    malay: 'Peti mel ini tidak lagi digunakan.',
    english: 'This mailbox is no longer in use.',
  },
  '2.2': {
    malay: 'Peti mel penerima penuh. Minta penerima mengosongkannya, kemudian hantar semula.',
    english: "The recipient's mailbox is full. Ask for room to be made, then send again.",
  },
  '2.3': {
    malay: 'Mesej terlalu besar untuk peti mel ini. Hantar fail yang lebih kecil.',
    english: 'The message is too large for this mailbox. Send smaller files.',
  },
  '3.4': {
    malay: 'Mesej terlalu besar. Hantar fail yang lebih kecil.',
    english: 'The message is too large. Send smaller files.',
  },
  '4.7': {
    malay: 'Mesej tidak dapat dihantar dalam tempoh yang ditetapkan. Cuba lagi kemudian.',
    english: 'The message could not be delivered in the time that is set. Try again later.',
  },
  '6.0': {
    malay: 'Bentuk mesej ini rosak. Tulis semula mesej itu, kemudian hantar semula.',
    english: 'The form of this message is broken. Write it anew, then send again.',
  },
  '7.1': {
    malay: 'Penghantaran kepada penerima ini tidak dibenarkan.',
    english: 'Sending to this recipient is not allowed.',
  },
};

export function explain(enhanced: string | null): Explanation {
  const about = enhanced === null ? '' : enhanced.slice(enhanced.indexOf('.') + 1);
  return Object.hasOwn(EXPLANATIONS, about) ? (EXPLANATIONS[about] ?? OTHER) : OTHER;
}
