# Renders secrets and templates for install-secrets.sh, whose head describes the manifest.
{ lib, pkgs }:
let
  declare = import ./options.nix { inherit lib; };
  hash = builtins.hashString "sha256";

  # A name that any file system, unit and store takes, and that stays unique.
  safe =
    name:
    let
      fits = char: builtins.match "[A-Za-z0-9_.-]" char != null;
      text = lib.concatStrings (map (char: if fits char then char else "_") (lib.stringToCharacters name));
    in
    if text == name then name else "${text}-${builtins.substring 0 8 (hash name)}";

  unitOf = kind: name: "nixsecret-${kind}-${safe name}";

  # A store file of a name that any file can have, alone: not the whole source that it lies in.
  stored =
    name: file:
    if builtins.isPath file then
      builtins.path {
        path = file;
        name = "nixsecret-${safe name}.age";
      }
    else
      "${file}";

  # A target must stay in its generation, and not be what is ours there.
  checkTarget =
    option: target:
    let
      parts = lib.splitString "/" target;
      bad = part: part == "" || part == "." || part == "..";
    in
    if lib.any bad parts || lib.head parts == ".nixsecret" || builtins.match "[^\n]*" target == null then
      throw "${option}: \"${target}\" can't be the name of a file; set its `name`"
    else
      target;

  ownerOf = file: if file ? owner then "${file.owner}:${file.group}" else "";

  placeOf =
    dir: target: file:
    if file.path == "${dir}/${target}" then
      "default"
    else if file.symlink or true then
      "link"
    else
      "file";

  common = dir: kind: name: target: file: {
    inherit kind target;
    name = if builtins.match "[^\n]*" name == null then throw "nixsecret: a name has a newline in it: ${name}" else name;
    inherit (file) path mode restartUnits reloadUnits;
    unit = unitOf kind name;
    owner = ownerOf file;
    place = placeOf dir target file;
  };
in
rec {
  # A secret as an entry of a manifest, found below `dir`.
  secretEntry =
    dir: name: secret:
    let
      target = checkTarget "nixsecret.secrets.\"${name}\"" secret.name;
    in
    common dir "secret" name target secret // { lines = [ "file ${stored name secret.file}" ]; };

  /*
    A template as an entry: its content, split where a placeholder stands.
    - secrets: of the configuration, by name
    - foreign: whether another manifest installs a secret
  */
  templateEntry =
    { dir, secrets, foreign ? (_: false) }:
    name: template:
    let
      option = "nixsecret.templates.\"${name}\"";
      target = checkTarget option "templates/${template.name}";
      known = lib.listToAttrs (
        map (secret: {
          name = declare.placeholderOf secret;
          value = secret;
        }) (lib.attrNames secrets)
      );
      context = builtins.substring 0 0 template.content;
      literal = number: text: {
        inherit number;
        text = context + text;
      };
      value =
        mark:
        let
          secret = secrets.${known.${mark} or (throw "${option}.content has a placeholder of no secret of this configuration: ${mark}")};
        in
        if foreign secret then "foreign ${secret.path}" else "value ${secret.name}";
      # Strings, and between them lists with what was matched.
      split = builtins.filter (piece: piece != "") (builtins.split "(<nixsecret:[0-9a-f]{64}>)" template.content);
      pieces = lib.imap0 (number: piece: if builtins.isList piece then value (lib.head piece) else literal number piece) split;
    in
    common dir "template" name target template
    // {
      lines = map (
        piece: if builtins.isString piece then piece else "literal @out@/${hash target}/${toString piece.number}"
      ) pieces;
      literals = builtins.filter (piece: !builtins.isString piece) pieces;
    };

  # What must not be true of a list of entries, as assertions.
  assertionsOn =
    entries:
    let
      targets = map (entry: entry.target) entries;
      isTarget = lib.listToAttrs (
        map (name: {
          inherit name;
          value = true;
        }) targets
      );
      parents =
        target:
        let
          parts = lib.splitString "/" target;
        in
        lib.imap0 (i: _: lib.concatStringsSep "/" (lib.take i parts)) parts;
      twice = list: lib.attrNames (lib.filterAttrs (_: same: lib.length same > 1) (lib.groupBy (x: x) list));
      inOther = builtins.filter (target: lib.any (parent: isTarget ? ${parent}) (parents target)) targets;
      show = lib.concatStringsSep ", ";
    in
    [
      {
        assertion = twice targets == [ ];
        message = "nixsecret: two secrets or templates have one `name`: ${show (twice targets)}";
      }
      {
        assertion = twice (map (entry: entry.path) entries) == [ ];
        message = "nixsecret: two secrets or templates have one `path`: ${show (twice (map (entry: entry.path) entries))}";
      }
      {
        assertion = inOther == [ ];
        message = "nixsecret: the name of another secret is a folder in the name of ${show inOther}; set one's `name`";
      }
    ];

  /*
    The script, with its programs.
    - systemd: where it is to run systemctl
  */
  script =
    {
      systemd ? null,
    }:
    pkgs.writeScript "nixsecret-install" ''
      #!${pkgs.runtimeShell}
      PATH=${
        lib.makeBinPath (
          [
            pkgs.coreutils
            pkgs.diffutils
            pkgs.util-linux
          ]
          ++ (if systemd == null then [ ] else [ systemd ])
        )
      }
      export PATH
      ${builtins.readFile ./install-secrets.sh}'';

  /*
    A store file for the script; its build fails where a secret's file is no age file.
    - settings: name to value, of the manifest's first lines
    - identityPaths, entries
  */
  manifest =
    {
      settings,
      identityPaths,
      entries,
    }:
    let
      entryLines =
        entry:
        [
          "${entry.kind} ${entry.name}"
          "target ${entry.target}"
          "unit ${entry.unit}.service"
          "path ${entry.path}"
          "place ${entry.place}"
          "owner ${entry.owner}"
          "mode ${entry.mode}"
        ]
        ++ map (unit: "restart ${unit}") entry.restartUnits
        ++ map (unit: "reload ${unit}") entry.reloadUnits
        ++ entry.lines
        ++ [ "end" ];
      lines =
        lib.mapAttrsToList (name: value: "${name} ${value}") settings
        ++ map (path: "identity ${path}") identityPaths
        ++ lib.concatMap entryLines entries;
      # Each text by a file of its own: an environment has little room.
      literals = lib.concatMap (
        entry:
        map (literal: {
          name = "literal_${hash entry.target}_${toString literal.number}";
          file = "${hash entry.target}/${toString literal.number}";
          inherit (literal) text;
        }) (entry.literals or [ ])
      ) entries;
      texts = lib.listToAttrs (
        map (literal: {
          inherit (literal) name;
          value = literal.text;
        }) literals
      );
    in
    pkgs.runCommand "nixsecret-manifest"
      (
        texts
        // {
          manifest = lib.concatStringsSep "\n" lines + "\n";
          passAsFile = [ "manifest" ] ++ lib.attrNames texts;
          preferLocalBuild = true;
          allowSubstitutes = false;
        }
      )
      ''
        out=''${out:?}
        mkdir "$out"
        while IFS= read -r line; do
          case $line in
            "literal @out@/"*) line="literal $out/''${line#*@out@/}" ;;
          esac
          printf '%s\n' "$line"
        done < "$manifestPath" > "$out/manifest"
        ${lib.concatStringsSep "\n" (
          map (literal: ''mkdir -p "$out/${builtins.dirOf literal.file}" && cat "''$${literal.name}Path" > "$out/${literal.file}"'') literals
        )}
        sh ${./check-manifest.sh} "$out/manifest"
      '';
}
