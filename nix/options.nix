# What the NixOS and the home-manager module declare alike. Words are those of agenix and sops-nix where they have one.
{ lib }:
let
  inherit (lib) mkOption types;

  # A manifest has one value a line.
  line = types.strMatching "[^\n]*";
  absolute = types.strMatching "(/|[$]XDG_RUNTIME_DIR/)[^\n]*";
  unit = types.strMatching "[^ \n/]+[.](service|socket|timer|path|target|mount|slice|scope|swap)";
  ownerType = types.either line types.int;

  inStore = text: builtins.substring 0 (builtins.stringLength builtins.storeDir) text == builtins.storeDir;

  unitList =
    verb: what:
    mkOption {
      type = types.listOf unit;
      default = [ ];
      example = [ "nginx.service" ];
      description = ''
        Units to ${verb} when the content of this ${what} changes, each once. Services among them don't start without it.
      '';
    };

  mode = mkOption {
    type = types.strMatching "[0-7]?[0-7][0-7][0-7]";
    default = "0400";
    description = "Permissions of the file, octal.";
  };

  # Only where root installs: `groupOf` gives the group of an owner.
  ownership = groupOf: config: {
    owner = mkOption {
      type = ownerType;
      default = "0";
      apply = toString;
      description = "User who owns the file, by name or number.";
    };
    group = mkOption {
      type = ownerType;
      default = groupOf config.owner;
      defaultText = lib.literalExpression ''users.''${owner}.group or "0"'';
      apply = toString;
      description = "Group of the file, by name or number.";
    };
  };

  # Ciphertext in the store, with the context that brings it along to the host.
  checkFile =
    name: file:
    let
      option = "nixsecret.secrets.\"${name}\".file";
      text = toString file;
    in
    if builtins.isPath file then
      if builtins.pathExists file then
        file
      else
        throw "${option}: there is no ${text}. In a flake, Nix sees only files that git knows: git add it."
    else if builtins.isString file && !builtins.hasContext file then
      throw ''
        ${option} is the string "${text}", a name that says nothing to the host or to the build.
        Write it as a path, without quotes: file = ./secrets/db;''
    else
      file;

  # A private key must never be where Nix copies it: the store is readable for everybody, and is uploaded to caches.
  checkIdentity =
    path:
    let
      option = "nixsecret.identityPaths";
      mend = ''Write the place where the key lies on the host, in quotes: ${option} = [ "/etc/ssh/ssh_host_ed25519_key" ];'';
      stored = "It may be in the store already: then replace that key.";
    in
    if builtins.isPath path then
      throw ''
        ${option}: ${toString path} is written as a path, by which Nix copies a private key to its world-readable store.
        ${mend}''
    else if !builtins.isString path || builtins.hasContext path || inStore path then
      throw ''
        ${option}: ${builtins.unsafeDiscardStringContext (toString path)} is in the world-readable store, or would be copied there.
        ${mend}
        ${stored}''
    else if builtins.match "[^\n]*" path == null then
      throw "${option}: a name with a newline in it can't be used"
    else
      path;
in
{
  /*
    The type of `secrets`, from
    - secretsDir: where they are found;
    - usersDir: those that users need, or null where there is nothing like it;
    - groupOf: the group of an owner; null where files belong to who runs the script.
  */
  secrets =
    {
      secretsDir,
      usersDir ? null,
      groupOf ? null,
    }:
    types.attrsOf (
      types.submodule (
        { name, config, ... }:
        {
          options = {
            name = mkOption {
              type = line;
              default = name;
              description = "Name of the file in the directory of secrets.";
            };
            file = mkOption {
              type = types.path;
              apply = checkFile name;
              example = lib.literalExpression "./secrets/db";
              description = ''
                The encrypted file, as git holds it. A file that is in plaintext when Nix reads it fails the build.
              '';
            };
            path = mkOption {
              type = absolute;
              default = "${if config.neededForUsers or false then usersDir else secretsDir}/${config.name}";
              defaultText = lib.literalExpression ''"''${nixsecret.secretsDir}/''${name}"'';
              description = "Where the secret is found; another place than the default becomes a link there, or a copy.";
            };
            symlink = mkOption {
              type = types.bool;
              default = true;
              description = ''
                Whether `path` is a link to the secret in memory. If not, it is a copy, which as a rule is on a disk.
              '';
            };
            inherit mode;
            restartUnits = unitList "restart" "secret";
            reloadUnits = unitList "reload" "secret";
          }
          // (if groupOf == null then { } else ownership groupOf config)
          // (
            if usersDir == null then
              { }
            else
              {
                neededForUsers = mkOption {
                  type = types.bool;
                  default = false;
                  description = ''
                    Decrypts the secret before users are made, for `hashedPasswordFile`. It belongs to root, and is found
                    in a directory of its own.
                  '';
                };
              }
          );
        }
      )
    );

  # The type of `templates`; arguments as those of `secrets`.
  templates =
    {
      secretsDir,
      groupOf ? null,
    }:
    types.attrsOf (
      types.submodule (
        { name, config, ... }:
        {
          options = {
            name = mkOption {
              type = line;
              default = name;
              description = "Name of the file in the directory of templates.";
            };
            content = mkOption {
              type = types.lines;
              default = "";
              example = lib.literalExpression ''"password=''${config.nixsecret.placeholder.db}\n"'';
              description = ''
                Text with placeholders, each of which becomes the bytes of a secret, whatever they are. The text itself is
                in the store.
              '';
            };
            path = mkOption {
              type = absolute;
              default = "${secretsDir}/templates/${config.name}";
              defaultText = lib.literalExpression ''"''${nixsecret.secretsDir}/templates/''${name}"'';
              description = "Where the file is found; another place than the default becomes a link there.";
            };
            inherit mode;
            restartUnits = unitList "restart" "template";
            reloadUnits = unitList "reload" "template";
          }
          // (if groupOf == null then { } else ownership groupOf config);
        }
      )
    );

  # Stands for a secret in the content of a template: text that nobody writes by accident.
  placeholderOf = name: "<nixsecret:${builtins.hashString "sha256" "nixsecret placeholder ${name}"}>";

  placeholder =
    default:
    mkOption {
      type = types.attrsOf types.str;
      inherit default;
      readOnly = true;
      defaultText = lib.literalExpression "{ }";
      description = "What stands for each secret in the content of a template.";
    };

  identityPaths =
    { default, defaultText }:
    mkOption {
      type = types.listOf types.path;
      inherit default;
      defaultText = lib.literalExpression defaultText;
      apply = map checkIdentity;
      example = [ "/etc/ssh/ssh_host_ed25519_key" ];
      description = ''
        Private keys to decrypt with, as strings: a Nix path would be copied to the store. Those that are there are used.
      '';
    };

  package =
    default:
    mkOption {
      type = types.package;
      inherit default;
      defaultText = lib.literalExpression "pkgs.age";
      description = "The package with `bin/age`.";
    };

  directory =
    default: description:
    mkOption {
      # As /proc/mounts writes it, without escapes.
      type = types.strMatching "(/|[$]XDG_RUNTIME_DIR/)[A-Za-z0-9._+/-]*[A-Za-z0-9_+-]";
      inherit default description;
    };
}
