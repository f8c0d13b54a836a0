#!/bin/sh
# Decrypts the secrets of a manifest into a new generation in memory and switches to it. POSIX sh, coreutils, cmp, flock,
# mount, age; systemctl where the manifest says so. The last generation stays in force until the new one is whole.
#
#   install-secrets.sh install MANIFEST        exit 0: all fresh; 1: some secret, or everything, stayed as it was
#   install-secrets.sh check MANIFEST UNIT     exit 0: the secret of this unit is fresh; MANIFEST may be the one
#                                              that a generation links to, `SECRETSDIR/.nixsecret/manifest`
#
# A manifest has lines `KEY VALUE`, a value being the rest of its line, whatever is in it. First the settings:
#   secretsDir  the link to the generation in force      mountPoint  where the generations are
#   mount       `ramfs`, or `none`: a directory           keysGroup   of the generations; empty: nobody's
#   age         the program                               identity    private key files, one a line
#   record      remembers what was placed outside of the generation
#   units       `nixos`: by the lists of switch-to-configuration; `system`, `user`: by systemctl
# then, for each file, from `secret NAME` or `template NAME` to `end`:
#   target  its name in the generation                    unit     the unit that tells of its failure
#   path    where it is to be found                       place    `default`, `link`: path links to it; `file`: a copy
#   owner   USER:GROUP, or empty                          mode     octal
#   restart, reload   a unit, as often as needed
#   file    (secret) the age file                         literal  (template) a piece, verbatim
#   value   (template) the target of a secret             foreign  (template) a file that another manifest installs
# Paths may begin with `$XDG_RUNTIME_DIR/`. In a generation, `.nixsecret/status` has `STATE UNIT` lines (fresh; kept: the
# last good version; missing; unplaced), and `.nixsecret/pending` what units still have to be told.
# shellcheck disable=SC2015 # in `A && B || C`, C is meant for whichever fails
set -u
nl='
'
# Lists are text with a newline before and behind each item; no value has a newline in it.
IFS=$nl
set -f
umask 077

error() { printf 'nixsecret: error: %s\n' "$1" >&2; }
hint() { printf 'hint: %s\n' "$1" >&2; }
die() {
  error "$1"
  exit 1
}
has() { case $1 in *"$nl$2$nl"*) ;; *) return 1 ;; esac }

# Before the switch: as if nothing had been tried.
abandon() {
  error "$1"
  error "nothing was changed: the secrets in $secretsDir stay as they were"
  [ -z "$generation" ] || rm -rf -- "$generation"
  exit 1
}

expand() {
  # shellcheck disable=SC2016 # meant literally: it stands so in the manifest
  case $value in '$XDG_RUNTIME_DIR'/*)
    value=${XDG_RUNTIME_DIR:?is not set}${value#*DIR}
    ;;
  esac
}

# Calls $1 at the end of each file's lines, with what they say in variables.
each_entry() {
  while IFS= read -r line <&3; do
    key=${line%% *} value=${line#* }
    case $key in
      secret | template) kind=$key name=$value pieces='' values=$nl notify='' ;;
      secretsDir | mountPoint | record | path | identity) expand ;;
    esac
    case $key in
      secretsDir) secretsDir=$value ;;
      mountPoint) mountPoint=$value ;;
      mount) mount=$value ;;
      keysGroup) keysGroup=$value ;;
      age) age=$value ;;
      record) record=$value ;;
      units) units=$value ;;
      identity) identities=$identities$value$nl ;;
      target) target=$value ;;
      unit) unit=$value ;;
      path) path=$value ;;
      place) place=$value ;;
      owner) owner=$value ;;
      mode) mode=$value ;;
      file) file=$value ;;
      literal | foreign) pieces=$pieces$key' '$value$nl ;;
      value) pieces=$pieces$key' '$value$nl values=$values$value$nl ;;
      restart | reload) notify=$notify$key' '$value$nl ;;
      end) "$1" ;;
    esac
  done 3<"$manifest"
}

settings() {
  [ -r "$manifest" ] || die "there is no $manifest: nothing was installed"
  secretsDir='' mountPoint='' mount='' keysGroup='' age='' record='' units='' identities='' secrets=0 generation=''
  each_entry count
}
count() { [ "$kind" = template ] || secrets=$((secrets + 1)); }

# Sets $keys to `-i FILE` for each identity that is there.
find_keys() {
  keys=''
  [ -n "$age" ] && [ -x "$age" ] || abandon "age is missing: ${age:-no program was named}"
  for identity in $identities; do
    [ -r "$identity" ] && [ -s "$identity" ] && keys=$keys-i$nl$identity$nl
  done
  [ -n "$keys" ] && return
  for identity in $identities; do error "no private key at $identity"; done
  hint 'ssh-keygen -A    # makes host keys; then encrypt for the new public key, and activate again'
  abandon 'there is no identity to decrypt with'
}

# Prints the plaintext of $2 with the keys $1. Without the lock, which would stay if age outlived this script.
decrypt() {
  # shellcheck disable=SC2086 # a list
  "$age" --decrypt $1 -- "$2" </dev/null 9>&-
}

# Sets $use to keys that open $1. Of several keys, one that age can't read makes it refuse all of them.
find_use() {
  use=$keys
  decrypt "$use" "$1" >/dev/null 2>&1 && return
  for identity in $keys; do
    [ "$identity" != -i ] || continue
    use=-i$nl$identity
    decrypt "$use" "$1" >/dev/null 2>&1 && return
  done
  return 1
}

# Sets $last to the generation in force, or empty; $states to its status.
find_last() {
  last='' in_force='' number=0 states=$nl
  if [ -e "$secretsDir" ] && [ ! -L "$secretsDir" ]; then
    abandon "$secretsDir is no symbolic link of ours, and would be replaced"
  fi
  [ -L "$secretsDir" ] || return 0
  last=$(readlink -- "$secretsDir") || last=''
  in_force=$last
  [ -f "$last/.nixsecret/status" ] || last=''
  [ -n "$last" ] || return 0
  case ${last#"$mountPoint"/} in *[!0-9]* | 0*) ;; *) number=${last##*/} ;; esac
  while IFS= read -r line; do states=$states$line$nl; done <"$last/.nixsecret/status"
}

# Makes sure that $mountPoint is memory. ramfs is never swapped out; a tmpfs is taken if somebody mounted one there.
mount_memory() {
  [ -d "$mountPoint" ] || mkdir -p -- "$mountPoint" || abandon "$mountPoint can't be made"
  [ "$mount" = ramfs ] || return 0
  chmod 0751 -- "$mountPoint"
  type=''
  while IFS=' ' read -r _ where fstype options _; do
    [ "$where" = "$mountPoint" ] && type=$fstype,$options
  done </proc/self/mounts
  case ,$type, in
    ,ramfs,* | ,tmpfs,*,noswap,*) ;;
    ,tmpfs,*) error "$mountPoint is a tmpfs without noswap: secrets may be swapped out to a disk" ;;
    ,,) mount -t ramfs -o nodev,nosuid,mode=0751 nixsecret "$mountPoint" || abandon "no ramfs on $mountPoint" ;;
    *) abandon "$mountPoint is on ${type%%,*}, which may be a disk" ;;
  esac
}

# Removes generations but $1: those that a killed activation left unfinished, or all.
sweep() {
  set +f
  for old in "$mountPoint"/[0-9]*; do
    [ -d "$old" ] && [ "$old" != "$1" ] || continue
    [ "$2" = unfinished ] && [ -f "$old/.nixsecret/status" ] || rm -rf -- "$old"
  done
  set -f
}

# Puts an entry into the new generation, and its state into $status.
prepare() {
  new=$generation/$target state=fresh
  [ -d "${new%/*}" ] || { mkdir -p -- "${new%/*}" && open_parents; } || abandon "no folder for $target in $generation"
  if ! "make_$kind" || ! own; then
    rm -f -- "$new"
    carry_over
    failed=$failed$target$nl
  fi
  status=$status$state' '$unit$nl
  [ -z "$last" ] || note_change
}

open_parents() {
  parent=$target
  while case $parent in */*) parent=${parent%/*} ;; *) return 0 ;; esac; do
    chmod 0751 -- "$generation/$parent" || return
  done
}

make_secret() {
  decrypt "$keys" "$file" >"$new" && return
  if find_use "$file"; then
    decrypt "$use" "$file" >"$new" && return
    abandon "secret $name can be decrypted, but not written to $mountPoint"
  fi
  error "secret $name can't be decrypted: $file"
  return 1
}

make_template() {
  for piece in $values; do
    has "$failed" "$piece" || continue
    error "template $name can't be made: its secret $piece failed"
    return 1
  done
  paths=''
  for piece in $pieces; do
    case $piece in
      value\ *) paths=$paths$generation/${piece#* }$nl ;;
      foreign\ *)
        paths=$paths${piece#* }$nl
        if [ ! -f "${piece#* }" ]; then
          error "template $name can't be made: there is no ${piece#* }"
          return 1
        fi
        ;;
      *) paths=$paths${piece#* }$nl ;;
    esac
  done
  # shellcheck disable=SC2086 # a list
  cat -- /dev/null $paths >"$new" || abandon "template $name can't be written to $mountPoint"
}

own() {
  case $owner in
    '' | 0:0) ;;
    *)
      if ! chown -- "$owner" "$new"; then
        error "$kind $name can't be given to $owner"
        return 1
      fi
      ;;
  esac
  chmod -- "$mode" "$new"
}

carry_over() {
  state=missing
  [ -n "$last" ] && [ -f "$last/$target" ] || return 0
  # A copy may be given mode and owner as they are to be now: nobody is to read it who has lost the right. Else it is as
  # it was, and a link needs no room; where the mount point is another one, it takes a copy.
  { cp -p -- "$last/$target" "$new" && own; } 2>/dev/null || { rm -f -- "$new" && ln -- "$last/$target" "$new"; } 2>/dev/null ||
    cp -p -- "$last/$target" "$new" || abandon "the last good version of $kind $name can't be kept"
  error "$kind $name stays as it was"
  state=kept
}

# Adds to $pending what units are to be told, now that there is a generation to compare with.
note_change() {
  was=
  for before in fresh kept missing unplaced; do has "$states" "$before $unit" && was=$before; done
  case $was:$state in
    :* | fresh:fresh) ;;
    fresh:* | *:fresh) pending=${pending}start' '$unit$nl ;;
  esac
  case $state in missing | kept) return 0 ;; esac
  if [ -f "$last/$target" ]; then cmp -s -- "$last/$target" "$generation/$target" && return; fi
  # Units that could not start without it are waiting to be started.
  verb=
  [ "$was" != missing ] || verb=start
  for told in $notify; do pending=$pending${verb:-${told%% *}}' '${told#* }$nl; done
}

switch() {
  mkdir -- "$generation/.nixsecret" && ln -s -- "$manifest" "$generation/.nixsecret/manifest" &&
    printf '%s' "$pending" >"$generation/.nixsecret/pending" &&
    printf '%s' "$status" >"$generation/.nixsecret/status" || abandon "no room in $mountPoint"
  chmod 0751 -- "$generation" || abandon "$generation can't be opened"
  if [ -n "$keysGroup" ]; then
    chown -- ":$keysGroup" "$mountPoint" "$generation" || error "there is no group $keysGroup"
  fi
  # ln alone would remove the link before it makes the new one.
  ln -sfT -- "$generation" "$secretsDir.nixsecret-new" && mv -fT -- "$secretsDir.nixsecret-new" "$secretsDir" ||
    abandon "$secretsDir can't be switched"
}

# What stands outside of the generation. The record has a line before anything is there: what a killed activation left
# is found again. A copy is known by its inode, time and size, so that nobody else's file is ever removed.
place_all() {
  recorded=$nl wanted=$nl placed=$nl kept='' truth=''
  if [ -f "$record" ]; then
    while IFS= read -r line; do recorded=$recorded$line$nl; done <"$record"
  fi
  before=$recorded
  each_entry place_entry
  for line in $recorded; do
    at=${line#* }
    if has "$placed" "$at"; then continue; fi
    if has "$wanted" "$at" || ! unplace "${line%% *}"; then kept=$kept$line$nl; fi
  done
  cd /
  [ "$nl$kept$truth" = "$before" ] || write_record
}

place_entry() {
  [ "$place" != default ] || return 0
  wanted=$wanted$path$nl why=''
  [ -f "$generation/$target" ] || return 0
  if "place_$place"; then
    placed=$placed$path$nl truth=$truth$how' '$path$nl
    [ ! -e "$spot.nixsecret-new" ] || rm -f -- "$spot.nixsecret-new"
    return
  fi
  if enter "$path"; then rm -f -- "$spot.nixsecret-new"; fi
  error "$kind $name can't be put at $path$why"
  printf 'unplaced %s\n' "$unit" >>"$generation/.nixsecret/status"
  [ -z "$last" ] || pending=${pending}start' '$unit$nl
  failed=$failed$target$nl
}

place_link() {
  how='link'
  enter "$path" && [ -L "$spot" ] && [ "$(readlink -- "$spot")" = "$secretsDir/$target" ] &&
    has "$recorded" "link $path" && return
  write_ahead && enter_parent &&
    ln -sfT -- "$secretsDir/$target" "$spot.nixsecret-new" && mv -fT -- "$spot.nixsecret-new" "$spot"
}

place_file() {
  if enter "$path" && [ -f "$spot" ] && [ ! -L "$spot" ] && cmp -s -- "$generation/$target" "$spot"; then
    is=$(stat -c '%u:%g:%a' -- "$generation/$target" "$spot")
    fingerprint "$spot"
    [ "${is%%"$nl"*}" = "${is##*"$nl"}" ] && has "$recorded" "$how $path" && return
  fi
  # A name that somebody else prepared is never followed.
  how='claim'
  write_ahead && enter_parent &&
    cp -pT --remove-destination -- "$generation/$target" "$spot.nixsecret-new" &&
    fingerprint "$spot.nixsecret-new" && write_ahead &&
    mv -fT -- "$spot.nixsecret-new" "$spot"
}

fingerprint() { how=file:$(stat -c '%i:%Y:%s' -- "$1"); }

# Goes into the folder of $1 and sets $spot to the name there, so that nobody leads us elsewhere meanwhile. Root follows
# root's links alone: one that a user made may lead to any place of the system.
enter() {
  folder=${1%/*} spot=./${1##*/}
  folder=${folder:-/}
  cd -P -- "$folder" 2>/dev/null || return
  [ -O / ] || return 0
  here=$(pwd -P)
  [ "$here" != "$folder" ] || return 0
  while [ -n "$folder" ]; do
    if [ -L "$folder" ] && [ "$(stat -c %u -- "$folder")" != 0 ]; then
      why=": $folder is a link that a user made"
      cd /
      return 1
    fi
    folder=${folder%/*}
  done
  [ "$(readlink -f -- "${1%/*}")" = "$here" ] || { cd / && return 1; }
}

# The same for $path, whose folder is made if need be.
enter_parent() {
  up=${path%/*}
  while [ -n "$up" ] && [ ! -d "$up/" ]; do up=${up%/*}; done
  rest=${path#"$up"/}
  case $rest in */*)
    enter "$up/." || return
    (umask 022 && mkdir -p -- "./${rest%/*}") || return
    ;;
  esac
  enter "$path"
}

write_ahead() {
  [ -d "${record%/*}/" ] || mkdir -p -- "${record%/*}" || return
  printf '%s\n' "$how $path" >>"$record" && recorded=$recorded$how' '$path$nl
}

# Removes what a line of the record says was put at $at, unless it is another's by now.
unplace() {
  why=''
  if ! enter "$at"; then
    [ -d "${at%/*}/" ] || return 0
    error "$at, of a secret that is no more, can't be removed$why"
    return 1
  fi
  [ ! -e "$spot.nixsecret-new" ] && [ ! -L "$spot.nixsecret-new" ] || rm -f -- "$spot.nixsecret-new"
  case $1 in
    link) case $([ ! -L "$spot" ] || readlink -- "$spot") in "$secretsDir"/*) ;; *) return 0 ;; esac ;;
    file:*)
      [ -f "$spot" ] && [ ! -L "$spot" ] || return 0
      fingerprint "$spot"
      [ "$how" = "$1" ] || return 0
      ;;
    *) return 0 ;;
  esac
  rm -f -- "$spot" && return
  error "$at, of a secret that is no more, can't be removed"
  return 1
}

write_record() {
  if [ -n "$kept$truth" ]; then
    printf '%s' "$kept$truth" >"$record.new" && mv -f -- "$record.new" "$record" || error "$record can't be written"
  elif [ -e "$record" ]; then
    rm -f -- "$record"
  fi
}

# Tells units once each. What a killed activation had still to tell is in $pending, too.
tell() {
  restart='' reload='' start='' told=$nl
  for verb in start restart reload; do
    for line in $pending; do
      [ "${line%% *}" = "$verb" ] && ! has "$told" "${line#* }" || continue
      told=$told${line#* }$nl
      case $verb in
        start) start=$start${line#* }$nl ;;
        restart) restart=$restart${line#* }$nl ;;
        reload) reload=$reload${line#* }$nl ;;
      esac
    done
  done
  case $units in
    nixos)
      [ -z "$pending" ] || [ -d /run/nixos ] || (umask 022 && mkdir -p /run/nixos)
      [ -z "$start$restart" ] || printf '%s' "$start$restart" >>"/run/nixos/${1}activation-restart-list"
      [ -z "$reload" ] || printf '%s' "$reload" >>"/run/nixos/${1}activation-reload-list"
      ;;
    *)
      [ -z "$start" ] || ask restart "$start"
      [ -z "$restart" ] || ask try-restart "$restart"
      [ -z "$reload" ] || ask try-reload-or-restart "$reload"
      ;;
  esac
}

ask() {
  # The units may be ordered behind this one: who waits for them waits for ever.
  # shellcheck disable=SC2086 # a list
  systemctl "--$units" --no-block "$1" -- $2 || error "systemctl $1 failed"
}

activate() {
  if [ "${NIXOS_ACTION-}" = dry-activate ]; then
    rehearse
    return
  fi
  [ -d "${secretsDir%/*}/" ] || mkdir -p -- "${secretsDir%/*}" || die "no folder for $secretsDir"
  exec 9>"$secretsDir.lock" || die "$secretsDir.lock can't be opened"
  flock -w 300 9 || die "another activation holds $secretsDir.lock"
  find_last
  [ "$secrets" = 0 ] || find_keys
  mount_memory
  sweep "$in_force" unfinished
  number=$((number + 1))
  while [ -e "$mountPoint/$number" ]; do number=$((number + 1)); done
  generation=$mountPoint/$number
  mkdir -- "$generation" || abandon "no room for a generation in $mountPoint"
  status='' pending='' failed=$nl
  [ -z "$last" ] || [ ! -f "$last/.nixsecret/pending" ] || while IFS= read -r line; do pending=$pending$line$nl; done <"$last/.nixsecret/pending"
  each_entry prepare
  switch
  place_all
  sweep "$generation" others
  case $last in '' | "$mountPoint"/*) ;; *) rm -rf -- "$last" ;; esac
  tell ''
  rm -f -- "$generation/.nixsecret/pending"
  [ "$failed" = "$nl" ]
}

# Dry activation: what would be told to units; nothing else is written, and no plaintext anywhere.
rehearse() {
  pending='' failed=$nl files=$nl
  find_last
  [ "$secrets" = 0 ] || find_keys
  each_entry rehearse_entry
  tell dry-
  [ "$failed" = "$nl" ]
}

rehearse_entry() {
  if ! "stream_$kind" >/dev/null; then
    error "$kind $name would fail"
    failed=$failed$target$nl
  elif [ -n "$last" ] && ! "stream_$kind" | cmp -s -- - "$last/$target"; then
    pending=$pending$notify
  fi
  [ "$kind" = template ] || files=$files$target$nl$file$nl
}

stream_secret() { find_use "$file" && decrypt "$use" "$file"; }
stream_template() {
  for piece in $pieces; do
    case $piece in
      value\ *) stream_value "${piece#* }" || return ;;
      *) cat -- "${piece#* }" || return ;;
    esac
  done
}
stream_value() {
  before=
  for item in $files; do
    if [ "$before" = "$1" ]; then
      find_use "$item" && decrypt "$use" "$item"
      return
    fi
    before=$item
  done
  return 1
}

# The unit that shows in `systemctl --failed` what did not work, for the unit whose secret it is goes on with the old one.
check() {
  state=missing
  if [ -r "$secretsDir/.nixsecret/status" ]; then
    while IFS= read -r line; do
      [ "${line#* }" = "$1" ] && state=${line%% *}
    done <"$secretsDir/.nixsecret/status"
  fi
  [ "$state" != fresh ] || return 0
  wanted=$1 found=''
  each_entry report
  [ -n "$found" ] || error "no secret has the unit $1"
  return 1
}

report() {
  [ "$unit" = "$wanted" ] || return 0
  found=yes
  case $state in
    kept) error "$kind $name could not be renewed: $path has its last good version" ;;
    unplaced) error "$kind $name could not be put at $path" ;;
    *) error "$kind $name could not be installed: there is no $path" ;;
  esac
  hint "journalctl -b | grep nixsecret    # why"
  for identity in $identities; do
    if [ -r "$identity.pub" ] && IFS=' ' read -r type public _ <"$identity.pub"; then
      hint "git nixsecret recipient add HOST '$type $public'    # in the repository, if it is not there"
    fi
  done
  hint "git nixsecret rekey    # after a change of readers; then commit, and deploy again"
}

[ $# -ge 2 ] || die 'usage: install-secrets.sh install|check MANIFEST [UNIT]'
manifest=$2
settings
case $1 in
  install) activate ;;
  check) check "${3-}" ;;
  *) die "unknown command: $1" ;;
esac
