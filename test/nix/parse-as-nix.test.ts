import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseNix } from '../../src/nix/parse-nix.ts'
import { needs } from '../support/needs.ts'
import { CONSTRUCTS, TEXTS } from './nix-snippets.ts'
import { printNix } from './print-nix.ts'

const test = suite('parse as nix does')

const OPERATORS = ['->', '||', '&&', '==', '!=', '<', '<=', '>', '>=', '//', '+', '-', '*', '/', '++', '?']
const NO_CHAIN = new Set(['==', '!=', '<', '<=', '>', '>=', '?'])

/** Every pair of operators, but for those that Nix does not let follow each other. */
function pairs(): string[] {
  const found: string[] = []
  for (const first of OPERATORS) {
    found.push(`!a ${first} b`, `- a ${first} b`)
    for (const second of OPERATORS) {
      const equality = (op: string) => (op === '==' || op === '!=' ? '=' : /^[<>]/.test(op) ? '<' : op)
      if (equality(first) === equality(second) && NO_CHAIN.has(first)) continue
      found.push(`a ${first} b ${second} c`)
    }
  }
  return found
}

/** What the AST has no place for (`...`), or what old versions of Nix do not know. */
const LEFT_OUT = /\.\.\.|__curPos|[|]>|<[|]|^\xef/

if (needs('what Nix itself makes of snippets', 'nix-instantiate')) {
  const home = mkdtempSync(join(tmpdir(), 'nix-parse-'))
  const dir = (name: string): string => {
    mkdirSync(join(home, name), { recursive: true })
    return join(home, name)
  }
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    ...{ XDG_CACHE_HOME: dir('cache'), XDG_CONFIG_HOME: dir('config'), XDG_DATA_HOME: dir('data') },
    ...{ NIX_STORE_DIR: join(home, 'store'), NIX_STATE_DIR: dir('state'), NIX_LOG_DIR: dir('log') },
    ...{ NIX_CONF_DIR: dir('etc'), NIX_REMOTE: '', NIX_CONFIG: 'build-users-group =' },
  }
  const parsed = (expressions: readonly string[], how = ['--parse']): string[] =>
    execFileSync('nix-instantiate', [...how, '-'], {
      env,
      cwd: home,
      input: `with { }; [\n${expressions.map((text) => `(${text}\n)`).join('\n')}\n]`,
      encoding: 'latin1',
      stdio: ['pipe', 'pipe', 'pipe'],
    }).split(') (')
  const printed = (source: string): string => {
    const file = parseNix(source)
    assert.equal(file.errors, [], source)
    return printNix(file.root)
  }
  const sources = CONSTRUCTS.map(([source]) => source).filter((source) => !LEFT_OUT.test(source))

  test('every construct', () => {
    assert.equal(parsed(sources.map(printed)), parsed(sources))
  })

  test('every pair of operators', () => {
    assert.equal(parsed(pairs().map(printed)), parsed(pairs()))
  })

  // Nix keeps the pieces of an indented string apart until it is evaluated.
  test('the text of strings', () => {
    const texts = TEXTS.map(([source]) => source)
    const evaluate = ['--eval', '--strict']
    assert.equal(parsed(texts.map(printed), evaluate), parsed(texts, evaluate))
  })

  test.after(() => rmSync(home, { recursive: true, force: true }))
}

test.run()
