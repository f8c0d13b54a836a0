{
  description = "git-nixsecret: age ciphertext in git and in the Nix store, plaintext in your work tree";

  # There is no flake.lock: let this input follow yours. `lib` does not use it.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      forSystems =
        systems: make:
        builtins.listToAttrs (
          map (system: {
            name = system;
            value = make nixpkgs.legacyPackages.${system};
          }) systems
        );
      linux = [
        "aarch64-linux"
        "x86_64-linux"
      ];
      all = linux ++ [
        "aarch64-darwin"
      ];
    in
    {
      lib = import ./nix/lib.nix;

      overlays.default = import ./nix/overlay.nix;
      packages = forSystems all (pkgs: rec {
        git-nixsecret = pkgs.callPackage ./nix/package.nix { };
        default = git-nixsecret;
      });
      checks = forSystems linux (pkgs: import ./nix/checks.nix { inherit pkgs self; });
      devShells = forSystems all (pkgs: {
        default = pkgs.callPackage ./nix/shell.nix { };
      });
    };
}
