# These files and directories of this repository, and nothing else of it: neither what was built here nor what changes
# without changing the package. `lib.fileset` would do the same, from Nix 2.14 on.
names:
let
  root = toString ../.;
  first = path: builtins.head (builtins.match "/([^/]*).*" (builtins.substring (builtins.stringLength root) (builtins.stringLength path) path));
in
builtins.path {
  name = "git-nixsecret-source";
  path = ../.;
  filter = path: _: builtins.elem (first (toString path)) names;
}
