import { ExternalTokenizer } from '@lezer/lr'

const nothing = () => undefined

/**
 * What nix.grammar names as tokenizers: they stand for those of `tokenizersFor`, which know the text.
 */
export const mainTokens = new ExternalTokenizer(nothing)
export const stringTokens = new ExternalTokenizer(nothing)
export const indentedTokens = new ExternalTokenizer(nothing)
export const pathTokens = new ExternalTokenizer(nothing)
