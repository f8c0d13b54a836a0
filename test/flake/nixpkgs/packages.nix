system:
let
  host = builtins.fromJSON (builtins.readFile ./host.json);

  lib = import ./lib;

  derive =
    attrs: script:
    derivation (
      attrs
      // {
        inherit system;
        builder = "/bin/bash";
        args = [
          "-euc"
          ''
            export PATH=${host.path}
            for input in ''${nativeBuildInputs-}; do
              PATH=$input/bin:$PATH
              [ ! -e "$input/nix-support/setup-hook" ] || . "$input/nix-support/setup-hook"
            done
            export TMPDIR=''${TMPDIR:-$NIX_BUILD_TOP}
            cd "$NIX_BUILD_TOP"
            ${script}
            # Else bash becomes its last program; those that close their output before they exit, Nix kills at once.
            exit
          ''
        ];
      }
    );

  # A package that is programs of this machine.
  programs =
    name: names:
    derive { inherit name; } ''
      mkdir -p "$out/bin"
      for program in ${toString names}; do ln -s "$(command -v "$program")" "$out/bin"; done
    ''
    // {
      inherit name;
    };

  # A package that is where Debian has it.
  usual = name: {
    type = "derivation";
    inherit name;
    outPath = "/usr";
  };

  # The phases that ours have, in the order of nixpkgs' setup.sh.
  mkDerivation =
    attrs:
    derive
      (
        builtins.removeAttrs attrs [
          "meta"
          "passthru"
        ]
        // {
          name = attrs.name or "${attrs.pname}-${attrs.version}";
        }
      )
      ''
        runHook() { :; }
        cp -R "$src" source
        chmod -R u+w source
        cd source
        for phase in build install installCheck; do
          phase=''${phase}Phase
          eval "''${!phase-}"
        done
      ''
    // (attrs.passthru or { })
    // {
      meta = attrs.meta or { };
    };

  pkgs = {
    inherit lib system;
    path = ./.;
    stdenvNoCC = {
      inherit mkDerivation;
      hostPlatform = {
        inherit system;
      };
    };
    callPackage =
      file: given:
      let
        function = import file;
      in
      function (builtins.intersectAttrs (builtins.functionArgs function) pkgs // given);
    runCommand = name: attrs: derive (attrs // { inherit name; });
    writeText =
      name: text:
      derive {
        inherit name text;
        passAsFile = [ "text" ];
      } ''cp "$textPath" "$out"'';
    writeScript =
      name: text:
      derive {
        inherit name text;
        passAsFile = [ "text" ];
      } ''cp "$textPath" "$out"; chmod +x "$out"'';
    runtimeShell = "/bin/sh";
    coreutils = usual "coreutils";
    diffutils = usual "diffutils";
    util-linux = usual "util-linux";
    mkShell = { packages }: derive { name = "shell"; nativeBuildInputs = packages; } ''echo "$PATH" >"$out"'';
    makeBinaryWrapper = derive { name = "make-binary-wrapper"; } ''
      mkdir -p "$out/nix-support"
      cp ${./make-wrapper.sh} "$out/nix-support/setup-hook"
    '';
    # A NixOS as far as our module reads and sets its options, see test/modules.
    nixos =
      modules:
      let
        known =
          module:
          builtins.removeAttrs module [
            "boot"
            "fileSystems"
            "system"
          ];
        host = import ./modules/host.nix {
          inherit system;
          module.config.services.openssh.hostKeys = [
            {
              path = "/etc/ssh/ssh_host_ed25519_key";
              type = "ed25519";
            }
          ];
          configuration.imports = map known modules;
          nixpkgsLib = ./lib;
        };
      in
      {
        config.system.build.toplevel = host.activate;
      };
    # Certificates of this machine.
    cacert = derive { name = "cacert"; } ''
      mkdir -p "$out/etc/ssl/certs"
      ln -s ${host.certificates} "$out/etc/ssl/certs/ca-bundle.crt"
    '';
    nodejs = programs "nodejs" [
      "node"
      "npm"
    ];
    git = programs "git" [ "git" ];
    age = programs "age" [ "age" ];
    openssh = programs "openssh" [
      "ssh"
      "ssh-keygen"
    ];
    shellcheck = programs "shellcheck" [ "shellcheck" ];
    nix = programs "nix" [ "nix" ];
  };
in
pkgs
