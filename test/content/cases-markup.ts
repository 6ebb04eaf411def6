/** The same link in every place of markup that a browser follows. */
import { a, entityOf, HOST_AND_PATH, html, LINK, type LinkRow, linkCase } from './build-link.ts';
import { entity, multipart, text } from './build-message.ts';
import type { Case } from './sample.ts';

const IN_HTML: readonly LinkRow[] = [
  ['a', a(LINK)],
  ['a without quotes', html('<a href=https://www.dropbox.com/s/a1b2c3>x</a>')],
  ['a in capitals with blanks', html(`<A\r\n HREF\t=\r\n '${LINK}' >x</A>`)],
  ['an attribute behind slashes', html(`<a/href="${LINK}"/>x`)],
  ['an element that is not closed', html(`<a href="${LINK}"`)],
  ['the first of two attributes', html(`<a href="${LINK}" href="https://www.moh.example/">x</a>`)],
  ['written out', html(`<p>${HOST_AND_PATH}</p>`)],
  ['written out in pieces', html('<p>www.drop<b>box.com</b>/s/a1b<i>2c3</i></p>')],
  ['area', html(`<map><area href="${LINK}"></map>`)],
  ['form', html(`<form action="${LINK}"><button>x</button></form>`)],
  ['formaction', html(`<form><button formaction="${LINK}">x</button></form>`)],
  ['img', html(`<img src="${LINK}">`)],
  ['srcset', html(`<img srcset="a.png 1x, ${LINK} 2x">`)],
  ['iframe', html(`<iframe src="${LINK}"></iframe>`)],
  ['srcdoc', html(`<iframe srcdoc="&lt;a href='${LINK}'&gt;x&lt;/a&gt;"></iframe>`)],
  ['object', html(`<object data="${LINK}"></object>`)],
  ['embed', html(`<embed src="${LINK}">`)],
  ['video', html(`<video poster="${LINK}"><source src="a.mp4"></video>`)],
  ['audio', html(`<audio src="${LINK}"></audio>`)],
  ['source', html(`<video><source src="${LINK}"></video>`)],
  ['track', html(`<video><track src="${LINK}"></video>`)],
  ['link', html(`<link rel="stylesheet" href="${LINK}">`)],
  ['base', html('<base href="https://www.dropbox.com/"><a href="s/a1b2c3">x</a>')],
  ['meta refresh', html(`<meta http-equiv="refresh" content="0;url=${LINK}">`)],
  ['meta refresh, quoted', html(`<meta http-equiv=refresh content="5; URL='${LINK}'">`)],
  ['a style', html(`<p style="background:url('${LINK}')">x</p>`)],
  ['a style with escapes', html('<p style="background:url(https://www.\\64 ropbox.com/s/a1b2c3)">x</p>')],
  ['a style sheet', html(`<style>@import url(${LINK});</style>`)],
  ['background', html(`<table background="${LINK}"><tr><td>x</td></tr></table>`)],
  ['ping', html(`<a href="https://www.moh.example/" ping="${LINK}">x</a>`)],
  ['cite', html(`<blockquote cite="${LINK}">x</blockquote>`)],
  ['SVG', html(`<svg xmlns:xlink="http://www.w3.org/1999/xlink"><a xlink:href="${LINK}"><rect/></a></svg>`)],
  ['a picture within SVG', html(`<svg><image href="${LINK}"/></svg>`)],
  ['animated SVG', html(`<svg><a><animate attributeName="href" to="${LINK}"/></a></svg>`)],
  ['MathML', html(`<math href="${LINK}"><mi>x</mi></math>`)],
  ['VML', html(`<v:rect href="${LINK}" fillcolor="red"></v:rect>`)],
  ['a conditional comment', html(`<!--[if mso]><a href="${LINK}">x</a><![endif]-->`)],
  ['a conditional comment that others see', html(`<![if !mso]><a href="${LINK}">x</a><![endif]>`)],
  ['noscript', html(`<noscript><a href="${LINK}">x</a></noscript>`)],
  ['template', html(`<template><a href="${LINK}">x</a></template>`)],
  ['textarea', html(`<textarea>${LINK}</textarea>`)],
  ['title', html(`<title>${LINK}</title>`)],
  ['script', html(`<script>location="${LINK}"</script>`)],
  ['an attribute of script', html(`<p onclick="location='${LINK}'">x</p>`)],
  ['javascript:', a(`javascript:location='${LINK}'`)],
  ['data: with HTML', a(`data:text/html,${encodeURIComponent(`<a href="${LINK}">x</a>`)}`)],
  [
    'data: with HTML in base64',
    a(`data:text/html;base64,${Buffer.from(`<a href="${LINK}">x</a>`).toString('base64')}`),
  ],
  ['without a scheme', a(`//${HOST_AND_PATH}`)],
  [
    'quoted-printable HTML',
    entityOf(text('html', `<a href="${LINK}">x</a>`, { encoding: 'quoted-printable' })),
  ],
  [
    'HTML in UTF-16',
    entityOf(
      text('html', Buffer.from(`<a href="${LINK}">x</a>`, 'utf16le').toString('latin1'), {
        charset: 'utf-16le',
        encoding: 'base64',
      }),
    ),
  ],
  ['HTML that says text', entityOf(text('plain', `<html><a href="${LINK}">x</a></html>\r\n`))],
  [
    'XHTML',
    entityOf(
      entity(
        ['Content-Type: application/xhtml+xml'],
        `<html xmlns="http://www.w3.org/1999/xhtml"><body><a href="${LINK}">x</a></body></html>\r\n`,
      ),
    ),
  ],
  [
    'AMP',
    entityOf(
      multipart('alternative', 'x', [
        text('plain', 'Hai\r\n'),
        text('x-amp-html', `<html amp4email><body><a href="${LINK}">x</a></body></html>\r\n`),
      ]),
    ),
  ],
];

export const MARKUP_CASES: readonly Case[] = IN_HTML.map(linkCase('a link in HTML'));
