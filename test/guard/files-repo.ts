import { join } from 'node:path'
import { checkFiles } from '../../src/guard/check-files.ts'
import type { CheckResult } from '../../src/guard/finding.ts'
import { ATTRIBUTES, GuardRepo, policyText } from './guard-repo.ts'

/** A repository whose work tree is written file by file; what is not staged is untracked. */
export class FilesRepo extends GuardRepo {
  /** Puts files (latin1 names: bytes) in the work tree. */
  lay(files: Readonly<Record<string, string | Uint8Array>>): void {
    for (const [path, content] of Object.entries(files)) this.box.write(join(this.dir, path), content)
  }

  /** Puts files in the work tree and, as they lie, in the index. */
  track(files: Readonly<Record<string, string | Uint8Array>>): void {
    this.lay(files)
    this.stage(files)
  }

  rules(attributes = ATTRIBUTES, policy = policyText()): void {
    this.track({ '.gitattributes': attributes, 'nixsecret.toml': policy })
  }

  async check(cwd = this.dir): Promise<CheckResult> {
    return checkFiles(await this.open(), { ...this.options, cwd })
  }

  async found(): Promise<string[]> {
    const { findings } = await this.check()
    return findings.map(({ severity, rule, path }) => `${severity} ${rule} ${path}`).sort()
  }
}

/** An SSH key that opens nothing, as ssh-keygen writes one. */
export const KEY = [
  '-----BEGIN OPENSSH PRIVATE KEY-----',
  'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW',
  'QyNTUxOQAAACBMb5bGS+P8gBg/xPhUZKrQV9bCvwBZvWqgTcVsM3lpkgAAAJgdQ3eiHUN3',
  'ogAAAAtzc2gtZWQyNTUxOQAAACBMb5bGS+P8gBg/xPhUZKrQV9bCvwBZvWqgTcVsM3lpkg',
  'AAAEBxkMdU5ZJ8x2R3v1fP3vTq0hJ2bUe2tC1hWm6l0m7V5UxvlsZL4/yAGD/E+FRkqtBX',
  '1sK/AFm9aqBNxWwzeWmSAAAAEXRlc3RAZXhhbXBsZS5vcmcBAgMEBQ==',
  '-----END OPENSSH PRIVATE KEY-----',
  '',
].join('\n')
