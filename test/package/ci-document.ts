import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Sandbox } from '../support/sandbox.ts'

/** A workflow file of GitHub or Forgejo, as far as tests look at it. */
export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>
}

export interface Step {
  readonly name?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
  readonly run?: string
}

/** The job of a GitLab file. */
export interface GitlabJob {
  readonly variables: Readonly<Record<string, string>>
  readonly before_script: readonly string[]
  readonly script: readonly string[]
}

/** A Python with PyYAML (it comes with Debian's pre-commit): Node.js reads no YAML. Null where there is none. */
export async function yamlPython(box: Sandbox): Promise<string | null> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const found = await box.run(python, ['-c', 'import yaml']).catch(() => ({ code: 1 }))
    if (found.code === 0) return python
  }
  process.stdout.write('skipped: files for CI (needs python3 with PyYAML)\n')
  return null
}

/** Every block of YAML below a heading of docs/ci.md, parsed. */
export async function yamlBlocks(box: Sandbox, python: string, heading: string): Promise<unknown[]> {
  const text = readFileSync(fileURLToPath(new URL('../../docs/ci.md', import.meta.url)), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  const blocks = [...section.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
  // YAML 1.1 takes the key "on" for true.
  const script =
    'import json,sys,yaml\nd=lambda v: {("on" if k is True else k): d(w) for k,w in v.items()} if isinstance(v,dict) else [d(w) for w in v] if isinstance(v,list) else v\nprint(json.dumps([d(yaml.safe_load(b)) for b in json.load(sys.stdin)]))'
  return JSON.parse(await box.ok(python, ['-c', script], { input: JSON.stringify(blocks) }))
}

/** The value of `${{ a.b || c.d }}`: the first that is there, as GitHub and Forgejo have it. */
export function evaluate(text: string, context: unknown): string {
  return text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => {
    for (const path of expression.split('||')) {
      let value: unknown = context
      for (const name of path.trim().split('.'))
        value = (value as Record<string, unknown> | undefined)?.[name]
      if (typeof value === 'string' && value !== '') return value
    }
    return ''
  })
}
