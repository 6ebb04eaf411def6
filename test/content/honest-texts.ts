/** What officers write about: subjects, paragraphs in Bahasa Melayu and English, names of people and files. */

export interface Topic {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** Of a file that would hang on it, without its ending. */
  readonly file: string;
}

export const TOPICS: readonly Topic[] = [
  topic(
    'Mesyuarat pengurusan Bil. 3/2026',
    'minit mesyuarat',
    'Tuan/Puan,',
    'Mesyuarat akan diadakan pada hari Khamis, jam 9.00 pagi di Bilik Gerakan, Aras 5.',
    'Sila bawa laporan kewangan suku ketiga.',
  ),
  topic(
    'Quotation for office chairs',
    'Quotation 2026-118',
    'Dear Sir/Madam,',
    'Please find our quotation for 40 chairs, delivery included. Prices hold for 30 days.',
    'Total: RM 12,480.00 (6 % tax included).',
  ),
  topic(
    'Permohonan cuti rehat',
    'borang cuti',
    'Assalamualaikum tuan,',
    'Saya ingin memohon cuti rehat dari 3 hingga 7 Ogos 2026 atas urusan keluarga.',
    'Tugas saya akan diambil alih oleh Puan Devi.',
  ),
  topic(
    'Laporan kemajuan projek jalan raya',
    'laporan kemajuan (akhir)',
    'Salam sejahtera,',
    'Kemajuan fizikal kini 62 %, lewat tiga minggu kerana hujan lebat; lihat Jadual 2.',
    'Gambar tapak disertakan.',
  ),
  topic(
    'Invitation: workshop on records management',
    'Tentative programme',
    'Dear colleagues,',
    'The National Archives invites two officers of each agency; seats are limited to 80.',
    'Please reply by Friday, 14 August.',
  ),
  topic(
    'Invois No. 20260731-05',
    'invois',
    'Tuan,',
    'Bersama-sama ini disertakan invois bagi kerja penyelenggaraan penghawa dingin bulan Julai.',
    'Bayaran dalam tempoh 30 hari ke akaun seperti tercatat.',
  ),
  topic(
    'Re: Naik taraf pelayan e-mel',
    'pelan peralihan',
    'Hi Badrul,',
    'The new servers arrive on Monday; could you have the racks ready, and 10 Gbit/s ports?',
    'Thanks! – Chong',
  ),
  topic(
    'Maklumat gaji Ogos',
    'penyata',
    'Kepada semua kakitangan,',
    'Penyata gaji boleh dilihat di portal dalaman. Kata laluan tidak dihantar melalui e-mel.',
    'Terima kasih.',
  ),
  topic(
    'Draft reply to the Auditor General',
    'draft reply v4 FINAL (2)',
    'Dear Aminah,',
    'I have marked my changes in paragraphs 4.2 and 7. The figures in Table 3 do not add up: 1 + 1 = 3?',
    'Could you check with the finance division before noon?',
  ),
  topic(
    'Jadual bertugas hujung minggu',
    'jadual bertugas',
    'Salam,',
    'Sabtu: Encik Ravi (08:00–16:00), Cik Mei Ling (16:00–00:00). Ahad: seperti minggu lepas.',
    'Pertukaran hendaklah dimaklumkan sehari lebih awal.',
  ),
  topic(
    'Borang soal selidik kepuasan pelanggan',
    'soal selidik',
    'Tuan/Puan yang dihormati,',
    'Mohon luangkan 5 minit untuk mengisi soal selidik ini, selewat-lewatnya 31 Ogos.',
    'Maklum balas anda amat kami hargai.',
  ),
  topic(
    'Lawatan kerja ke Sarawak',
    'atur cara lawatan',
    'YBhg. Datuk,',
    'Rombongan seramai 12 orang bertolak pada 9 September dengan penerbangan pagi.',
    'Penginapan telah ditempah; saman, visa tidak perlu.',
  ),
  topic(
    'Fwd: vaccine cold chain',
    'cold chain checklist',
    'FYI.',
    'WHO asks every district to check its refrigerators before 1 October (2 °C to 8 °C).',
    'Regards, Dr. Tan',
  ),
  topic(
    'Semakan cukai pintu 2027',
    'senarai pegangan',
    'Puan,',
    'Senarai pegangan yang disemak mengandungi 4,312 baris; sila lihat lajur F bagi kadar baharu.',
    'Angka dalam RM.',
  ),
  topic(
    'Ucapan tahniah',
    'kad ucapan',
    'Kepada Puan Siti,',
    'Tahniah atas kenaikan pangkat! Semoga terus cemerlang dalam perkhidmatan awam.',
    'Daripada warga Jabatan.',
  ),
  topic(
    'Server room temperature alarm',
    'sensor log',
    'Automatic message.',
    'Sensor 3 (rack B) read 31.4 C at 02:17, above its limit of 28.0 C, for 12 minutes.',
    'No action is needed if the alarm has cleared.',
  ),
  topic(
    'Kehilangan kad pengenalan jabatan',
    'laporan polis',
    'Tuan,',
    'Saya kehilangan kad di kafeteria semalam. Laporan polis telah dibuat (No. CHERAS/12345/26).',
    'Mohon kad ganti.',
  ),
];

function topic(subject: string, file: string, ...paragraphs: readonly string[]): Topic {
  return { subject, paragraphs, file };
}

export const PEOPLE = [
  'Aminah binti Ahmad',
  'Wong Kah Seng',
  'Devi a/p Raman',
  'Dr. Tan Mei Ling',
  'Mohd. Faizal',
  'S. Kumar',
] as const;

/** The nth of a list that begins again at its end. */
export function pick<T>(list: readonly T[], n: number): T {
  const found = list[n % list.length];
  if (found === undefined) throw new Error('an empty list');
  return found;
}

export const topicOf = (n: number): Topic => pick(TOPICS, n);

/** Plain text of a topic, lines with CR LF, UTF-8 octets as Latin-1. */
export function plain(n: number, ...more: readonly string[]): string {
  const { paragraphs } = topicOf(n);
  return Buffer.from([...paragraphs, ...more, ''].join('\r\n\r\n'), 'utf8').toString('latin1');
}

/** The same for charsets of one octet a character. */
export function ascii(n: number, ...more: readonly string[]): string {
  return [...topicOf(n).paragraphs, ...more, ''].join('\r\n\r\n').replaceAll('–', '-').replaceAll('°', ' ');
}

/** As paragraphs of HTML. */
export function markup(n: number, tag = 'p'): string {
  return topicOf(n)
    .paragraphs.map(
      (line) => `<${tag}>${Buffer.from(line.replaceAll('&', '&amp;')).toString('latin1')}</${tag}>`,
    )
    .join('\r\n');
}
