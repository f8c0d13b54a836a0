# What working on git-nixsecret takes; the tests say which further programs they would use.
{
  mkShell,
  nodejs,
  git,
  age,
  openssh,
  shellcheck,
  nix,
}:
mkShell {
  packages = [
    nodejs
    git
    age
    openssh
    shellcheck
    nix
  ];
}
