# `nix flake check`: what `npm test` can't do without nixpkgs. The rest of the tests is there.
{ pkgs, self }:
let
  inherit (pkgs.stdenvNoCC.hostPlatform) system;
  secret = builtins.toFile "secret.age" "age-encryption.org/v1\n";
  host = pkgs.nixos [
    self.nixosModules.default
    {
      nixsecret.secrets.example.file = secret;
      services.openssh.enable = true;
      boot.loader.grub.enable = false;
      fileSystems."/" = {
        device = "none";
        fsType = "tmpfs";
      };
      system.stateVersion = "24.05";
    }
  ];
in
{
  package = self.packages.${system}.default;

  scripts = pkgs.runCommand "git-nixsecret-scripts" { nativeBuildInputs = [ pkgs.shellcheck ]; } ''
    shellcheck -s sh ${./install-secrets.sh} ${./check-manifest.sh} ${./npm-deps.sh}
    shellcheck -s bash ${./sealed-check.sh}
    touch "$out"
  '';

  # Evaluated whole, and not built: a system takes gigabytes.
  nixos-module = pkgs.writeText "git-nixsecret-nixos-module" (
    builtins.unsafeDiscardStringContext host.config.system.build.toplevel.drvPath
  );
}
