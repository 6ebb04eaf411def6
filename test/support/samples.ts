/** Content that the real scanners know: harmless, published for tests. Split so that no scanner finds this file. */

/** Found by every virus scanner (eicar.org). */
export const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS', '-TEST-FILE!$H+H*'].join(
  '',
);

/** rspamd's action for it is always "reject". */
export const GTUBE = ['XJS*C4JDBQADN1.NSBN3*2IDNEN*', 'GTUBE-STANDARD-ANTI-UBE-TEST', '-EMAIL*C.34X'].join(
  '',
);

/** Junk: a rule of ours (config/stack/rspamd.conf) adds 7 points for it. */
export const GTUBE_JUNK = [
  'YJS*C4JDBQADN1.NSBN3*2IDNEN*',
  'GTUBE-STANDARD-ANTI-UBE-TEST',
  '-EMAIL*C.34X',
].join('');

/** A zip of one small text file, encrypted with a password that no scanner has. */
export const ENCRYPTED_ZIP = Buffer.from(
  'UEsDBBQACQAIAMpGeF3QaEBxQAAAADUAAAAKABwAY29udG9oLnR4dFVUCQADu1AFa7tQBWt1eAsAAQQAAAAABAAAAABkIWKm5O4n' +
    'HgTgD+qt+KjmE/AmMd/x/OAWuHL1MfppABhDQoP8GZhzHcYJtUmDbbZvdtCPW76p3tLCpiS2qdcJUEsHCNBoQHFAAAAANQAAAFBL' +
    'AQIeAxQACQAIAMpGeF3QaEBxQAAAADUAAAAKABgAAAAAAAEAAACkgQAAAABjb250b2gudHh0VVQFAAO7UAVrdXgLAAEEAAAAAAQA' +
    'AAAAUEsFBgAAAAABAAEAUAAAAJQAAAAAAA==',
  'base64',
);
