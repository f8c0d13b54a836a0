# See sealedCheck in lib.nix. git itself says which files are protected, and which of them a rule of the policy leaves
# readable: both are attributes to it, the second in a repository of its own, where the source can't set any.
{
  pkgs,
  src,
  name ? "nixsecret-sealed",
}:
let
  given = toString src;
  top =
    if builtins.substring 0 (builtins.stringLength builtins.storeDir + 1) given != "${builtins.storeDir}/" then
      # Copied there by this very check, a work tree would leak.
      throw "nixsecret: sealedCheck takes a source that is in the Nix store, as a flake's `self` is, and not ${given}"
    else if !builtins.pathExists (src + "/nixsecret.toml") then
      throw "nixsecret: no nixsecret.toml in ${given}: sealedCheck takes the top of the repository"
    else
      src;
  policy = builtins.fromTOML (builtins.readFile (top + "/nixsecret.toml"));
  rules = policy.rule or [ ] ++ [ (policy.default or { } // { paths = [ "/**" ]; }) ];

  # As gitattributes(5) quotes patterns.
  quote =
    text:
    "\"${builtins.replaceStrings [ "\\" "\"" "\n" "\r" ] [ "\\\\" "\\\"" "\\n" "\\r" ] text}\"";
  linesOf =
    rule:
    if !rule ? store then
      [ ]
    else if rule.store != "plaintext" then
      throw "nixsecret: nixsecret.toml has a `store` that is not known here"
    else
      map (pattern: "${quote pattern} store=plaintext\n") rule.paths;
in
pkgs.runCommand name
  {
    nativeBuildInputs = [ pkgs.git ];
    src = "${top}";
    stores = builtins.concatStringsSep "" (builtins.concatMap linesOf rules);
    passAsFile = [ "stores" ];
  }
  ''
    bash ${./sealed-check.sh} "$src" "$storesPath"
    touch "$out"
  ''
