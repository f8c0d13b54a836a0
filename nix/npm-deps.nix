# The npm packages that the build needs, as node_modules. What npm fetches is held against the integrity in
# package-lock.json; one hash for each system is in npm-deps.json, which `node nix/npm-deps.mjs` renews.
{
  lib,
  stdenvNoCC,
  nodejs,
  cacert,
}:
let
  inherit (stdenvNoCC.hostPlatform) system;
  record = builtins.fromJSON (builtins.readFile ./npm-deps.json);
  lock = (builtins.fromJSON (builtins.readFile ../package-lock.json)).packages;

  # Else an old output would be taken for the new one: Nix goes by hash and name alone.
  fresh = builtins.all (path: (lock.${path}.integrity or null) == record.packages.${path}) (
    builtins.attrNames record.packages
  );
  recordId = builtins.substring 0 8 (builtins.hashFile "sha256" ./npm-deps.json);

  os = if lib.hasSuffix "-darwin" system then "darwin" else "linux";
  cpu = if lib.hasPrefix "aarch64-" system then "arm64" else "x64";
in
if !fresh then
  throw "git-nixsecret: package-lock.json has other packages than nix/npm-deps.json; run: node nix/npm-deps.mjs"
else
  stdenvNoCC.mkDerivation {
    name = "git-nixsecret-npm-deps-${recordId}";
    src = import ./source.nix [
      "package.json"
      "package-lock.json"
      "nix"
    ];
    nativeBuildInputs = [ nodejs ];
    dontConfigure = true;
    dontInstall = true;
    dontFixup = true;

    # A registry of one's own, and what leads to it; npm takes an empty one for none.
    impureEnvVars = lib.fetchers.proxyImpureEnvVars ++ [
      "NPM_CONFIG_REGISTRY"
      "NPM_CONFIG_CAFILE"
    ];
    SSL_CERT_FILE = "${cacert}/etc/ssl/certs/ca-bundle.crt";
    NODE_EXTRA_CA_CERTS = "${cacert}/etc/ssl/certs/ca-bundle.crt";

    buildPhase = ''
      export HOME=$TMPDIR
      source=$PWD
      mkdir ../work
      cd ../work
      sh "$source/nix/npm-deps.sh" "$source" "$out" ${os} ${cpu}
    '';

    outputHashMode = "recursive";
    outputHash = record.hashes.${system} or (throw "git-nixsecret: no npm packages recorded for ${system}");
  }
