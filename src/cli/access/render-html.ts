import { readFileSync } from 'node:fs'
import { NixsecretError } from '../../errors.ts'
import { SIGNS, tableMarkup } from './html-table.ts'
import { escapeMarkup, nameMarkup, sourceHash } from './markup.ts'
import type { AccessView } from './view.ts'
import { CELL_TEXT, changeLines, placeText } from './words.ts'

/** More than this, and browsers take too long. */
const MOST_CELLS = 150_000

/**
 * One page with everything in it: no script or style but its own runs, and nothing is asked of any network. It is
 * whole without its script, which searches, folds and moves the focus.
 * @param repository its name, untrusted
 * @throws NixsecretError `usage` where it would be too large for a browser
 */
export function renderAccessHtml(view: AccessView, repository: string): string {
  if (view.rows.length * view.columns.length > MOST_CELLS)
    throw new NixsecretError(
      'usage',
      `${view.rows.length} secrets × ${view.columns.length} readers are too many for one page`,
      {
        hints: ['git nixsecret access --format html PATH > access.html'],
      },
    )
  const style = `${part('access-page.css')}#matrix { --columns: ${view.columns.length}; }\n`
  const script = part('access-page.js')
  const policy = `default-src 'none'; style-src ${sourceHash(style)}; script-src ${sourceHash(script)}; img-src data:; base-uri 'none'; form-action 'none'`
  const title = `Who can read what: ${nameMarkup(repository)}`
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeMarkup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#matrix">Skip to the matrix</a>
${header(view, repository)}
${toolbar(view)}
<main>
<div class="scroll">
<table id="matrix">
<caption class="vh">Secrets in rows, readers in columns</caption>
${tableMarkup(view)}
</table>
<p class="nothing" hidden>Nothing here is like that. <button type="button" id="clear">Show everything</button></p>
</div>
</main>
${footer(view)}
<script>${script}</script>
</body>
</html>
`
}

// Beside this file in the sources, and beside the bundle.
function part(name: string): string {
  return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8')
}

function header(view: AccessView, repository: string): string {
  const { matrix, summary } = view
  const since = matrix.since === null ? '' : `, compared with <b>${escapeMarkup(placeText(matrix.since))}</b>`
  const figure = (number: number, text: string, mark = '') =>
    `<li${number > 0 ? mark : ''}><b>${number}</b> ${text}</li>`
  return `<header>
<div class="title">
<p class="repository"><bdi>${nameMarkup(repository)}</bdi></p>
<h1>Who can read what</h1>
<p class="place">by ${escapeMarkup(placeText(matrix.at))}${since}</p>
</div>
<ul class="figures">
${figure(summary.secrets, summary.secrets === 1 ? 'secret' : 'secrets')}
${figure(summary.readers, summary.readers === 1 ? 'reader' : 'readers')}
${figure(summary.attention, 'to mend', ' class="warn"')}
${figure(summary.former, 'open to former readers', ' class="bad"')}
</ul>
${changes(view)}</header>`
}

function changes(view: AccessView): string {
  const lines = changeLines(view)
  if (lines.length === 0) return ''
  const items = lines.map((line) => {
    const mark = line.startsWith('+ ') ? ' class="plus"' : line.startsWith('- ') ? ' class="minus"' : ''
    return `<li${mark}>${escapeMarkup(line)}</li>`
  })
  return `<details class="changes" open><summary>Changes</summary><ul>${items.join('')}</ul></details>\n`
}

function toolbar({ matrix }: AccessView): string {
  const choices = [
    ['all', 'All'],
    ['mend', 'To mend'],
    ...(matrix.since === null ? [] : [['changed', 'Changed']]),
  ]
  const radios = choices.map(
    ([value, text], i) =>
      `<label><input type="radio" name="show" value="${value}"${i === 0 ? ' checked' : ''}><span>${text}</span></label>`,
  )
  return `<div class="tools" role="search" aria-label="Secrets and readers" hidden>
<label class="field"><span>Secrets</span><input type="search" id="find-secrets" placeholder="part of a path" autocomplete="off" spellcheck="false"></label>
<label class="field"><span>Readers</span><input type="search" id="find-readers" placeholder="a name, or @group" autocomplete="off" spellcheck="false"></label>
<fieldset class="choice"><legend class="vh">Which secrets</legend>${radios.join('')}</fieldset>
<button type="button" id="fold" aria-pressed="false">Fold folders</button>
<button type="button" id="groups" aria-pressed="false">Unfold groups</button>
<button type="button" id="theme">Theme: system</button>
</div>`
}

function footer({ matrix, rows }: AccessView): string {
  const there = new Set(rows.flatMap(({ cells }) => cells))
  const kinds = (Object.keys(SIGNS) as (keyof typeof SIGNS)[]).filter((cell) => there.has(cell))
  const legend = kinds.map(
    (cell) =>
      `<li class="${SIGNS[cell].mark}"><span aria-hidden="true">${SIGNS[cell].glyph}</span> ${CELL_TEXT[cell]}</li>`,
  )
  const since =
    matrix.since === null
      ? ''
      : '<li class="plus"><span aria-hidden="true">+</span> gained</li><li class="minus"><span aria-hidden="true">−</span> lost</li>'
  const own = matrix.readers.some((reader) => reader.own)
    ? '<li><span aria-hidden="true">★</span> key of who made this page</li>'
    : ''
  return `<footer>
<div class="line"><p id="here" aria-hidden="true"></p><p id="shown" role="status"></p></div>
<ul class="legend" aria-label="Signs">${legend.join('')}${since}${own}</ul>
</footer>`
}
