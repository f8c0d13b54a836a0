import type { GitOptions } from './run-git.ts'

/** Where git is run, and with which variables. */
export type GitPlace = Pick<GitOptions, 'cwd' | 'env'>

/**
 * The same place, seen as a remote would see it: nothing that lies only on this machine changes what git answers
 * about objects. Without it a replace ref (`core.useReplaceRefs` in the repository's own config wins over
 * `GIT_NO_REPLACE_OBJECTS`, measured), a graft or a forged commit-graph shows other contents or parents than the
 * ones that a push sends, and `GIT_LITERAL_PATHSPECS` makes `ls-files :/` list nothing, with exit code 0.
 */
export function trueView(place: GitPlace): GitPlace {
  const before = place.env?.GIT_CONFIG_PARAMETERS ?? process.env.GIT_CONFIG_PARAMETERS
  return {
    ...place,
    env: {
      ...place.env,
      GIT_NO_REPLACE_OBJECTS: '1',
      // The last word in git's order of configuration: after every file, GIT_CONFIG_COUNT and `git -c`.
      GIT_CONFIG_PARAMETERS: [
        ...(before ? [before] : []),
        "'core.usereplacerefs'='false'",
        "'core.commitgraph'='false'",
      ].join(' '),
      // A file that cannot be: of an empty one git says that grafts are deprecated.
      GIT_GRAFT_FILE: '/dev/null/none',
      GIT_ATTR_SOURCE: undefined,
      GIT_LITERAL_PATHSPECS: undefined,
      GIT_GLOB_PATHSPECS: undefined,
      GIT_NOGLOB_PATHSPECS: undefined,
      GIT_ICASE_PATHSPECS: undefined,
      // What must be judged and was left out by a partial clone has to be fetched, else we would have to refuse.
      GIT_NO_LAZY_FETCH: undefined,
    },
  }
}
