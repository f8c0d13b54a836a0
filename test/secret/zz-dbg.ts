import { join } from 'node:path'
import { Person, startRepository } from '../support/story.ts'
const t0=Date.now(); const lap=(s:string)=>console.log(((Date.now()-t0)/1000).toFixed(1), s)
const [alice, bob] = await Promise.all([Person.create('alice'), Person.create('bob')])
const dir = await startRepository(alice, 'repo', ['--recipient', `bob=${bob.recipient}`])
await alice.git(dir,'config','core.compression','0')
await alice.box.run('sh',['-c','head -c 300000000 /dev/urandom > big'],{cwd:dir}); lap('big')
const S=(c:string)=>alice.box.run('sh',['-c',c.replace('NS','/usr/bin/time -f "%es %MkB" node --import /tmp/rss.mjs $(which git-nixsecret)')],{cwd:dir}).then(r=>lap(c+' '+r.code+' '+r.stderr))
await S('NS set secrets/big < big')
await alice.git(dir,'commit','-qm','x'); 
await S('NS show --rev HEAD secrets/big | cmp - big')
await S('NS show secrets/big | cmp - big')
await S('NS recipient remove bob')
await S('NS rekey')
await S('git status --porcelain')
await S('NS lock')
await S('NS show secrets/big | cmp - big')
await S('ls .git/nixsecret/tmp')
