# Stands in for nixpkgs where there is none: as much of it as our flake calls. Its packages are the programs of this
# machine, named in host.json, and its derivations are real ones.
{
  outputs =
    { self }:
    let
      systems = [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-linux"
      ];
    in
    {
      legacyPackages = builtins.listToAttrs (
        map (name: {
          inherit name;
          value = import ./packages.nix name;
        }) systems
      );
    };
}
