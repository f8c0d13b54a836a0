import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { recipientsDigest, STANZA_TYPE } from '../../src/policy/digest.ts'

const AGE = 'age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z'
const SSH = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJvPqjDQDTMtnxgL6u4MrgkTpZY7ZzG0VqkNKFXZ0H1c'

test('the example of the design', () => {
  assert.is(recipientsDigest([AGE, SSH]), 'Vg7EizEiThzt1E2XQySBww')
  assert.is(STANZA_TYPE, 'git-nixsecret/v1')
})

test('neither order nor duplicates matter, every key does', () => {
  assert.is(recipientsDigest([SSH, AGE, SSH]), recipientsDigest([AGE, SSH]))
  assert.is.not(recipientsDigest([AGE]), recipientsDigest([AGE, SSH]))
  assert.is.not(recipientsDigest([`${AGE}\n${SSH}`]), recipientsDigest([]))
})

test.run()
