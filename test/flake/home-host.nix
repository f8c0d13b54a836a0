# A home-manager as far as our module reads and sets its options, with the stand-in for nixpkgs.
#
#   nix-build home-host.nix --arg nixpkgs DIR --arg module ../../nix/home.nix --arg configuration ./home.nix -A units
{
  nixpkgs,
  module,
  configuration,
  # A checkout of home-manager, whose own module then renders the units; wants nixpkgs' lib.
  homeManager ? null,
}:
let
  stub = import (nixpkgs + "/packages.nix") builtins.currentSystem;
  lib =
    if homeManager == null then stub.lib else import (homeManager + "/modules/lib/stdlib-extended.nix") stub.lib;
  pkgs = stub // {
    stdenv.hostPlatform = {
      isLinux = true;
      inherit (stub) system;
    };
    systemd = "/usr";
    writeTextFile =
      {
        name,
        text,
        destination,
      }:
      stub.runCommand name {
        inherit text;
        passAsFile = [ "text" ];
      } ''mkdir "$out"; cp "$textPath" "$out${destination}"'';
    formats.ini = _: { type = lib.types.anything; };
  };
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
  home.options = {
    assertions = list;
    warnings = list;
    home.homeDirectory = text "/run/home";
    xdg.configHome = text "/run/home/.config";
    xdg.stateHome = text "/run/home/.local/state";
    xdg.configFile = set;
  };
  units.options.systemd.user = {
    enable = mkOption {
      type = types.bool;
      default = true;
    };
    systemctlPath = text "/usr/bin/systemctl";
    services = set;
  };
  # What home-manager's module sets beside.
  theirs = {
    imports = [ (homeManager + "/modules/systemd.nix") ];
    options = {
      meta.maintainers = list;
      home.activation = set;
      xdg.dataFile = set;
    };
    config.systemd.user.systemctlPath = "/usr/bin/systemctl";
  };
  inherit
    (lib.evalModules {
      modules = [
        home
        (if homeManager == null then units else theirs)
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
  rendered = lib.mapAttrsToList (name: unit: {
    name = "systemd/user/${name}.service";
    text = lib.concatStrings (lib.mapAttrsToList section unit);
  }) (if homeManager == null then config.systemd.user.services else { });
  files =
    rendered
    ++ lib.mapAttrsToList (name: file: {
      inherit name;
      text = file.text or (builtins.readFile file.source);
    }) config.xdg.configFile;
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
