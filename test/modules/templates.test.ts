import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ModuleHost } from './module-host.ts'

const test = suite('templates')
let host: ModuleHost
test.before(async () => {
  host = await ModuleHost.create({ shell: '/bin/dash' })
})
test.before.each(() => host.boot({ disk: 'new' }))
test.after(() => host.stop())

const BINARY = Buffer.from([...Array(256).keys(), 10, 10, 0, 37, 115, 36, 120, 92, 110, 10])

test('puts bytes, whatever they are, between text, whatever it is', async () => {
  await host.seal({ binary: BINARY, lines: 'a\nb\n\n\n', text: 'plain-mark-59 $HOME `id` \\n %s ${x} & "\'' })
  // As Nix text, then as bytes.
  const odd = `$HOME \`id\` $(id) \\\\n \\\\ \\\\0 %s %% ' \\" '' \${"$"}{x} & * ~ \t é\\n\\n`
  const text = `$HOME \`id\` $(id) \\n \\ \\0 %s %% ' " '' \${x} & * ~ \t é\n\n`
  const script = await host.build(`({ config, ... }: let p = config.nixsecret.placeholder; in {
    nixsecret.secrets.binary = { file = ./secrets/binary; owner = "alice"; };
    nixsecret.secrets.lines.file = ./secrets/lines;
    nixsecret.secrets."t e.x*t" = { file = ./secrets/text; path = "/run/elsewhere"; };
    nixsecret.templates.odd = {
      content = "${odd}\${p.binary}${odd}\${p.lines}\${p.lines}\${p."t e.x*t"}";
      owner = "alice";
      group = "web";
      mode = "440";
    };
    nixsecret.templates."one $x 'y'".content = p.lines;
    nixsecret.templates.plain = { content = "no secret: ${odd}"; path = "/run/etc/plain"; };
    nixsecret.templates.empty.content = "";
    nixsecret.templates.other = {
      # What another template says is nothing but text.
      content = config.nixsecret.templates.odd.content + "\${config.nixsecret.templates.odd.path}";
      path = "/var/lib/other place";
    };
  })`)
  await host.ok(script)
  const expected = Buffer.concat([
    Buffer.from(text),
    BINARY,
    Buffer.from(text),
    Buffer.from('a\nb\n\n\na\nb\n\n\nplain-mark-59 $HOME `id` \\n %s ${x} & "\''),
  ])
  assert.equal(await host.read('/run/nixsecret/templates/odd'), expected)
  assert.is(await host.stat('/run/nixsecret/templates/odd'), 'alice web 440')
  assert.is(await host.text("/run/nixsecret/templates/one $x 'y'"), 'a\nb\n\n\n')
  assert.is(await host.text('/run/etc/plain'), `no secret: ${text}`)
  assert.is(await host.text('/run/nixsecret/templates/empty'), '')
  assert.equal(
    await host.read('/var/lib/other place'),
    Buffer.concat([expected, Buffer.from('/run/nixsecret/templates/odd')]),
  )
  assert.is(await host.text('/run/elsewhere'), 'plain-mark-59 $HOME `id` \\n %s ${x} & "\'')
  assert.equal(await host.nix.find(['plain-mark-59']), [])
})

test('tells units when text or secret changed', async () => {
  await host.seal({ db: 'one', other: 'other' })
  const configuration = (text: string, more = '') => `({ config, ... }: {
    nixsecret.secrets.db.file = ./secrets/db;
    nixsecret.secrets.other.file = ./secrets/other;
    nixsecret.templates.conf = { content = "${text}=\${config.nixsecret.placeholder.db}"; restartUnits = [ "x.service" ]; };
    ${more}
  })`
  await host.ok(await host.build(configuration('a')))
  await host.seal({ other: 'changed' })
  await host.ok(await host.build(configuration('a')))
  assert.equal(await host.told('*'), [])
  await host.ok(await host.build(configuration('b')))
  assert.equal(await host.told('*'), ['x.service'])
  await host.seal({ db: 'two' })
  const dry = await host.build(configuration('b'), 'dryActivate')
  await host.ok(dry, [], { env: { NIXOS_ACTION: 'dry-activate' } })
  assert.equal(await host.told('dry-activation-restart-list'), ['x.service'])
  assert.is(await host.text('/run/nixsecret/templates/conf'), 'b=one')
  await host.ok(await host.build(configuration('b')))
  assert.equal(await host.told('*'), ['x.service'])
  assert.is(await host.text('/run/nixsecret/templates/conf'), 'b=two')
})

test('needs no key where there is no secret', async () => {
  const script = await host.build(`{
    services.openssh.enable = false;
    nixsecret.templates.t.content = "text";
  }`)
  await host.ok(script)
  await host.ok(script)
  assert.is(await host.text('/run/nixsecret/templates/t'), 'text')
})

test('keeps references of the text to packages', async () => {
  await host.seal({ db: 'one' })
  const script = await host.build(`({ config, pkgs, ... }: {
    nixsecret.secrets.db.file = ./secrets/db;
    nixsecret.templates.t.content = ''
      run=\${pkgs.writeScript "prog" "prog"} \${config.nixsecret.placeholder.db}
      again=\${pkgs.writeScript "prog2" "prog2"}
    '';
  })`)
  await host.ok(script)
  const [, one, two] = /run=(\S+) one\nagain=(\S+)\n$/.exec(
    (await host.text('/run/nixsecret/templates/t')) ?? '',
  ) as RegExpExecArray
  assert.is(await host.text(one as string), 'prog')
  assert.is(await host.text(two as string), 'prog2')
  // What the activation script needs is all that a host gets.
  const closure = await host.nix.ok('nix-store', ['-qR', script])
  assert.match(closure, one as string)
  assert.match(closure, two as string)
})

if (ModuleHost.possible('templates of the NixOS module')) test.run()
