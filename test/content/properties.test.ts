/** What is blocked stays blocked however it is cut, wrapped, spelt and encoded; no octets make the inspector throw, nor cost more than in proportion. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createInspector } from '../../src/rules/inspect.ts';
import {
  base64,
  CRLF,
  encodedWords,
  entity,
  extended,
  head,
  message,
  multipart,
  octets,
  text,
} from './build-message.ts';
import { CASES, CONTENT_CASES } from './cases.ts';
import { HONEST } from './honest.ts';
import { FROM_OUTSIDE, inspect, openBox, POLICY, WHO } from './inspecting.ts';

const SMALL_CASES = CONTENT_CASES.filter(
  ({ where, reason }) => where === 'door' && reason !== 'attachment-size',
)
  .map((one) => ({ ...one, content: octets(one.build(WHO)) }))
  .filter(({ content }) => content.length < 40_000);
const SAMPLES = [...CASES, ...HONEST]
  .filter(({ name }) => !/megabyte|^size/.test(name))
  .map((one) => octets(one.build(WHO)))
  .filter((content) => content.length < 40_000);

const reasonsOf = (content: Buffer, policy = POLICY): string[] =>
  inspect(content, FROM_OUTSIDE, policy).found.map(({ reason }) => reason);

/** Each letter by itself. */
const recased = (word: string) =>
  fc
    .array(fc.boolean(), { minLength: word.length, maxLength: word.length })
    .map((uppers) => [...word].map((c, at) => (uppers[at] ? c.toUpperCase() : c.toLowerCase())).join(''));

type Encoding = (body: string, seed: number) => readonly [name: string, encoded: string];

const ENCODINGS: readonly Encoding[] = [
  (body) => ['7bit', body],
  (body) => ['8bit', body],
  (body) => ['binary', body],
  (body, seed) => ['base64', base64(body, 1 + (seed % 100))],
  (body, seed) => ['quoted-printable', quotedAtRandom(body, seed)],
];

/** Any character may be encoded, and a line may be broken anywhere; each by the bits of `seed`. */
function quotedAtRandom(body: string, seed: number): string {
  let state = seed;
  const chance = (one: number): boolean => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) % one === 0;
  };
  let coded = '';
  for (const c of body.replaceAll(CRLF, '\n')) {
    if (c === '\n') coded += CRLF;
    else if (c === '=' || c > '~' || chance(3)) {
      const hex = c.charCodeAt(0).toString(16).padStart(2, '0');
      coded += `=${chance(2) ? hex.toUpperCase() : hex}`;
    } else coded += c;
    if (c !== '\n' && chance(20)) coded += chance(2) ? `=${CRLF}` : `= \t${CRLF}`;
  }
  return coded;
}

const encoding = fc.tuple(fc.constantFrom(...ENCODINGS), fc.nat());
const padding = fc.string({ unit: fc.constantFrom('a', ' ', '.', '\r\n', ',', 'é', '<'), maxLength: 300 });

/** A part within containers and messages, with field names, types and folding as it happens. */
const around = (part: fc.Arbitrary<string>) =>
  fc
    .tuple(
      part,
      fc.array(fc.constantFrom('mixed', 'alternative', 'related', 'message'), { maxLength: 6 }),
      fc.nat(),
    )
    .map(([inner, levels, seed]) => {
      let whole = inner;
      for (const [at, level] of levels.entries()) {
        whole =
          level === 'message'
            ? entity(['Content-Type: message/rfc822'], `Subject: x${CRLF}MIME-Version: 1.0${CRLF}${whole}`)
            : multipart(level, `b${seed}.${at}.`, [text('plain', 'Hai\r\n'), whole]);
      }
      // The line end behind a message's only part would belong to it.
      return octets(message(head(WHO, 'Rawak'), multipart('mixed', `luar${seed}`, [whole])));
    });

const cutting = fc.array(fc.nat({ max: 40_000 }), { maxLength: 30 });

function inspectInPieces(content: Buffer, cuts: readonly number[]): string[] {
  const inspector = createInspector({ policy: POLICY, judged: FROM_OUTSIDE });
  let at = 0;
  for (const cut of cuts.toSorted((a, b) => a - b)) {
    const end = Math.min(cut, content.length);
    inspector.write(content.subarray(at, end));
    at = end;
  }
  inspector.write(content.subarray(at));
  return inspector.end().found.map(({ reason, detail, part }) => `${reason} ${detail} ${part}`);
}

describe('what is blocked stays blocked', () => {
  test('however it is cut', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SMALL_CASES), cutting, ({ content }, cuts) => {
        expect(inspectInPieces(content, cuts)).toEqual(inspectInPieces(content, []));
      }),
      { numRuns: 1_000 },
    );
  });

  test('octet by octet', () => {
    for (const { content } of SMALL_CASES) {
      if (content.length > 2_000) continue;
      expect(inspectInPieces(content, [...content.keys()])).toEqual(inspectInPieces(content, []));
    }
  });

  test('a link in text, in any encoding, charset, case and place', () => {
    const part = fc
      .tuple(
        encoding,
        recased('https://www.dropbox.com'),
        padding,
        recased('Content-Type: text/'),
        fc.boolean(),
      )
      .map(([[encode, seed], host, more, type, isHtml]) => {
        const link = `${host}/s/abc`;
        const body = `${more} ${isHtml ? `<a href="${link}">x</a>` : link} ${more}${CRLF}`;
        const wide = seed % 4 === 0;
        const raw = wide
          ? Buffer.from(body, 'utf16le').toString('latin1')
          : Buffer.from(body).toString('latin1');
        const [name, coded] = wide ? ['base64', base64(raw)] : encode(raw, seed);
        const charset = wide ? 'utf-16le' : ['utf-8', 'windows-1252', 'gb2312', 'x-lain'][seed % 3];
        const fold = seed % 5 === 0 ? `;${CRLF}\t` : '; ';
        return entity(
          [
            `${type}${isHtml ? 'html' : 'plain'}${fold}charset="${charset}"`,
            `Content-Transfer-Encoding: ${name}`,
          ],
          coded,
        );
      });
    fc.assert(
      fc.property(around(part), (content) => {
        expect(reasonsOf(content)).toContain('external-storage');
      }),
      { numRuns: 1_500 },
    );
  });

  test('a program by its name, in any spelling and place', () => {
    const spellings: readonly ((name: string) => readonly string[])[] = [
      (name) => [`Content-Type: application/octet-stream; name="${name}"`],
      (name) => [`Content-Disposition: attachment; filename="${name}"`],
      (name) => [`Content-Disposition: attachment;${CRLF} filename=${name}`],
      (name) => [`Content-Disposition: attachment; filename*=${extended(name)}`],
      (name) => [`Content-Type: application/pdf; name="${encodedWords(name)}"`],
      (name) => [`Content-Type: application/pdf; name="${encodedWords(name, 'Q')}"`],
      (name) => [
        `Content-Disposition: attachment; filename*0="${name.slice(0, 5)}";${CRLF} filename*1="${name.slice(5)}"`,
      ],
    ];
    const part = fc
      .tuple(
        fc.constantFrom(...spellings),
        recased('invois.pdf.exe'),
        fc.constantFrom('', '.', '..', '. .'),
        encoding,
        recased('Content-'),
      )
      .map(([spell, name, tail, [encode, seed], prefix]) => {
        const [coding, body] = encode('Teks biasa.', seed);
        const fields = spell(tail.includes(' ') ? name : name + tail);
        return entity(
          [
            ...fields.map((field) => field.replace(/^Content-/, prefix)),
            `Content-Transfer-Encoding: ${coding}`,
          ],
          body,
        );
      });
    fc.assert(
      fc.property(around(part), (content) => {
        expect(reasonsOf(content)).toContain('dangerous-attachment');
      }),
      { numRuns: 1_000 },
    );
  });

  test('one octet too many, in any encoding and place; and exactly as much as may be passes', () => {
    const policy = { ...POLICY, attachmentBytes: 5_000 };
    const partOf = (size: number) =>
      encoding.map(([encode, seed]) => {
        const [coding, body] = encode('x'.repeat(70).concat(CRLF).repeat(100).slice(0, size), seed);
        return entity(
          ['Content-Type: application/octet-stream; name="a.dat"', `Content-Transfer-Encoding: ${coding}`],
          body,
        );
      });
    for (const [size, expected] of [
      [5_001, true],
      [5_000, false],
    ] as const) {
      fc.assert(
        fc.property(around(partOf(size)), (content) => {
          expect(reasonsOf(content, policy).includes('attachment-size')).toBe(expected);
        }),
        { numRuns: 300 },
      );
    }
  });
});

/** Pieces taken out, doubled, exchanged for other octets or for pieces of another sample. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SAMPLES),
    fc.constantFrom(...SAMPLES),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 400 }), fc.nat({ max: 4 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 12,
    }),
  )
  .map(([sample, other, changes]) => {
    let content: Buffer = sample;
    for (const [place, length, kind, octet] of changes) {
      const at = content.length === 0 ? 0 : place % content.length;
      const end = Math.min(content.length, at + length);
      const piece = content.subarray(at, end);
      const middle = [
        Buffer.alloc(0),
        Buffer.concat([piece, piece]),
        Buffer.from([octet]),
        other.subarray(place % other.length, (place % other.length) + length),
        Buffer.from(piece.toString('latin1').replaceAll(CRLF, octet % 2 ? '\n' : '\r'), 'latin1'),
      ][kind];
      content = Buffer.concat([content.subarray(0, at), middle ?? piece, content.subarray(end)]);
    }
    return content;
  });

describe('no octets make it throw', () => {
  test('octets by chance', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (octetsByChance) => {
        inspect(Buffer.from(octetsByChance));
      }),
      { numRuns: 500 },
    );
  });

  test('samples that are mangled, in pieces or whole, with the same end', () => {
    fc.assert(
      fc.property(mutated, cutting, (content, cuts) => {
        expect(inspectInPieces(content, cuts)).toEqual(inspectInPieces(content, []));
      }),
      { numRuns: 2_000 },
    );
  });

  test('nor the box', async () => {
    await using box = openBox();
    await fc.assert(
      fc.asyncProperty(mutated, async (content) => {
        const found = await box.inspect(content);
        expect(found.filter(({ detail }) => detail.endsWith(': cannot be opened'))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});

/** Each could lead a careless reader to look again and again at what it has seen. `size`: octets, about. */
const HOSTILE: Readonly<Record<string, (size: number) => string>> = Object.fromEntries(
  Object.entries({
    'one long word': 'a',
    'one long name of a host': 'a.',
    'schemes without hosts': 'https://',
    slashes: '/',
    'open tags': '<',
    'open attributes': '<a href="',
    'open comments': '<!--',
    'open conditional comments': '<!--[if mso]>',
    entities: '&#x64;',
    'broken entities': '&#',
    'percent signs': '%25',
    'links within links': 'https://x.example/?u=',
    'quoted soft breaks': '=\r\n',
    'lines that look like delimiters': '--b\r\n',
    'lines that nearly are': '--\r\n',
    'blank lines': '\r\n',
    'begin of uuencoded files': 'begin 644 a\r\n',
    'uuencoded lines': 'M12345678\r\n',
    'header lines': 'X: y\r\n',
    'links, one a line': 'https://www.moh.example/a\r\n',
    dots: 'www.',
    brackets: '(',
    'curly brackets': '{\\rtf1 ',
    'style sheets': '<style>@import url(',
    'escapes of styles': '<p style="\\64',
    'lines of a calendar': 'BEGIN:VEVENT\r\n ',
    'lines with a blank at the end': 'https://www.drop \r\n',
  }).map(([name, unit]) => [name, (size: number) => unit.repeat(Math.ceil(size / unit.length))]),
);

const IN_KINDS: Readonly<Record<string, (body: string) => string>> = {
  text: (body) => text('plain', body, { encoding: '7bit', parameters: '; format=flowed; delsp=yes' }),
  HTML: (body) => text('html', body, { encoding: '7bit' }),
  'quoted-printable': (body) =>
    entity(['Content-Type: text/html', 'Content-Transfer-Encoding: quoted-printable'], body),
  'a container': (body) => entity(['Content-Type: multipart/mixed; boundary="b"'], `--b\r\n\r\n${body}`),
  'a calendar': (body) => entity(['Content-Type: text/calendar'], body),
  'a header': (body) => `X-Panjang: ${body.replaceAll(CRLF, `${CRLF} `)}${CRLF}${CRLF}`,
  'a type': (body) => `Content-Type: text/plain; a="${body.replaceAll(CRLF, `${CRLF} `)}"${CRLF}${CRLF}`,
};

/** Ten times the octets may take so many times as long: ten, and four for the noise of a busy machine. */
const MOST_TIMES = 40;
const LEAST_MS = 4;
const SMALL = 100_000;

describe('ten times the octets cost about ten times as much', () => {
  for (const [kind, wrap] of Object.entries(IN_KINDS)) {
    test.for(Object.entries(HOSTILE))(`%s in ${kind}`, ([, make]) => {
      const [small, large] = [SMALL, 10 * SMALL].map((size) =>
        octets(message(head(WHO, 'x'), wrap(make(size)))),
      );
      const smallMs = Math.max(LEAST_MS, fastest(small, 3));
      let largeMs = fastest(large, 1);
      for (let again = 0; again < 3 && largeMs > MOST_TIMES * smallMs; again++) largeMs = fastest(large, 1);
      expect(largeMs / smallMs).toBeLessThan(MOST_TIMES);
    });
  }
});

function fastest(content: Buffer | undefined, runs: number): number {
  const times = Array.from({ length: runs }, () => {
    const begun = performance.now();
    inspect(content ?? Buffer.alloc(0));
    return performance.now() - begun;
  });
  return Math.min(...times);
}
