import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from './module-host.ts'

const test = suite('many secrets')
let host: ModuleHost
test.before(async () => {
  host = await ModuleHost.create()
})
test.after(() => host.stop())

test('starts few programs for each of a hundred secrets', async () => {
  const count = host.box.path('count')
  const shims = host.box.path('shims')
  for (const name of ModuleHost.PROGRAMS)
    host.program(shims, name, `echo ${name} >>${count}; exec /usr/bin/${name} "$@"`)
  const names = Array.from({ length: 100 }, (_, i) => `s${i}`)
  await host.seal(Object.fromEntries(names.map((name) => [name, `secret of ${name}\n`])))
  const configuration = `({ config, ... }: {
    ${names.map((name) => `nixsecret.secrets.${name} = { file = ./secrets/${name}; owner = "alice"; restartUnits = [ "x.service" ]; };`).join('\n')}
    nixsecret.templates.all.content = "${names.map((name) => `\${config.nixsecret.placeholder.${name}}`).join('')}";
  })`
  Object.assign(host.options, { programs: shims })
  await host.boot({ disk: 'new' })
  const script = await host.build(configuration)
  const figures: string[] = []
  for (const which of ['first', 'next']) {
    await host.sh(`rm -f ${count}`)
    await host.ok(script)
    const started = (await host.lines(`cat ${count}`)).length
    figures.push(`${which}: ${started} programs`)
    // age, chown, chmod; and cmp where there is a generation to compare with.
    assert.ok(started <= (which === 'first' ? 3 : 4) * 100 + 30, figures.join(', '))
  }
  assert.is(
    await host.text('/run/nixsecret/templates/all'),
    names.map((name) => `secret of ${name}\n`).join(''),
  )
  process.stdout.write(`(${figures.join(', ')}) `)
})

if (ModuleHost.possible('a hundred secrets')) test.run()
