import { test as single, suite } from 'uvu'
import * as assert from 'uvu/assert'
import { needs } from '../support/needs.ts'
import { nixPrograms } from '../support/nix.ts'
import { Sandbox } from '../support/sandbox.ts'
import { ModuleHost } from './module-host.ts'

const CHECK = new URL('../../nix/check-manifest.sh', import.meta.url).pathname

if (needs('scripts of the NixOS module', 'shellcheck'))
  single('scripts are POSIX shell without complaints', async () => {
    const box = new Sandbox()
    const scripts = ['install-secrets.sh', 'check-manifest.sh'].map(
      (name) => new URL(`../../nix/${name}`, import.meta.url).pathname,
    )
    assert.is(await box.ok('shellcheck', ['-s', 'sh', ...scripts]), '')
  })

if (needs('the check of age files', 'age', 'age-keygen', 'dash', 'bash'))
  for (const shell of ['dash', 'bash'])
    single(`tells age files from others, in ${shell}`, async () => {
      const box = new Sandbox()
      const key = box.path('key')
      await box.ok('age-keygen', ['-o', key])
      const recipient = (await box.ok('age-keygen', ['-y', key])).trim()
      const age = async (input: string | Buffer, ...args: string[]) =>
        (await box.run('age', ['-r', recipient, ...args], { input })).stdout
      const small = await age('')
      const large = await age('x\n\0--- '.repeat(30_000))
      const armored = await age('x\n'.repeat(99), '-a')
      const text = armored.toString()
      const header = large.indexOf('\n', large.indexOf('\n--- ') + 1)
      const cases: [string, string | Buffer, boolean][] = [
        ['small', small, true],
        ['large', large, true],
        ['armored', armored, true],
        ['armored, other line ends', text.replaceAll('\n', '\r\n'), true],
        ['empty', '', false],
        ['text', 'password\n', false],
        ['a key', 'AGE-SECRET-KEY-1', false],
        ['zero bytes', Buffer.alloc(100), false],
        ['the first line alone', 'age-encryption.org/v1\n', false],
        ['the first line and text', 'age-encryption.org/v1\npassword\n--- x\n', false],
        ['another version', small.toString('latin1').replace('/v1', '/v2'), false],
        ['no header end', large.subarray(0, header - 44), false],
        ['no payload', large.subarray(0, header + 1), false],
        ['half a nonce', large.subarray(0, header + 9), false],
        ['armor that ends early', text.replace(/-----END.*/, ''), false],
        [
          'armor of text',
          '-----BEGIN AGE ENCRYPTED FILE-----\ncGFzc3dvcmQ=\n-----END AGE ENCRYPTED FILE-----\n',
          false,
        ],
        ['a line before', `\n${small.toString('latin1')}`, false],
      ]
      for (const [name, content, good] of cases) {
        const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content
        const file = box.write('file with $odd name', bytes)
        const manifest = box.write('manifest', `secret db\nfile ${file}\nend\n`)
        const { code, stderr } = await box.run(shell, [CHECK, manifest])
        assert.is(code, good ? 0 : 1, `${name}: ${stderr}`)
        assert.is(stderr === '', good, `${name}: ${stderr}`)
        assert.not.match(stderr, 'password')
      }
      const mac = 'ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]'
      for (const sops of [`sops:\n  mac: ${mac}\n`, `{\n\t"sops": {"mac": "${mac}"}}`, `sops_mac=${mac}\n`]) {
        const manifest = box.write('manifest', `secret db\nfile ${box.write('sops', sops)}\nend\n`)
        const { code, stderr } = await box.run(shell, [CHECK, manifest])
        assert.is(code, 1)
        assert.match(
          stderr,
          /"db" is a SOPS document, which sops-nix installs(.*\n)+hint: sops\.secrets\."db"/,
        )
      }
      const manifest = box.write('manifest', `secret db\nfile ${box.dir}\nend\nsecret x\nfile /none\nend\n`)
      assert.match((await box.run(shell, [CHECK, manifest])).stderr, /"db" is no file(.*\n)+.*"x" is no file/)
    })

if (ModuleHost.possible('builds of the NixOS module'))
  for (const nix of nixPrograms()) {
    const test = suite(`build check, Nix ${nix.version}`)
    test('fails the build of a system with a plaintext file, and says what to do', async () => {
      const host = await ModuleHost.create({ nix })
      await host.seal({ db: 'one' })
      host.box.write('config/plain', 'plain-mark-59\n')
      host.box.write('config/nothing', '')
      const result = await host.tryBuild(`{
        nixsecret.secrets.good.file = ./secrets/db;
        nixsecret.secrets."my db".file = ./plain;
        nixsecret.secrets.early = { file = ./nothing; neededForUsers = true; };
      }`)
      assert.is.not(result.code, 0)
      assert.not.match(result.stderr, 'plain-mark-59')
      const single = await host.tryBuild('{ nixsecret.secrets."my db".file = ./plain; }')
      assert.match(single.stderr, /the file of nixsecret\.secrets\."my db" is not an age file: \S+my_db/)
      assert.match(single.stderr, /in the Nix store by now, readable for everybody/)
      assert.match(single.stderr, /git nixsecret audit(.*\n)+.*git nixsecret sealed/)
      const early = await host.tryBuild(
        '{ nixsecret.secrets.early = { file = ./nothing; neededForUsers = true; }; }',
      )
      assert.match(early.stderr, /nixsecret\.secrets\."early" is empty/)
      await host.build('{ nixsecret.secrets.good.file = ./secrets/db; }')
    })
    test.run()
  }
single.run()
