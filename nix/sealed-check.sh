# Fails, with their names, if protected files of a source are plaintext:
#   sealed-check.sh SOURCE STORES
# SOURCE: the top of a repository's files. STORES: attributes lines that set `store` for what the policy says of it.
# Which files are protected is asked of git, which knows no configuration here but the attributes of SOURCE.
set -euo pipefail
export LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
source=$1 stores=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A repository whose work tree is $2 and which has nothing else.
git_at() {
  git --git-dir="$work/$1" --work-tree="$2" -c core.attributesFile=/dev/null "${@:3}"
}
for place in source policy; do git init --quiet --bare --template= "$work/$place"; done
for place in source policy; do git --git-dir="$work/$place" config core.bare false; done
mkdir "$work/policy/info" "$work/empty"
cp "$stores" "$work/policy/info/attributes"

# Names end with NUL: a name may be any other bytes.
cd "$source"
find . -path ./.git -prune -o ! -type d -printf '%P\0' >"$work/names"
git_at source "$source" check-attr --stdin -z filter <"$work/names" >"$work/filters"
(cd "$work/empty" && git_at policy "$work/empty" check-attr --stdin -z store <"$work/names") >"$work/stores"

# The first line of an age file (https://age-encryption.org/v1) and the start of its first stanza, or of armor.
printf 'age-encryption.org/v1\n-> ' >"$work/binary"
printf -- '-----BEGIN AGE ENCRYPTED FILE-----' >"$work/armored"
begins_as() { head -c "$(wc -c <"$2")" -- "$1" | cmp -s - "$2"; }
sealed() { [ ! -s "$1" ] || begins_as "$1" "$work/binary" || begins_as "$1" "$work/armored"; }

seen=0 protected=0 found=()
while IFS= read -r -d '' path && IFS= read -r -d '' _ && IFS= read -r -d '' filter &&
  IFS= read -r -d '' _ <&3 && IFS= read -r -d '' _ <&3 && IFS= read -r -d '' store <&3; do
  seen=$((seen + 1))
  case $filter in nixsecret | nixsecret-sealed) ;; *) continue ;; esac
  case /$path in /nixsecret.toml | */.gitattributes) continue ;; esac
  protected=$((protected + 1))
  [ "$store" != plaintext ] || continue
  if [ -L "./$path" ]; then
    found+=("$(printf '%q' "$path"), a symbolic link, which git does not encrypt")
  elif ! sealed "./$path"; then
    found+=("$(printf '%q' "$path")")
  fi
done <"$work/filters" 3<"$work/stores"
[ "$seen" = "$(tr -cd '\0' <"$work/names" | wc -c)" ] || {
  echo 'git-nixsecret: error: git did not tell the attributes of every file' >&2
  exit 1
}

if [ "$protected" = 0 ] && ! find . -name .gitattributes -type f -exec grep -q nixsecret {} \; -print | grep -q .; then
  echo "git-nixsecret: error: no .gitattributes of $source protects anything: src must be the top of the repository" >&2
  exit 1
fi
[ "${#found[@]}" = 0 ] || {
  printf 'git-nixsecret: error: plaintext at a protected path: %s\n' "${found[@]}"
  echo "git-nixsecret: error: it is in the Nix store now, in $source, where everybody on this machine can read it"
  echo 'hint: change these secrets, then find and remove what is in the store: git nixsecret audit'
  echo 'hint: let builds see ciphertext: git nixsecret sealed nix flake check @sealed@'
  exit 1
} >&2
echo "git-nixsecret: all of $protected protected files are sealed, or may be readable by nixsecret.toml"
