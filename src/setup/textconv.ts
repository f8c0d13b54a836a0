/**
 * What `diff.nixsecret.textconv` holds: a few words of POSIX sh, since git runs it once a blob and a start of
 * Node each would make `git log -p` unusable. Git runs it as `sh -c 'TEXTCONV "$@"' TEXTCONV FILE`, hence the
 * call without arguments at its end. FILE is what smudge made of the blob, or the file in the work tree itself.
 *
 * Plaintext comes out as it is. Ciphertext (the intro line of https://age-encryption.org/v1, or armor) and, as
 * git has for binary files, bytes with a NUL among the first 8000 come out as one line with a checksum, so that
 * a change shows. Only standard input is read: a file's name may begin with a dash.
 */
export const TEXTCONV = [
  'f() {',
  'say() { set -- "$1" $(cksum <"$2"); echo "$1, $3 bytes, checksum $2"; };',
  `h=$(head -c 8000 <"$1" | LC_ALL=C tr '\\000\\r\\n' '\\001||');`,
  'case "$h" in',
  '"age-encryption.org/v1|"*|"-----BEGIN AGE ENCRYPTED FILE-----|"*) say "locked: age ciphertext" "$1" ;;',
  `*"$(printf '\\001')"*) say "binary" "$1" ;;`,
  '*) cat <"$1" ;;',
  'esac; }; f',
].join(' ')
