# git-nixsecret for those who use it from Nix: needs no age, and no npm at run time.
{
  lib,
  stdenvNoCC,
  nodejs,
  git,
  openssh,
  makeBinaryWrapper,
  callPackage,
  npmDeps ? callPackage ./npm-deps.nix { },
}:
let
  about = builtins.fromJSON (builtins.readFile ../package.json);
  # What the npm package holds, but for its patterns below docs/.
  parts = [
    "docs"
    "hooks"
    "man"
    ".gitattributes.example"
    "CHANGELOG.md"
    "CONTRIBUTING.md"
    "LICENSE"
    "README.md"
    "SECURITY.md"
    "package.json"
  ];
in
stdenvNoCC.mkDerivation {
  pname = about.name;
  inherit (about) version;
  src = import ./source.nix (
    parts
    ++ [
      "build.mjs"
      "src"
      "third-party-inside.txt"
      "tsconfig.json"
    ]
  );
  nativeBuildInputs = [
    nodejs
    makeBinaryWrapper
  ];
  passthru = { inherit npmDeps; };

  # Copied, for through a link the bundle would name, and so need, its path in the store.
  buildPhase = ''
    runHook preBuild
    cp -R ${npmDeps}/node_modules node_modules
    node build.mjs
    runHook postBuild
  '';

  # hooks/ are to be copied: they must not name a shell in the store, which goes some day.
  dontPatchShebangs = true;

  # git and ssh of one's own come first, for their configuration and version are what one works with.
  installPhase = ''
    runHook preInstall
    home=$out/lib/git-nixsecret
    mkdir -p "$home" "$out/bin" "$out/share/man/man1"
    cp -R dist ${lib.concatStringsSep " " parts} "$home"
    rm -f "$home"/docs/*.ts
    mv "$home"/man/*.1 "$out/share/man/man1"
    rmdir "$home/man"
    makeWrapper ${nodejs}/bin/node "$out/bin/git-nixsecret" \
      --add-flags "$home/dist/bin.js" --suffix PATH : ${git}/bin:${openssh}/bin
    runHook postInstall
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    runHook preInstallCheck
    test "$("$out/bin/git-nixsecret" --version)" = "git-nixsecret ${about.version}"
    runHook postInstallCheck
  '';

  meta = {
    inherit (about) description;
    license = lib.licenses.mit;
    mainProgram = "git-nixsecret";
    platforms = builtins.attrNames (builtins.fromJSON (builtins.readFile ./npm-deps.json)).hashes;
  };
}
