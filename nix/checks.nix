# `nix flake check`: what `npm test` can't do without nixpkgs. The rest of the tests is there.
{ pkgs, self }:
let
  inherit (pkgs.stdenvNoCC.hostPlatform) system;
in
{
  package = self.packages.${system}.default;

  scripts = pkgs.runCommand "git-nixsecret-scripts" { nativeBuildInputs = [ pkgs.shellcheck ]; } ''
    shellcheck -s sh ${./npm-deps.sh}
    shellcheck -s bash ${./sealed-check.sh}
    touch "$out"
  '';
}
