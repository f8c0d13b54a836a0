#!/bin/sh
# Fails, and says what to do, unless each file that a manifest (install-secrets.sh) names is an age file. Runs while the
# system is built, on what is in the store already: no evaluator can read a file with zero bytes.
#
#   check-manifest.sh MANIFEST
set -u
export LC_ALL=C

# The header up to its MAC (https://age-encryption.org/v1), and behind it at least a nonce and the tag of the last chunk.
is_age() {
  [ "$(sed -n -e '1p;2q' "$1" | tr -d '\0')" = age-encryption.org/v1 ] || return
  case $(sed -n -e '2p;3q' "$1" | tr -d '\0') in '-> '*) ;; *) return 1 ;; esac
  sed '/^--- /q' "$1" >header
  sed -n '$p' header | grep -aqx -e '--- [A-Za-z0-9+/]\{43\}' || return
  [ $(($(wc -c <"$1") - $(wc -c <header))) -ge 32 ]
}

whole() {
  case $(sed -n -e '1p;2q' "$1" | tr -d '\0\r') in
    '-----BEGIN AGE ENCRYPTED FILE-----')
      tr -d '\r' <"$1" | sed -e 1d -e '/^-----END AGE ENCRYPTED FILE-----$/,$d' | base64 -d >binary 2>/dev/null &&
        tr -d '\r' <"$1" | grep -aqx -e '-----END AGE ENCRYPTED FILE-----' && is_age binary
      ;;
    *) is_age "$1" ;;
  esac
}

status=0
while IFS= read -r line; do
  case $line in
    'secret '*) name=${line#secret } ;;
    'file '*)
      file=${line#file }
      if [ ! -f "$file" ]; then
        why='is no file'
      elif [ ! -s "$file" ]; then
        why='is empty'
      elif whole "$file"; then
        continue
      elif grep -aqE '(^sops:|"sops": *\{|^sops_mac=|^\[sops\])' "$file" && grep -aq 'ENC\[AES256_GCM,' "$file"; then
        status=1
        cat >&2 <<END
nixsecret: error: the file of nixsecret.secrets."$name" is a SOPS document, which sops-nix installs: $file
hint: sops.secrets."$name".sopsFile = …;    # with the module of sops-nix, in the place of nixsecret.secrets."$name"
hint: \$EDITOR nixsecret.toml    # or, for an age file: take format = "sops" out of its rule; then git nixsecret rekey
END
        continue
      else
        why='is not an age file'
      fi
      status=1
      cat >&2 <<END
nixsecret: error: the file of nixsecret.secrets."$name" $why: $file
If it holds plaintext, that is in the Nix store by now, readable for everybody on this machine. Then:
hint: git nixsecret audit    # where it lies, and how to take it out; change the secret itself
hint: git nixsecret sealed nixos-rebuild switch --flake @sealed@    # builds with ciphertext
If the secret is new or its file empty:
hint: git nixsecret set PATH    # takes the secret from stdin
END
      ;;
  esac
done <"$1"
exit "$status"
