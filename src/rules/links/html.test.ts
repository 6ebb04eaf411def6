import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readStorageList } from '../../config/storage-list.ts';
import { createLinkFinder } from './finder.ts';

const list = readStorageList(join(import.meta.dirname, '../../../config/external-storage.yaml'));

function reasonsIn(text: string): string[] {
  const finder = createLinkFinder({
    kind: 'html',
    part: '1',
    list,
    judged: { direction: 'in', agencies: [] },
  });
  finder.write(text);
  return finder.end().map(({ reason }) => reason);
}

const D = 'https://www.dropbox.com/s/x';

describe('markup is blocked with', () => {
  const cases: readonly string[] = [
    // Attributes.
    `<a href="${D}">fail</a>`,
    `<a href='${D}'>fail</a>`,
    `<a href=${D}>fail</a>`,
    `<A HREF = "${D}" >fail</A>`,
    `<a\nhref\n=\n"${D}">fail</a>`,
    `<a/href="${D}">fail</a>`,
    `<a title="a > b" href="${D}">fail</a>`,
    `<a href="https://a.example/" href="${D}">fail</a>`,
    `<area href="${D}">`,
    `<img src="${D}">`,
    `<image src="${D}">`,
    `<img srcset="a.png 1x, ${D} 2x">`,
    `<img lowsrc="${D}">`,
    `<img longdesc="${D}">`,
    `<img dynsrc="${D}">`,
    `<form action="${D}"><input type=submit></form>`,
    `<form><form action="${D}"></form>`,
    `<button formaction="${D}">`,
    `<input type=image src="${D}">`,
    `<object data="${D}"></object>`,
    `<object codebase="${D}"></object>`,
    `<embed src="${D}">`,
    `<applet code="${D}"></applet>`,
    `<param name=movie value="${D}">`,
    `<video poster="${D}"></video>`,
    `<audio src="${D}"></audio>`,
    `<iframe src="${D}"></iframe>`,
    `<iframe srcdoc="<a href='${D}'>"></iframe>`,
    `<iframe srcdoc="&lt;a href=&quot;https&amp;#58;//dropbox.com/s&quot;&gt;"></iframe>`,
    `<frame src="${D}">`,
    `<table background="${D}">`,
    `<body background="${D}">`,
    `<blockquote cite="${D}">`,
    `<link rel=stylesheet href="${D}">`,
    `<a ping="https://a.example/ ${D}" href="#">`,
    `<script src="${D}"></script>`,
    `<script>location.href='${D}'</script>`,
    `<a href="#" onclick="window.open('${D}')">`,
    `<a href="javascript:location='${D}'">`,
    `<a href="java\nscript:location=%27https:%2F%2Fdropbox.com%2Fs%27">`,
    `<a href="data:text/html,<a href='${D}'>">`,
    `<a href="data:text/html;base64,${btoa(`<a href="${D}">x</a>`)}">`,
    `<a href="data:text/html;charset=utf-8,%3Ca%20href=%22${encodeURIComponent(D)}%22%3E">`,
    `<embed src="data:image/svg+xml,<svg xmlns:xlink='x'><a xlink:href='${D}'>">`,
    `<meta http-equiv="refresh" content="0;url=${D}">`,
    `<meta content="5; URL='${D}'" http-equiv=refresh>`,
    `<meta http-equiv=refresh content="0, ${D}">`,
    // Styles.
    `<p style="background:url(${D})">`,
    `<p style="background:url('//dropbox.com/s/x')">`,
    `<p style="background:url(https://\\64 ropbox.com/s/x)">`,
    `<style>@import "${D}";</style>`,
    `<style>p{background:url(${D})}</style>`,
    `<style>p{background:url(https\\3a //drop\\62ox.com/x)}</style>`,
    // SVG, VML, Office.
    `<svg><a xlink:href="${D}"><text>x</text></a></svg>`,
    `<svg><a href="${D}"></a></svg>`,
    `<svg><a><animate attributeName=href to="${D}"/></a></svg>`,
    `<svg><set attributeName=href to="${D}"/></svg>`,
    `<svg><style><a href="${D}"></style></svg>`,
    `<svg><title><a href="${D}"></title></svg>`,
    `<math><mi href="${D}">x</mi></math>`,
    `<v:rect href="${D}">`,
    `<v:fill src="${D}"/>`,
    `<v:imagedata o:href="${D}"/>`,
    `<!DOCTYPE svg [<!ENTITY u "${D}">]><svg><a href="&u;">`,
    // Bases.
    `<base href="${D}">`,
    '<base href="https://www.dropbox.com/"><a href="s/x">',
    '<base href="https://docs.google.com/"><a href="document/d/1">',
    '<a href="document/d/1">x</a><base href="https://docs.google.com/">',
    '<base href="https://a.example/"><base href="https://docs.google.com/"><a href="/document/d/1">',
    '<base href="https://docs.google.com/forms/"><a href="../document/d/1">',
    '<base href="//docs.google.com"><a href="&#47;document/d/1">',
    // Spellings.
    '<a href="//www.dropbox.com/s/x">',
    '<a href="\\\\www.dropbox.com\\s\\x">',
    '<a href="/\\www.dropbox.com/s/x">',
    '<a href="https:dropbox.com/s/x">',
    '<a href="https:/dropbox.com">',
    '<a href="https:\\\\dropbox.com">',
    '<a href=" \t https://dropbox.com">',
    '<a href="\u0001https://dropbox.com">',
    '<a href="ht\ttps://drop\nbox.com/s">',
    '<a href="h&Tab;ttps&colon;&sol;&sol;dropbox&period;com">',
    '<a href="&#104;&#x74;tps&#58;//dropbox.com">',
    '<a href="&#0000000000000000000000000000000000000000000000000000000000000000000000000104;ttps://dropbox.com">',
    '<a href="https://drop&#98box.com">'.replace('98box', '98ox'),
    '<a href="https://d%72opbox.com">',
    '<a href="https://dropbox&#x3002;com">',
    '<a href="https://drop&shy;box.com">',
    '<a href="https://drop&#x200b;box.com">',
    '<a href="https://x@dropbox.com:8443">',
    '<a href="https://dropbox.com.">',
    '<a href="www.dropbox.com">',
    '<a href="dropbox.com:443/s/x">',
    '<a href="https://drop\0box.com/s">',
    '<a hr\0ef="https://dropbox.com/s">',
    '<a href="ms-word:ofe|u|https://moh-my.sharepoint.com/a.docx">',
    '<a href="intent://dropbox.com/s/x#Intent;scheme=https;end">',
    '<a href="view-source:https://dropbox.com/">',
    '<a href="file://moh-my.sharepoint.com@SSL/DavWWWRoot/a">',
    // Comments that some reader does not take for one, and the other way round.
    `<!--[if mso]><a href="${D}">x</a><![endif]-->`,
    `<!--[if gte mso 9]><v:rect href="${D}"><![endif]-->`,
    `<!--[if !mso]><!--><a href="${D}">x</a><!--<![endif]-->`,
    `<![if !mso]><a href="${D}">x</a><![endif]>`,
    `<!--[if mso]><!-- --><a href="${D}">x</a><![endif]-->`,
    `<!--[if mso]><textarea>--><a href="https&#58;//dropbox.com">x</a>`,
    `<!--[if mso]><a title='--><a href="https&#58;//dropbox.com">x</a>`,
    `<!--><a href="${D}">x</a>-->`,
    `<!---><a href="${D}">x</a>-->`,
    `<!-- --!><a href="${D}">x</a>`,
    `<!-- -- --><a href="${D}">x</a>`,
    `<![CDATA[><a href="${D}">x</a>`,
    `<svg><![CDATA[><a href="${D}">]]></svg>`,
    `<?php ><a href="${D}">x</a>`,
    `<!x ><a href="${D}">x</a>`,
    `</ ><a href="${D}">x</a>`,
    `<noscript><a href="${D}">x</a></noscript>`,
    `<xmp><a href="https&#58;//dropbox.com"></xmp>`,
    `<noembed><a href="https&#58;//dropbox.com"></noembed>`,
    `<title><a href="https&#58;//dropbox.com"></title>`,
    `<textarea><a href=dropbox.com></textarea>`,
    `<style><a href=dropbox.com></style>`,
    `<style><textarea><a href=dropbox.com></textarea></style>`,
    `<svg><style><!--</style><a href="dropbox.com">--></style></svg>`,
    `<style><a title="</style><a href="https&#58;//dropbox.com">`,
    `<style><a title='</style><a href="https&#58;//dropbox.com#'">`,
    `<plaintext><a href=dropbox.com>`,
    `<a href="${D}"`,
    `<a href="${D}`,
    // Text.
    `<p>${D}</p>`,
    '<p>www.dropbox.com/s/x</p>',
    '<p>drop<b></b>box.com/s/x</p>',
    '<p>www.<span>drop</span>box<i>.com</i>/s/x</p>',
    '<p>lihat<b>dropbox.com/s/x</b></p>',
    '<p>a<br>dropbox.com/s/x</p>',
    '<td>a</td><td>dropbox.com/s/x</td>',
    '<p>dropbox&#46;com/s/x</p>',
    '<p>drop&#98;ox.com&#x2f;s/x</p>',
    '<p>dropbox.c\0om/s/x</p>',
    '<a href="https://a.example">https://www.dropbox.com</a>',
  ];
  for (const text of cases) {
    test(JSON.stringify(text), () => {
      expect(reasonsIn(text)).toContain('external-storage');
      const around = (inner: string): string => `<html><body><p>Salam</p>\r\n${inner}`;
      expect(reasonsIn(around(text))).toContain('external-storage');
    });
  }
});

describe('markup passes with', () => {
  const cases: readonly string[] = [
    '<p>Jangan gunakan www.dropbox.com.</p>',
    '<p><b>dropbox</b>.com</p>',
    '<a href="mailto:urusetia@dropbox.com">urusetia@dropbox.com</a>',
    '<a href="https://www.moh.example/dasar-dropbox.com">Dasar</a>',
    '<a href="https://www.notdropbox.com/s/x">x</a>',
    '<a href="#dropbox.com">x</a>',
    '<a name="dropbox.com/s/x" id="dropbox.com/s/x" class="https://dropbox.com">x</a>',
    '<img src="cid:dropbox.com/s/x" alt="dropbox.com/s/x">',
    `<!-- ${D} -->`,
    `<!-- <a href="${D}">x</a> -->`,
    '<a href="https://docs.google.com/forms/d/e/1/viewform">Borang</a>',
    '<base href="https://docs.google.com/forms/"><a href="d/e/1/viewform">Borang</a>',
    '<base href="https://www.moh.example/"><a href="document/d/1">x</a>',
    '<a href="document/d/1">x</a>',
    '<a href="tel:+60312345678">x</a>',
    '<a href="">x</a><a href>x</a><a href="?a=b">x</a>',
    '<a href="https://maps.app.goo.gl/abc">Peta</a>',
    '<p style="background:#fff url(https://www.moh.example/a.png) no-repeat">',
    '<style>p{font-family:"box.com"}</style>',
    '<meta name="generator" content="Microsoft Word 15 (filtered medium)">',
    '<meta property="og:url" content="https://www.moh.example/">',
    '<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns="http://www.w3.org/TR/REC-html40">',
    '<img src="data:image/png;base64,iVBORw0KGgo//box.com/s/x==">',
    `<img src="data:image/png;base64,${'//box.com/A'.repeat(20_000)}">`,
    `<img src="data:image/jpeg;base64,AAAA${btoa(`   ${D}   `)}">`,
    '<input value="dropbox.com/s/x">',
    '<td>drop</td><td>box.com</td><td>/s/x</td>',
    '<li>mega.nz</li><li>/file</li>',
    '<p>hxxps://www[.]dropbox[.]com/s/x</p>',
    '<p>5 < 6 && 7 > 3; a&b&amp;c &unknown; &#; &#x;</p>',
    '<a href="javascript:void(0)">x</a>',
    '<a href="https://a.example/?x=<b>&y=\'"\'>x</a>',
    '<',
    '',
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">',
    '<o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings>',
  ];
  for (const text of cases) {
    test(JSON.stringify(text.slice(0, 200)), () => {
      expect(reasonsIn(text)).toEqual([]);
    });
  }
});

test('a link far inside a long attribute is found, whatever the attribute holds', () => {
  for (const start of ['https://a.example/?', 'data:text/html,', 'javascript:', 'x ']) {
    const filler = 'x'.repeat(150_000);
    expect(reasonsIn(`<a href="${start}${filler}&u=${D}">`)).toContain('external-storage');
  }
});

test('a long document in an attribute is read to its end', () => {
  const inner = `${'<p>x</p>'.repeat(20_000)}<a href=dropbox.com>`;
  expect(reasonsIn(`<iframe srcdoc="${inner}"></iframe>`)).toContain('external-storage');
});

test('a text that a document names is read, wherever the pieces end', () => {
  const text = `<!DOCTYPE svg [<!ENTITY u "${D}">]><svg><a href="&u;"></a></svg>`;
  for (let at = 0; at < text.length; at++) {
    const judged = { direction: 'in' as const, agencies: [] };
    const finder = createLinkFinder({ kind: 'html', part: '1', list, judged });
    finder.write(text.slice(0, at));
    finder.write(text.slice(at));
    expect(finder.end()).toHaveLength(1);
  }
});

test('an escape of a style is read whole, wherever the pieces end', () => {
  const text = '<style>p{background:url(https://\\64 ropbo\\78 .com/s)}</style>';
  for (let at = 0; at < text.length; at++) {
    const finder = createLinkFinder({
      kind: 'html',
      part: '1',
      list,
      judged: { direction: 'in', agencies: [] },
    });
    finder.write(text.slice(0, at));
    finder.write(text.slice(at));
    expect(finder.end()).toHaveLength(1);
  }
});
