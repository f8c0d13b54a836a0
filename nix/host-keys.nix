# What tools that deploy are to be told of the keys that nixsecret.toml names for a host: places and owners, commands
# and file names, and no content.
{ policy, keyCommand }:
let
  # As src/policy/host-targets.ts has them.
  layouts = {
    keys = {
      dir = "/run/keys";
      group = "root";
      mode = "600";
    };
    terraform-nixos = {
      dir = "/var/keys";
      group = "keys";
      mode = "640";
    };
  };

  # Other programs write these into shell scripts, some of them without quotes: no more than what `check` lets through.
  patterns = {
    path = "[^*?[]+";
    name = "[A-Za-z0-9_][A-Za-z0-9_.+@=:,-]*";
    dir = "(/[.]?[A-Za-z0-9_+@=:,-][A-Za-z0-9_.+@=:,-]*)+";
    user = "[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?";
    group = "[A-Za-z0-9_][A-Za-z0-9_.-]*[$]?";
    mode = "0?[0-7][0-7]0";
  };

  keysOf =
    { src, host }:
    let
      hosts = (policy src).host or { };
      here =
        hosts.${host} or (throw "nixsecret: nixsecret.toml has no [host.${host}]; there are: ${toString (builtins.attrNames hosts)}");
      layout = here.layout or "keys";
      defaults =
        layouts.${layout} or (throw "nixsecret: keys of [host.${host}] have layout \"${layout}\", which git nixsecret deliver puts there, and nothing else");
      read =
        key:
        let
          value =
            what: default:
            let
              found = key.${what} or default;
            in
            if builtins.isString found && builtins.match patterns.${what} found != null then
              found
            else
              throw "nixsecret: a key of [host.${host}] has a \"${what}\" that cannot be used; git nixsecret check says more";
          path = value "path" null;
          file = builtins.head (builtins.match "/?(.*)" path);
          mode = value "mode" defaults.mode;
        in
        {
          inherit file;
          name = value "name" (baseNameOf file);
          dir = value "dir" defaults.dir;
          user = value "user" "root";
          group = value "group" defaults.group;
          permissions = if builtins.stringLength mode == 3 then "0${mode}" else mode;
        };
      keys = map read (here.key or [ ]);
      named = builtins.listToAttrs (
        map (value: {
          inherit (value) name;
          inherit value;
        }) keys
      );
    in
    if builtins.length (builtins.attrNames named) == builtins.length keys then
      builtins.seq defaults named
    else
      throw "nixsecret: two keys of [host.${host}] are called alike; give one of them another \"name\"";
in
{
  /**
    `deployment.keys` of a host, in the words of NixOps and colmena. Each command prints a secret where the deployment
    is started; nothing of it reaches the store.

    src: the top of the repository. host: NAME of `[host.NAME]` in nixsecret.toml. root: as of `keyCommand`.
  */
  deploymentKeys =
    {
      src,
      host,
      root ? null,
    }:
    builtins.mapAttrs (_: key: {
      keyCommand = keyCommand {
        inherit (key) file;
        inherit root;
      };
      destDir = key.dir;
      inherit (key) user group permissions;
    }) (keysOf { inherit src host; });

  /**
    `deployment.secrets` of a host, in the words of morph, which runs no command: it sends the files of the work tree as
    they lie there. Unlock it first, and keep them out of `filter=nixsecret-sealed`.

    Arguments as of `deploymentKeys`; without root, morph takes the names from the directory of the deployment's file.
  */
  morphSecrets =
    {
      src,
      host,
      root ? null,
    }:
    builtins.mapAttrs (_: key: {
      # Held to the same rules.
      source = builtins.seq (keyCommand {
        inherit (key) file;
        inherit root;
      }) (if root == null then key.file else "${root}/${key.file}");
      destination = "${key.dir}/${key.name}";
      owner = { inherit (key) user group; };
      inherit (key) permissions;
    }) (keysOf { inherit src host; });
}
