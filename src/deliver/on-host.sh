# shellcheck shell=sh disable=SC2015,SC2317 # in `A && B || C`, C is meant for whichever fails; a trap reaches clear_away
# The part of `git nixsecret deliver` that runs on the host, as root. POSIX sh and coreutils: dash, bash and busybox run it.
# start-on-host.ts has it evaluated, with $1 its length in bytes and $2 `again` once under sudo. Nothing of a user is put
# into this text: it hears of files, owners and contents on standard input alone, in lines whose words are separated by
# one blank each; and answers each line, but `file`, with one line:
#
#   salt HEX                  begins every hash                                               -> ok
#   recall HOST               what was put here before, under this name                       -> recorded PATH …, end
#   begin                     from now on something is changed                                -> ok
#   file NAME DIR BASE DIRGROUP DIRMODE USER GROUP MODE
#                             what the next line is about; DIR is made if need be, from BASE on for DIRGROUP with DIRMODE
#   look                      what is there, and may the file be put there?                   -> absent | is HASH fits|differs
#   take SIZE HASH            SIZE bytes follow, without a line feed                          -> ok
#   keep                      the same with the bytes that are there                          -> ok
#   place                     puts what was taken in its place                                -> ok, for each file
#   drop PATH                 of the record: would go, or goes (after begin)                  -> removed | left | absent
#   end                                                                                       -> ok
#
# Until `place`, what was taken has names of its own and goes away with this process. `fault TEXT` ends everything.
set -u
umask 077
LC_ALL=C
export LC_ALL
PATH=${PATH:-}:/run/wrappers/bin:/run/current-system/sw/bin:/usr/bin:/bin:/usr/sbin:/sbin
nl='
'
# Not to be killed before what was taken is cleared away.
trap '' PIPE
trap 'exit 1' HUP INT TERM
trap clear_away EXIT

say() { printf 'nixsecret-deliver %s\n' "$1"; }
fault() {
  say "fault $1"
  exit 1
}

taken='' count=0 begun='' entered='' why=''
clear_away() {
  while [ -n "$taken" ]; do
    line=${taken%%"$nl"*}
    taken=${taken#*"$nl"}
    line=${line#* }
    rm -f -- "${line%%|*}"
  done
}

# $1: the length of this text; $2: whether sudo was asked already.
become_root() {
  [ "$(id -u)" != 0 ] || return 0
  [ "$2" != again ] || fault 'sudo does not make us root'
  command -v sudo >/dev/null || fault "user $(id -un) is not root, and there is no sudo"
  say sudo
  # shellcheck disable=SC2016 # it is the other shell's
  exec sudo -n -- /bin/sh -c 'eval "$(dd bs=1 count="$1" 2>/dev/null)"' sh "$1" again
}

need() {
  for program; do
    command -v "$program" >/dev/null || fault "$program is missing on the host"
  done
}

# Whether a directory is root's alone to write to: else somebody could lead root elsewhere. $2 may be `sticky`: then a
# place like /tmp will do, where nobody can take away what is root's.
ours() {
  facts=$(stat -c '%u %a' -- "$1") || return
  case $2,$facts in
    sticky,0\ [1357]???) return 0 ;;
    *,0\ *[2367] | *,0\ *[2367]? | *,[!0]*)
      why="$3 can be written to by others than root"
      return 1
      ;;
  esac
}

# Goes into $1, as far as it is there; sets $rest to what is not, as `a/b`.
enter() {
  [ "$1" != "$entered" ] || return 0
  entered='' rest='' left=${1#/} walked=''
  cd / || return
  while [ -n "$left" ]; do
    part=${left%%/*}
    walked=$walked/$part
    if [ -L "./$part" ] && [ "$(stat -c %u -- "./$part")" != 0 ]; then
      why="$walked is a link that a user made"
      return 1
    fi
    if [ ! -e "./$part" ]; then
      [ ! -L "./$part" ] || { why="$walked is a link that leads nowhere" && return 1; }
      rest=$left
      break
    fi
    cd -P -- "./$part" 2>/dev/null || { why="$walked is no directory" && return 1; }
    case $left in */*) left=${left#*/} ;; *) left='' ;; esac
  done
  above=$(pwd -P)
  ours . '' "$above" || { [ -n "$rest" ] && ours . sticky "$above"; } || return
  while [ "$above" != / ]; do
    above=${above%/*}
    above=${above:-/}
    ours "$above" sticky "$above" || return
  done
  [ -n "$rest" ] || entered=$1
}

# Goes into $1 and makes what is missing: from $2 on for group $3 with mode $4.
enter_made() {
  enter "$1" || return
  while [ -n "$rest" ]; do
    part=${rest%%/*}
    below=${1%"$rest"}$part
    if mkdir -m 0700 -- "./$part" 2>/dev/null; then
      case $below/ in
        "$2"/*) chown "root:$3" "./$part" && chmod "$4" "./$part" ;;
        *) chmod 0755 "./$part" ;;
      esac || { why="$below can't be given to root:$3" && return 1; }
    elif [ ! -d "./$part" ] || [ -L "./$part" ]; then
      # Nor has another delivery made it just now.
      why="$below can't be made"
      return 1
    fi
    cd -P -- "./$part" || return
    case $rest in */*) rest=${rest#*/} ;; *) rest='' ;; esac
  done
  entered=$1
}

known_user() {
  case $1 in [0-9]*) return 0 ;; esac
  id -u "$1" >/dev/null 2>&1
}
known_group() {
  case $1 in [0-9]* | root) return 0 ;; esac
  if command -v getent >/dev/null; then
    getent group "$1" >/dev/null
    return
  fi
  while IFS=: read -r known _; do
    [ "$known" != "$1" ] || return 0
  done </etc/group
  return 1
}

# The hash alone tells nothing: who doesn't know the salt can't hold a guess against it.
hash() {
  sum=$({ printf %s "$salt" && cat -- "$1"; } | sha256sum) || sum=''
  sum=${sum%% *}
}

fingerprint() { stat -c '%i:%Y:%s' -- "$1"; }

look() {
  known_user "$user" || fault "there is no user $user on the host"
  known_group "$group" || fault "there is no group $group on the host"
  enter "$dir" || fault "$why"
  if [ -n "$rest" ]; then
    known_group "$dirgroup" || fault "there is no $dir, and no group $dirgroup to make it for"
    say absent
    return
  fi
  [ -z "$begun" ] || sweep
  [ ! -L "./$name" ] || fault "$dir/$name is a link"
  if [ ! -e "./$name" ]; then
    say absent
    return
  fi
  [ -f "./$name" ] || fault "$dir/$name is no regular file"
  hash "./$name"
  [ -n "$sum" ] || fault "$dir/$name can't be read"
  case $user in [0-9]*) form=%u ;; *) form=%U ;; esac
  case $group in [0-9]*) form="$form %g %a" ;; *) form="$form %G %a" ;; esac
  fits=differs
  [ "$(stat -c "$form" -- "./$name")" != "$user $group $mode" ] || fits=fits
  say "is $sum $fits"
}

recall() {
  host=$1 records=/var/lib/git-nixsecret/deliver recorded=$nl
  if enter "$records" && [ -z "$rest" ] && [ -f "./$host" ] && [ ! -L "./$host" ]; then
    while IFS= read -r line; do
      recorded=$recorded$line$nl
      say "recorded ${line#* }"
    done <"./$host"
  fi
  say end
}

begin() {
  # Before anything is put somewhere it is sure that it can be remembered.
  enter_made "$records" /var/lib/git-nixsecret root 0700 && : >>"./$host" || no_record
  begun=1
  say ok
}
no_record() { fault "the record $records/$host can't be written"; }

# What earlier deliveries left that were killed.
sweep() {
  for old in .git-nixsecret-new.*; do
    [ -f "$old" ] || continue
    pid=${old#.git-nixsecret-new.}
    kill -0 "${pid%%.*}" 2>/dev/null || rm -f -- "./$old"
  done
}

# Makes room for a file and remembers it; sets $new.
claim() {
  enter_made "$dir" "$base" "$dirgroup" "$dirmode" || fault "$why"
  count=$((count + 1))
  new=.git-nixsecret-new.$$.$count
  taken="$taken$name $dir/$new|$dir$nl"
  (set -C && : >"./$new") 2>/dev/null || fault "nothing can be written in $dir"
}

# Makes the new file the owner's; nobody sees it before.
finish() {
  hash "./$new"
  [ "$sum" = "$1" ] || fault "$dir/$name did not arrive whole"
  said=$(chown "$user:$group" "./$new" 2>&1 && chmod "0$mode" "./$new" 2>&1) ||
    fault "$dir/$name can't be given to $user:$group: ${said##*: }"
  sync "./$new" 2>/dev/null || sync
  say ok
}

# Copies exactly $1 bytes of standard input, or fewer where it ends.
pour() {
  limit=$((60 + $1 / 4096)) blocks=$(($1 / 65536)) last=$(($1 % 65536))
  [ "$blocks" = 0 ] || timeout "$limit" dd bs=65536 count="$blocks" iflag=fullblock status=none || return
  [ "$last" = 0 ] || timeout "$limit" dd bs="$last" count=1 iflag=fullblock status=none
}

take() {
  claim
  said=$(pour "$1" 2>&1 >"./$new") || cannot_write
  finish "$2"
}
cannot_write() { fault "$dir/$name can't be written: ${said##*: }"; }

keep() {
  claim
  hash "./$name"
  said=$(cat -- "./$name" 2>&1 >"./$new") || cannot_write
  finish "$sum"
}

place() {
  while [ -n "$taken" ]; do
    line=${taken%%"$nl"*}
    name=${line%% *} dir=${line##*|} new=${line#* }
    new=${new%%|*}
    enter "$dir" && [ -z "$rest" ] || fault "$dir is not there any more"
    line=$(fingerprint "$new")\ $dir/$name
    enter "$records" && [ -z "$rest" ] && printf '%s\n' "$line" >>"./$host" || no_record
    recorded=$recorded$line$nl
    enter "$dir" && [ -z "$rest" ] && mv -f -- "./${new##*/}" "./$name" || fault "$dir/$name can't be replaced"
    taken=${taken#*"$nl"}
    sync . 2>/dev/null || sync
    say ok
  done
}

# Whether the file $1 is the one that was put there, and by us.
still_ours() {
  dir=${1%/*} name=${1##*/}
  enter "${dir:-/}" && [ -z "$rest" ] && [ -f "./$name" ] && [ ! -L "./$name" ] || return
  case $recorded in *"$nl$(fingerprint "./$name") $1$nl"*) ;; *) return 1 ;; esac
}

drop() {
  if still_ours "$1"; then
    [ -z "$begun" ] || rm -f -- "./$name" || fault "$1 can't be removed"
    say removed
  elif [ -e "$1" ] || [ -L "$1" ]; then
    say left
  else
    say absent
  fi
}

# The record keeps what is still there, and what lies where nothing can be seen now.
end() {
  before=$recorded lines=$nl
  while [ -n "$begun" ] && [ "$recorded" != "$nl" ]; do
    recorded=${recorded#"$nl"}
    line=${recorded%%"$nl"*}
    recorded=$nl${recorded#*"$nl"}
    at=${line#* }
    case $lines in *"$nl$line$nl"*) continue ;; esac
    if [ ! -d "${at%/*}/" ] || [ "$(fingerprint "$at" 2>/dev/null) $at" = "$line" ]; then lines=$lines$line$nl; fi
  done
  if [ -n "$begun" ] && [ "$lines" != "$before" ]; then
    enter "$records" && [ -z "$rest" ] && printf '%s' "${lines#"$nl"}" >"./.$host.new" &&
      mv -f -- "./.$host.new" "./$host" || no_record
  fi
  say ok
  exit 0
}

become_root "$1" "${2-}"
need cat chmod chown dd id mkdir mv rm sha256sum stat sync timeout
say root
while read -r word a b c d e f g h; do
  case $word in
    salt) salt=$a && say ok ;;
    recall) recall "$a" ;;
    begin) begin ;;
    file) name=$a dir=$b base=$c dirgroup=$d dirmode=$e user=$f group=$g mode=$h ;;
    look) look ;;
    take) take "$a" "$b" ;;
    keep) keep ;;
    place) place ;;
    drop) drop "$a" ;;
    end) end ;;
    *) fault 'a line that is not known' ;;
  esac
done
exit 1
