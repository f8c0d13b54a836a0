# The options that programs which deploy declare for keys, typed as they type them:
# https://github.com/NixOS/nixops/blob/master/nix/keys.nix
# https://github.com/zhaofengli/colmena/blob/main/src/nix/hive/options.nix
# https://github.com/DBCDK/morph/blob/master/data/options.nix
{ lib, ... }:
let
  inherit (lib) mkOption types;
  text = default: mkOption { type = types.str; inherit default; };
  words = types.listOf types.str;
  phase = mkOption {
    type = types.strMatching "pre-activation|post-activation";
    default = "pre-activation";
  };
in
{
  options.deployment.keys = mkOption {
    default = { };
    type = types.attrsOf (
      types.submodule (
        { name, config, ... }:
        {
          options = {
            name = text name;
            text = mkOption {
              type = types.nullOr types.str;
              default = null;
            };
            keyFile = mkOption {
              type = types.nullOr types.path;
              default = null;
            };
            keyCommand = mkOption {
              type = types.nullOr (words // { check = value: words.check value && builtins.length value > 0; });
              default = null;
            };
            destDir = mkOption {
              type = types.path;
              default = "/run/keys";
            };
            path = mkOption {
              type = types.path;
              default = "${config.destDir}/${config.name}";
            };
            user = text "root";
            group = text "root";
            permissions = text "0600";
            uploadAt = phase;
          };
        }
      )
    );
  };
  options.deployment.secrets = mkOption {
    default = { };
    type = types.attrsOf (
      types.submodule {
        options = {
          source = mkOption { type = types.str; };
          destination = mkOption { type = types.str; };
          owner = {
            user = text "root";
            group = text "root";
          };
          permissions = text "0400";
          action = mkOption {
            type = words;
            default = [ ];
          };
          uploadAt = phase;
        };
      }
    );
  };
}
