# A home-manager as far as our module reads and sets its options, with the stand-in for nixpkgs.
#
#   nix-build home-host.nix --arg nixpkgs DIR --arg module ../../nix/home.nix --arg configuration ./home.nix -A units
{
  nixpkgs,
  module,
  configuration,
}:
let
  pkgs = import (nixpkgs + "/packages.nix") builtins.currentSystem;
  inherit (pkgs) lib;
  inherit (lib) mkOption types;

  set = mkOption {
    type = types.attrsOf types.anything;
    default = { };
  };
  text = default: mkOption {
    type = types.str;
    inherit default;
  };
  list = mkOption {
    type = types.listOf types.unspecified;
    default = [ ];
  };
  home = {
    options = {
      assertions = list;
      warnings = list;
      home.homeDirectory = text "/run/home";
      systemd.user = {
        enable = mkOption {
          type = types.bool;
          default = true;
        };
        systemctlPath = text "/usr/bin/systemctl";
        services = set;
      };
      xdg.configHome = text "/run/home/.config";
      xdg.stateHome = text "/run/home/.local/state";
      xdg.configFile = set;
    };
  };
  inherit
    (lib.evalModules {
      modules = [
        home
        module
        configuration
      ];
      specialArgs = { inherit pkgs; };
    })
    config
    ;
  failed = builtins.filter (each: !each.assertion) config.assertions;
  checked = value: if failed == [ ] then value else throw "Failed assertions: ${(builtins.head failed).message}";

  show = value: if builtins.isBool value then (if value then "true" else "false") else toString value;
  lines =
    key: value: lib.concatStrings (map (each: "${key}=${show each}\n") (if builtins.isList value then value else [ value ]));
  section = name: keys: "[${name}]\n${lib.concatStrings (lib.mapAttrsToList lines keys)}";
  files =
    lib.mapAttrsToList (name: unit: {
      name = "systemd/user/${name}.service";
      text = lib.concatStrings (lib.mapAttrsToList section unit);
    }) config.systemd.user.services
    ++ lib.mapAttrsToList (name: file: { inherit name; inherit (file) text; }) config.xdg.configFile;
in
{
  inherit (config) warnings;
  nixsecret = checked config.nixsecret;
  # What lies in ~/.config.
  units = checked (
    pkgs.runCommand "units" { } (
      lib.concatStrings (
        [ "mkdir \"$out\"\n" ]
        ++ map (file: ''
          mkdir -p "$(dirname "$out/${file.name}")"
          cat ${pkgs.writeText "unit" file.text} > "$out/${file.name}"
        '') files
      )
    )
  );
}
