# What nix-plugins' setting `extra-builtins-file` takes: https://github.com/shlevy/nix-plugins
#
# Whatever Nix evaluates may call these, inputs of a flake too. So they give only what nixsecret.toml lets into the
# world-readable store (`store = "plaintext"`), where the value ends; but the policy is that of the repository which they are
# called for, whoever wrote it: docs/schemes/nix-plugins.md. One file: pure evaluation reads none beside it.
{ exec, ... }:
let
  show =
    dir: file:
    if !builtins.isString file then
      throw "nixsecret: name the file by a string: a path of a flake is one in the store"
    else
      exec (
        [ "git" ]
        ++ dir
        ++ [
          "nixsecret"
          "show"
          "--format"
          "nix"
          "--allowed-only"
          "--"
          file
        ]
      );
in
{
  /**
    The content of a secret of the repository in which Nix was started, as a string. file: from that directory.
  */
  nixsecret = show [ ];

  /**
    The same of another. root: absolute path of the checkout, a string. file: from there.
  */
  nixsecretIn =
    root:
    if !builtins.isString root || builtins.match "/.*" root == null then
      throw "nixsecret: name the checkout by a string, its absolute path"
    else
      show [
        "-C"
        root
      ];
}
