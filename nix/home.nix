# The home-manager module: a user's own secrets, decrypted with the user's own key by a unit of the user's systemd.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkIf mkMerge mkOption;
  cfg = config.nixsecret;
  declare = import ./options.nix { inherit lib; };
  render = import ./manifest.nix { inherit lib pkgs; };

  entries =
    lib.mapAttrsToList (render.secretEntry cfg.secretsDir) cfg.secrets
    ++ lib.mapAttrsToList (render.templateEntry {
      dir = cfg.secretsDir;
      inherit (cfg) secrets;
    }) cfg.templates;

  # What lies outside of memory is found again by it, after the configuration has forgotten it.
  record = "${config.xdg.stateHome}/nixsecret/placed";

  script = render.script { systemd = builtins.dirOf (builtins.dirOf config.systemd.user.systemctlPath); };
  manifest = render.manifest {
    inherit (cfg) identityPaths;
    inherit entries;
    settings = {
      inherit (cfg) secretsDir;
      inherit record;
      mountPoint = cfg.secretsMountPoint;
      # A user can mount nothing; the directory of the session is a tmpfs.
      mount = "none";
      keysGroup = "";
      age = "${cfg.package}/bin/age";
      units = "user";
    };
  };

  # A path as units write it: the user's systemd knows the directory of the session as %t.
  inUnit =
    path:
    builtins.replaceStrings [ "$XDG_RUNTIME_DIR" ] [ "%t" ] (builtins.replaceStrings [ "%" ] [ "%%" ] path);

  checks = lib.listToAttrs (
    map (entry: {
      name = entry.unit;
      value = {
        Unit = {
          Description = "Whether ${entry.kind} ${builtins.replaceStrings [ "%" ] [ "%%" ] entry.name} is fresh";
          # Comes and goes with the unit below, which wants it.
          PartOf = [ "nixsecret.service" ];
          After = [ "nixsecret.service" ];
        };
        Service = {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = "${script} check ${inUnit cfg.secretsDir}/.nixsecret/manifest ${entry.unit}.service";
        };
      };
    }) entries
  );

  # Drop-ins, for a unit may be none of home-manager's, and its file must not be hidden.
  dropIns = lib.zipAttrsWith (_: paths: { text = lib.concatStrings ([ "[Unit]\nAfter=nixsecret.service\n" ] ++ paths); }) (
    lib.concatMap (
      entry:
      map (unit: {
        "systemd/user/${unit}.d/nixsecret.conf" = "AssertPathExists=${inUnit entry.path}\n";
      }) (builtins.filter (lib.hasSuffix ".service") (entry.restartUnits ++ entry.reloadUnits))
    ) entries
  );
in
{
  options.nixsecret = {
    secrets = mkOption {
      type = declare.secrets { inherit (cfg) secretsDir; };
      default = { };
      example = lib.literalExpression "{ token.file = ./secrets/token; }";
      description = "Secrets that are decrypted when this user's systemd starts, and after each switch.";
    };
    templates = mkOption {
      type = declare.templates { inherit (cfg) secretsDir; };
      default = { };
      description = "Files with secrets in them.";
    };
    placeholder = declare.placeholder (lib.mapAttrs (name: _: declare.placeholderOf name) cfg.secrets);
    identityPaths = declare.identityPaths {
      default = [
        "${config.home.homeDirectory}/.ssh/id_ed25519"
        "${config.home.homeDirectory}/.ssh/id_rsa"
        "${config.xdg.configHome}/git-nixsecret/identity.txt"
      ];
      defaultText = ''[ "~/.ssh/id_ed25519" "~/.ssh/id_rsa" "$XDG_CONFIG_HOME/git-nixsecret/identity.txt" ]'';
    };
    secretsDir = declare.directory "$XDG_RUNTIME_DIR/nixsecret" ''
      The link to the secrets in force. `$XDG_RUNTIME_DIR` is known only at run time: what a shell reads expands it, and
      units write `%t` instead.
    '';
    secretsMountPoint = declare.directory "$XDG_RUNTIME_DIR/nixsecret.d" ''
      The directory with the secrets.
    '';
    package = declare.package pkgs.age;
  };

  config = mkMerge [
    {
      assertions = [
        {
          assertion = config.systemd.user.enable || (cfg.secrets == { } && cfg.templates == { });
          message = "nixsecret.secrets need the user's systemd, and systemd.user.enable is false here.";
        }
        {
          assertion = cfg.secrets == { } || cfg.identityPaths != [ ];
          message = ''
            nixsecret.identityPaths is empty: there is no key to decrypt with. Name one, in quotes:
              nixsecret.identityPaths = [ "${config.home.homeDirectory}/.ssh/id_ed25519" ];'';
        }
      ]
      ++ render.assertionsOn entries;

      warnings = lib.concatMap (
        name:
        let
          secret = cfg.secrets.${name};
        in
        lib.optional (!secret.symlink && !(lib.hasPrefix "$XDG_RUNTIME_DIR/" secret.path)) ''
          nixsecret.secrets."${name}".symlink = false puts plaintext at ${secret.path}, which may be a disk and a backup.''
      ) (lib.attrNames cfg.secrets);
    }
    (mkIf config.systemd.user.enable {
      xdg.configFile = dropIns;
      # Also where there is nothing to install: then what was installed once has to go.
      systemd.user.services = checks // {
        nixsecret = {
          Unit = {
            Description = "Decrypt secrets to ${inUnit cfg.secretsDir}";
            DefaultDependencies = false;
            Wants = map (entry: "${entry.unit}.service") entries;
            # Units of the user start behind basic.target, unless they say otherwise.
            Before = [
              "basic.target"
              "shutdown.target"
            ];
            Conflicts = [ "shutdown.target" ];
            ${if entries == [ ] then "ConditionPathExists" else null} = [
              "|${inUnit cfg.secretsDir}"
              "|${inUnit record}"
            ];
          };
          # Another manifest is another unit, which home-manager restarts.
          Service = {
            Type = "oneshot";
            RemainAfterExit = true;
            ExecStart = "${script} install ${manifest}/manifest";
          };
          Install.WantedBy = [ "default.target" ];
        };
      };
    })
  ];
}
