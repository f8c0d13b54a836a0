# The NixOS module: a host decrypts secrets to memory while it activates a system. docs/nix.md is its manual.
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

  # Where systemd makes the users, activation comes too early: units do the work then.
  byUnits = (config.systemd.sysusers.enable or false) || (config.services.userborn.enable or false);

  usersDir = "${cfg.secretsDir}-for-users";
  groupOf =
    owner:
    let
      group = config.users.users.${owner}.group or "";
    in
    if group == "" then "0" else group;

  isForUsers = secret: secret.neededForUsers;
  secretEntries = dir: lib.mapAttrsToList (render.secretEntry dir);

  script = render.script { systemd = if byUnits then config.systemd.package else null; };

  # A set of files with a directory of its own, once for users' and once for the others.
  install =
    {
      name,
      secretsDir,
      mountPoint,
      keysGroup,
      entries,
    }:
    let
      record = "/var/lib/nixsecret/placed-by-${name}";
      manifest = render.manifest {
        inherit (cfg) identityPaths;
        inherit entries;
        settings = {
          inherit
            secretsDir
            mountPoint
            keysGroup
            record
            ;
          mount = "ramfs";
          age = "${cfg.package}/bin/age";
          units = if byUnits then "system" else "nixos";
        };
      };
      run = "${script} install ${manifest}/manifest";
    in
    {
      inherit
        name
        entries
        secretsDir
        run
        ;
      # Nothing to install: then what was installed once has to go.
      activation =
        if entries == [ ] then
          ''
            if [ -L ${secretsDir} ] || [ -e ${record} ]; then
              ${run}
            fi
          ''
        else
          "${run}\n";
      byUnit = byUnits && entries != [ ];
      checks = lib.listToAttrs (
        map (entry: {
          name = entry.unit;
          value = {
            description = "Whether ${entry.kind} ${percent entry.name} is fresh";
            wantedBy = [ "multi-user.target" ];
            after = lib.optional byUnits "${name}.service";
            serviceConfig = {
              Type = "oneshot";
              RemainAfterExit = true;
              # By way of the generation, so that this unit is not another one after each change of any secret.
              ExecStart = "${script} check ${secretsDir}/.nixsecret/manifest ${entry.unit}.service";
            };
          };
        }) entries
      );
      consumers = lib.concatMap (
        entry:
        map (unit: { ${lib.removeSuffix ".service" unit} = entry.path; }) (
          # A definition for an instance would hide its template.
          builtins.filter (unit: builtins.match "[^@]+[.]service" unit != null) (entry.restartUnits ++ entry.reloadUnits)
        )
      ) entries;
    };

  isRoot = id: id == "root" || builtins.match "[0-9]+" id != null;
  percent = builtins.replaceStrings [ "%" ] [ "%%" ];

  forUsers = install {
    name = "nixsecret-for-users";
    secretsDir = usersDir;
    mountPoint = "${usersDir}.d";
    # There are no groups yet.
    keysGroup = "";
    entries = secretEntries usersDir (lib.filterAttrs (_: isForUsers) cfg.secrets);
  };

  regular = install {
    name = "nixsecret";
    inherit (cfg) secretsDir;
    mountPoint = cfg.secretsMountPoint;
    keysGroup = "keys";
    entries =
      secretEntries cfg.secretsDir (lib.filterAttrs (_: secret: !isForUsers secret) cfg.secrets)
      ++ lib.mapAttrsToList (render.templateEntry {
        dir = cfg.secretsDir;
        inherit (cfg) secrets;
        foreign = isForUsers;
      }) cfg.templates;
  };

  service =
    installed: more:
    mkIf installed.byUnit (
      {
        description = "Decrypt secrets to ${installed.secretsDir}";
        # Tried again with each switch if it failed.
        requiredBy = [ "sysinit-reactivation.target" ];
        unitConfig = {
          DefaultDependencies = false;
          RequiresMountsFor = cfg.identityPaths ++ [ "/var/lib/nixsecret" ];
        };
        conflicts = [ "shutdown.target" ];
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = installed.run;
        };
      }
      // more
    );
in
{
  options.nixsecret = {
    secrets = mkOption {
      type = declare.secrets {
        inherit (cfg) secretsDir;
        inherit usersDir groupOf;
      };
      default = { };
      example = lib.literalExpression ''{ db = { file = ./secrets/db; owner = "postgres"; }; }'';
      description = "Secrets that this host decrypts while it activates the system.";
    };
    templates = mkOption {
      type = declare.templates {
        inherit (cfg) secretsDir;
        inherit groupOf;
      };
      default = { };
      description = "Files with secrets in them.";
    };
    placeholder = declare.placeholder (lib.mapAttrs (name: _: declare.placeholderOf name) cfg.secrets);
    identityPaths = declare.identityPaths {
      # What age can read of them.
      default = map (key: key.path) (
        builtins.filter (key: key.type == "ed25519" || key.type == "rsa") (
          if config.services.openssh.enable then config.services.openssh.hostKeys else [ ]
        )
      );
      defaultText = "those of config.services.openssh.hostKeys of type ed25519 or rsa";
    };
    secretsDir = declare.directory "/run/nixsecret" ''
      The link to the secrets in force. Those that users need are beside it, in a directory that ends with `-for-users`.
    '';
    secretsMountPoint = declare.directory "/run/nixsecret.d" ''
      Where a memory file system with the secrets is mounted.
    '';
    package = declare.package pkgs.age;
  };

  config = mkMerge [
    {
      system.activationScripts = {
        nixsecretForUsers = mkIf (!forUsers.byUnit) {
          text = forUsers.activation;
          deps = [ "specialfs" ];
          supportsDryActivation = true;
        };
        # So that users' passwords can be secrets.
        users = mkIf (!byUnits) { deps = [ "nixsecretForUsers" ]; };
        nixsecret = mkIf (!regular.byUnit) {
          text = regular.activation;
          deps = [ "specialfs" ] ++ lib.optional (!byUnits) "users" ++ lib.optional (!byUnits) "groups";
          supportsDryActivation = true;
        };
      };
    }
    (mkIf (cfg.secrets != { } || cfg.templates != { }) {
      assertions = [
        {
          assertion = cfg.secrets == { } || cfg.identityPaths != [ ];
          message = ''
            nixsecret.identityPaths is empty: there is no key to decrypt with.
            Set services.openssh.enable = true; for the host's keys, or name a key that is on the host:
              nixsecret.identityPaths = [ "/etc/ssh/ssh_host_ed25519_key" ];'';
        }
      ]
      ++ render.assertionsOn (regular.entries ++ forUsers.entries)
      ++ lib.mapAttrsToList (name: secret: {
        assertion = !isForUsers secret || (isRoot secret.owner && isRoot secret.group);
        message = ''
          nixsecret.secrets."${name}".owner and .group: a secret that is neededForUsers is there before users are, and can
          only be root's. Take owner and group out, or neededForUsers.'';
      }) cfg.secrets;

      warnings = lib.concatMap (
        name:
        let
          secret = cfg.secrets.${name};
        in
        lib.optional (!secret.symlink && !(lib.hasPrefix "/run/" secret.path)) ''
          nixsecret.secrets."${name}".symlink = false puts plaintext at ${secret.path}, which may be a disk and a backup.''
      ) (lib.attrNames cfg.secrets);

      systemd.services = mkMerge [
        {
          nixsecret-for-users = service forUsers {
            wantedBy = [
              "sysinit.target"
              "systemd-sysusers.service"
              "userborn.service"
            ];
            before = [
              "systemd-sysusers.service"
              "userborn.service"
              "sysinit.target"
              "sysinit-reactivation.target"
              "shutdown.target"
            ];
          };
          nixsecret = service regular {
            wantedBy = [ "sysinit.target" ];
            after = [
              "local-fs.target"
              "systemd-sysusers.service"
              "userborn.service"
              "nixsecret-for-users.service"
            ];
            before = [
              "sysinit.target"
              "sysinit-reactivation.target"
              "shutdown.target"
            ];
          };
        }
        forUsers.checks
        regular.checks
        # Without its secret a unit fails; with the last good version it runs.
        (lib.zipAttrsWith (_: paths: {
          unitConfig.AssertPathExists = map percent paths;
          after = lib.optional byUnits "nixsecret.service";
        }) (forUsers.consumers ++ regular.consumers))
      ];
    })
  ];
}
