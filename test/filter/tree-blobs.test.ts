import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { textPath } from '../../src/byte-path.ts'
import { fetchBlob, TreeBlobs } from '../../src/filter/tree-blobs.ts'
import type { CatFile } from '../../src/git/cat-file.ts'
import type { TreeEntry } from '../../src/git/list-index.ts'

/** Stands in for git: objects by every name that they are asked for by. */
class FakeCatFile {
  readonly asked: string[] = []
  readonly objects: Map<string, { oid: string; type: string; content: Buffer }>

  constructor(objects: Record<string, [oid: string, content: string | Buffer, type?: string]>) {
    this.objects = new Map(
      Object.entries(objects).map(([name, [oid, content, type = 'blob']]) => [
        name,
        { oid, type, content: Buffer.from(content) },
      ]),
    )
  }

  async stream(name: Buffer, onChunk: (chunk: Buffer) => void) {
    this.asked.push(name.toString('latin1'))
    const found = this.objects.get(name.toString('latin1'))
    if (found === undefined) return null
    for (let at = 0; at < found.content.length; at += 1 << 16)
      onChunk(found.content.subarray(at, at + (1 << 16)))
    return { oid: found.oid, type: found.type, size: found.content.length }
  }

  get git(): CatFile {
    return this as unknown as CatFile
  }
}

const entry = (name: string, oid: string, mode = '100644', stage = 0): TreeEntry => ({
  mode,
  oid,
  stage,
  path: textPath(name),
})

test('the first files are asked for by path, then one list serves all', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'ü\n']
  const objects: Record<string, [string, string]> = {}
  for (const [i, name] of names.entries()) {
    objects[`:0:${textPath(name)}`] = [`oid${i}`, `content ${i}`]
    objects[`oid${i}`] = [`oid${i}`, `content ${i}`]
  }
  const cat = new FakeCatFile(objects)
  let lists = 0
  const blobs = new TreeBlobs(
    cat.git,
    ':0:',
    async () => {
      lists++
      return names.map((name, i) => entry(name, `oid${i}`))
    },
    () => 'same',
  )
  for (const [i, name] of names.entries()) {
    const found = await blobs.find(textPath(name))
    assert.is(found?.oid, `oid${i}`)
    assert.is(found?.whole?.toString(), `content ${i}`)
  }
  assert.is(lists, 1)
  assert.equal(cat.asked.slice(0, 4), [':0:a', ':0:b', ':0:c', ':0:d'])
  assert.is(await blobs.find(textPath('missing')), null)
})

test('what is no blob of a file is none: symlinks, submodules, conflict stages, trees', async () => {
  const cat = new FakeCatFile({ one: ['one', 'x'], ':0:tree': ['tree', '', 'tree'] })
  const list = [
    entry('link', 'one', '120000'),
    entry('module', 'one', '160000'),
    entry('both', 'one', '100644', 2),
  ]
  const blobs = new TreeBlobs(
    cat.git,
    ':0:',
    async () => list,
    () => '',
  )
  assert.is(await blobs.find(textPath('tree')), null)
  for (let i = 0; i < 4; i++) await blobs.find(textPath('none'))
  for (const name of ['link', 'module', 'both']) assert.is(await blobs.find(textPath(name)), null)
})

test('the list is read again when the index changed, and not before', async () => {
  const cat = new FakeCatFile({ old: ['old', 'old'], new: ['new', 'new'] })
  let stamp = '1'
  let current = 'old'
  const blobs = new TreeBlobs(
    cat.git,
    ':0:',
    async () => [entry('x', current)],
    () => stamp,
  )
  for (let i = 0; i < 4; i++) await blobs.find(textPath('x'))
  assert.is((await blobs.find(textPath('x')))?.oid, 'old')
  current = 'new'
  assert.is((await blobs.find(textPath('x')))?.oid, 'old')
  stamp = '2'
  assert.is((await blobs.find(textPath('x')))?.oid, 'new')
})

test('a large blob is cut at what is held in memory, unless it is armored', async () => {
  const size = 3 << 20
  const armor = Buffer.concat([Buffer.from('-----BEGIN AGE ENCRYPTED FILE-----\n'), Buffer.alloc(size, 'A')])
  const cat = new FakeCatFile({ large: ['large', Buffer.alloc(size)], armor: ['armor', armor] })
  const large = await fetchBlob(cat.git, Buffer.from('large'))
  assert.is(large?.size, size)
  assert.is(large?.whole, null)
  assert.ok((await fetchBlob(cat.git, Buffer.from('armor')))?.whole?.equals(armor))
  assert.is(await fetchBlob(cat.git, Buffer.from('nothing')), null)
})

test.run()
