import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { NixPlace, type NixProgram, nixPrograms } from '../support/nix.ts'
import { Person, startRepository } from '../support/story.ts'
import { EXPRESSIONS, ROWS, type Row } from './leak-rows.ts'

// Every way to give Nix the code: what the plain work tree leaks by it, the twin does not. Each run has a secret of its
// own, so that all can share one store, which is searched once for each half.
const test = suite('store/leaks')
const there = needs('what Nix copies from a twin', 'nix', 'bzcat')

for (const program of there ? nixPrograms() : []) {
  test(`Nix ${program.version}: what leaks from the work tree does not from its twin`, async () => {
    const story = await LeakStory.begin(program)
    for (const row of ROWS) await story.sealed(row)
    assert.equal(await story.leaked('sealed'), [], 'through the twin')
    for (const row of ROWS) await story.plain(row)
    const expected = ROWS.filter(({ leaks }) => leaks[story.newer ? 1 : 0]).map(({ name }) => name)
    assert.equal(await story.leaked('plain'), expected, 'from the work tree')
    // Once more through the twin, with all that the work tree left in the caches.
    for (const row of ROWS.filter(({ commit }) => commit)) await story.sealed(row, 'after')
    assert.equal(await story.leaked('after'), [], 'through the twin, afterwards')
    story.person.box.remove()
  })
}

class LeakStory {
  readonly person: Person
  readonly repo: string
  readonly place: NixPlace

  private constructor(person: Person, repo: string, place: NixPlace) {
    this.person = person
    this.repo = repo
    this.place = place
  }

  static async begin(program: NixProgram): Promise<LeakStory> {
    const person = await Person.create('leaks')
    const repo = await startRepository(person)
    const place = new NixPlace(person.box, program)
    person.box.write(join(repo, 'default.nix'), EXPRESSIONS)
    person.box.write(join(repo, 'flake.nix'), '{ outputs = { self }: import ./default.nix; }\n')
    person.box.write(join(repo, 'secrets/db'), 'nothing yet\n')
    await person.git(repo, 'add', '-A')
    await person.commit(repo, 'Code')
    return new LeakStory(person, repo, place)
  }

  /** Since 2.20 Nix has git of its own. */
  get newer(): boolean {
    return !/^2\.1?\d\./.test(this.place.program.version)
  }

  async plain(row: Row): Promise<void> {
    await this.#begin(row, 'plain')
    const rev = (await this.person.git(this.repo, 'rev-parse', 'HEAD')).trim()
    const [program = '', ...args] = row.command.map((arg) =>
      arg
        .replaceAll('@sealed@', this.repo)
        .replace('@rev@', rev)
        .replace('@copy@', join(this.place.dir, 'copy')),
    )
    await this.place.run(program, args, { cwd: this.repo })
  }

  async sealed(row: Row, half = 'sealed'): Promise<void> {
    await this.#begin(row, half)
    const rev = (await this.person.git(this.repo, 'rev-parse', 'HEAD')).trim()
    const command = row.command.map((arg) =>
      arg.replace('@rev@', rev).replace('@copy@', join(this.place.dir, 'copy')),
    )
    const { code, stderr } = await this.place.run('git', ['nixsecret', 'sealed', '--', ...command], {
      cwd: this.repo,
    })
    // Nix itself may fail: ciphertext is no string to it. What must not be is that nothing was run.
    if (code === 2 || /git-nixsecret: error/.test(stderr)) throw new Error(`${row.name}: ${stderr}`)
  }

  /** Rows whose secret of that half is anywhere in this Nix's places. */
  async leaked(half: string): Promise<string[]> {
    const found = new Set(await this.place.which(ROWS.map((row) => this.#secret(row, half))))
    return ROWS.filter((row) => found.has(this.#secret(row, half))).map(({ name }) => name)
  }

  #secret(row: Row, half: string): string {
    return `${half}-secret-${ROWS.indexOf(row)}-of-the-database`
  }

  async #begin(row: Row, half: string): Promise<void> {
    writeFileSync(join(this.repo, 'secrets/db'), `${this.#secret(row, half)}\n`)
    if (row.commit) await this.person.commit(this.repo, row.name, '-a')
  }
}

test.run()
