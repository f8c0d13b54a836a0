# A system of one module under test: the options of NixOS that it reads and sets, and the activation script that NixOS
# would make of them.
#
#   nix-build host.nix --arg module ./nix/nixos.nix --arg configuration ./x.nix -A activate
{
  module,
  configuration,
  # nixpkgs' lib; null: our stub of it
  nixpkgsLib ? null,
  # A directory with the bin/ of every package.
  programs ? "/usr",
  shell ? "/bin/sh",
  system ? builtins.currentSystem,
}:
let
  lib = import (if nixpkgsLib == null then ./stub-lib.nix else nixpkgsLib);
  inherit (lib) mkOption types;

  package = name: {
    type = "derivation";
    inherit name;
    outPath = programs;
  };
  build =
    name: env: command:
    derivation (
      env
      // {
        inherit name system;
        builder = "/bin/sh";
        args = [
          "-ec"
          "PATH=/usr/bin:/bin; ${command}"
        ];
      }
    );
  pkgs = {
    inherit lib system;
    age = package "age";
    coreutils = package "coreutils";
    diffutils = package "diffutils";
    util-linux = package "util-linux";
    mount = package "mount";
    systemd = package "systemd";
    runtimeShell = shell;
    runCommand = build;
    writeScript =
      name: text:
      build name {
        inherit text;
        passAsFile = [ "text" ];
      } ''cat "$textPath" > "$out"; chmod 0555 "$out"'';
    writeShellScript = name: text: pkgs.writeScript name "#!/bin/bash\n${text}";
  };

  list = mkOption {
    type = types.listOf types.str;
    default = [ ];
  };
  set = mkOption {
    type = types.attrsOf types.anything;
    default = { };
  };
  off = mkOption {
    type = types.bool;
    default = false;
  };
  service = {
    options = {
      description = mkOption {
        type = types.str;
        default = "";
      };
      wantedBy = list;
      requiredBy = list;
      after = list;
      before = list;
      conflicts = list;
      path = mkOption {
        type = types.listOf types.unspecified;
        default = [ ];
      };
      unitConfig = set;
      serviceConfig = set;
    };
  };
  snippet = {
    options = {
      text = mkOption {
        type = types.lines;
        default = "";
      };
      deps = list;
      supportsDryActivation = off;
    };
  };

  nixos =
    { config, ... }:
    {
      options = {
        assertions = mkOption {
          type = types.listOf types.unspecified;
          default = [ ];
        };
        warnings = list;
        i18n.defaultLocale = mkOption {
          type = types.str;
          default = "C.UTF-8";
        };
        services.openssh.enable = off;
        services.openssh.hostKeys = mkOption {
          type = types.listOf types.anything;
          default = [ ];
        };
        services.userborn.enable = off;
        systemd.sysusers.enable = off;
        systemd.package = mkOption {
          type = types.package;
          default = pkgs.systemd;
        };
        systemd.services = mkOption {
          type = types.attrsOf (types.submodule service);
          default = { };
        };
        users.users = set;
        system.activationScripts = mkOption {
          type = types.attrsOf (types.submodule snippet);
          default = { };
        };
      };
      config.system.activationScripts = {
        specialfs.text = "# specialfs";
        # What hashedPasswordFile amounts to: by now the file has to be there.
        users.text = "test ! -e /run/want-password || cp \"$(cat /run/want-password)\" /run/seen-by-users";
        groups.text = "# groups";
        groups.deps = [ "users" ];
      };
    };

  evaluated = lib.evalModules {
    modules = [
      nixos
      module
      configuration
    ];
    specialArgs = { inherit pkgs; };
  };
  inherit (evaluated) config;

  # Each after those that it names.
  order =
    names: done:
    builtins.foldl' (
      done: name: if builtins.elem name done then done else order config.system.activationScripts.${name}.deps done ++ [ name ]
    ) done names;

  activation =
    keep:
    let
      scripts = config.system.activationScripts;
      names = builtins.filter (name: keep scripts.${name}) (order (builtins.attrNames scripts) [ ]);
      render = name: ''
        # ${name}
        _localstatus=0
        ${scripts.${name}.text}
        if (( _localstatus > 0 )); then
          printf "Activation script snippet '%s' failed (%s)\n" "${name}" "$_localstatus"
        fi
      '';
    in
    pkgs.writeScript "activate" ''
      #!/bin/bash
      export PATH=/empty:/usr/bin
      _status=0
      trap "_status=1 _localstatus=\$?" ERR
      umask 0022
      ${builtins.concatStringsSep "\n" (map render names)}
      : > /run/activated-to-the-end
      exit $_status
    '';

  failed = builtins.filter (each: !each.assertion) config.assertions;
  checked = value: if failed == [ ] then value else throw "Failed assertions: ${(builtins.head failed).message}";
in
{
  inherit config;
  inherit (config) warnings;
  activate = checked (activation (_: true));
  dryActivate = checked (activation (script: script.supportsDryActivation));
  # What is told apart where two libs are compared.
  rendered = checked {
    scripts = config.system.activationScripts;
    services = config.systemd.services;
    inherit (config) warnings nixsecret;
  };
  # Commands of units, as programs to run.
  checks = builtins.mapAttrs (
    name: service: checked (pkgs.writeScript name "#!/bin/sh\nexec ${service.serviceConfig.ExecStart}\n")
  ) config.systemd.services;
  # All of them, so that what they run is in the store.
  allChecks = checked (
    pkgs.writeScript "commands" (
      builtins.concatStringsSep "\n" (
        map (service: service.serviceConfig.ExecStart or "") (builtins.attrValues config.systemd.services)
      )
    )
  );
}
