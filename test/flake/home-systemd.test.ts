import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nixPrograms } from '../support/nix.ts'
import { HomeUser, type Units } from './home-user.ts'
import { systemdPossible } from './user-session.ts'

const what = "a user's secrets by a real systemd of the user"
const [program] = nixPrograms()
if (HomeUser.possible(what) && systemdPossible(what) && program !== undefined) {
  let user: HomeUser
  const units: Record<string, Units> = {}
  test.before(async () => {
    user = await HomeUser.create(program)
    await user.seal('token', 'a token of mine\n')
    await user.seal('renewed', 'another token, renewed\n')
    await user.sealForOthers('alien')
    const of = (file: string) => `{
      nixsecret.secrets.token = { file = ./${file}.age; restartUnits = [ "reader.service" ]; };
      nixsecret.secrets.renewed.file = ./renewed.age;
    }`
    units.first = await user.units(of('token'))
    units.alien = await user.units(of('alien'))
    units.renewed = await user.units(of('renewed'))
    units.none = await user.units('{ }')
  })

  test('units decrypt before what needs it, fail where a secret fails, and mend', async () => {
    const { code, out, stderr } = await user.inSystemd(`
      switch_to ${units.first?.dir}
      start_systemd
      echo "at login: $(cat reads)"
      switch_to ${units.alien?.dir}
      systemctl --user daemon-reload
      systemctl --user restart nixsecret || echo "restart fails"
      settle
      failed
      echo "still: $(cat nixsecret/token nixsecret/renewed reads)"
      switch_to ${units.renewed?.dir}
      systemctl --user daemon-reload
      systemctl --user restart nixsecret
      settle
      failed
      echo "renewed: $(cat nixsecret/token) $(tail -n 1 reads)"
      switch_to ${units.none?.dir}
      systemctl --user daemon-reload
      systemctl --user restart nixsecret
      settle
      failed
      ls nixsecret`)
    assert.is(code, 0, `${stderr}${out}`)
    assert.equal(out.split('\n'), [
      'at login: a token of mine',
      'restart fails',
      'failed: nixsecret-secret-token.service nixsecret.service',
      ...['still: a token of mine', 'another token, renewed', 'a token of mine'],
      'failed: ',
      'renewed: another token, renewed another token, renewed',
      'failed: ',
      '',
    ])
  })
}

test.run()
