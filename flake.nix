{
  description = "git-nixsecret: age ciphertext in git and in the Nix store, plaintext in your work tree";

  # There is no flake.lock: let this input follow yours. Neither the modules nor `lib` use it.
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
      # By path, so that importing it twice is importing it once; in a set, for `nix flake check` of Nix 2.8 takes no path.
      module = file: { imports = [ file ]; };
    in
    {
      lib = import ./nix/lib.nix;

      nixosModules = rec {
        nixsecret = module ./nix/nixos.nix;
        default = nixsecret;
      };
      homeModules = rec {
        nixsecret = module ./nix/home.nix;
        default = nixsecret;
      };
      # The name that was usual before.
      homeManagerModules = self.homeModules;

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
