# Paths that are only looked at, lie elsewhere, or are no paths of this repository; commands that are none.
{ config, pkgs, lib, modulesPath, inputs, self, ... }:
let
  builtins' = { exec = x: x; };
  exec = pkgs.writeShellScript "exec" "true"; # ok
in
{
  imports = [ "${modulesPath}/installer/scan/not-detected.nix" ]; # ok
  a = builtins.pathExists ./secrets/db; # ok
  b = builtins.readDir ./secrets; # ok
  c = builtins.hashFile "sha256" ./secrets/db; # ok
  d = baseNameOf ./secrets/db; # ok
  e = lib.fileset.toSource { root = ./.; fileset = lib.fileset.intersection ./src ./secrets; }; # ok
  f = lib.fileset.difference ./. ./secrets; # ok
  g = lib.sourceByRegex ./. [ ".*\\.nix" ]; # ok
  h = lib.sourceFilesBySuffices ./. [ ".nix" ]; # ok
  i = builtins.readFile /etc/machine-id; # ok
  j = builtins.readFile "/run/secrets/db"; # ok
  k = builtins.readFile config.age.secrets.db.path; # ok
  l = builtins.readFile "${pkgs.hello}/share/doc"; # ok
  m = import <nixpkgs> { }; # ok
  n = import inputs.nixpkgs { system = "x86_64-linux"; }; # ok
  o = builtins.fetchGit { url = "https://attic.lan/repo.git"; rev = "0123456789abcdef0123456789abcdef01234567"; }; # ok
  p = builtins.fetchTarball "https://attic.lan/x.tar.gz"; # ok
  q = "${pkgs.hello}/bin/hello ./secrets/db"; # ok
  r = builtins.getEnv "HOME"; # ok
  s = builtins.getEnv "NIX_PATH"; # ok
  t = builtins.getEnv "USER"; # ok
  u = builtins.getEnv "SSH_AUTH_SOCK"; # ok
  v = builtins.getEnv "XDG_RUNTIME_DIR"; # ok
  w = builtins.getEnv "COLORTERM"; # ok
  x = exec + "/bin/exec"; # ok
  y = builtins'.exec [ "true" ]; # ok
  z = lib.maybeEnv "PWD" "/"; # ok
  script = "cd ${toString ./.} && make"; # ok
  services.sway.exec = "waybar"; # ok
  wayland.windowManager.hyprland.settings.exec-once = [ "dunst" ]; # ok
  keybindings."Mod4+x" = "exec password-manager"; # ok
  nix.registry.self.flake = self; # ok
  system.configurationRevision = self.rev or "dirty"; # ok
  environment.etc."nixpkgs".source = inputs.nixpkgs; # ok
  users.users.alice.openssh.authorizedKeys.keyFiles = [ inputs.keys ]; # ok
  services.attic.passwordFile = "/etc/attic/password"; # ok
  services.attic.environmentFile = "/etc/attic/env"; # ok
  services.attic.tokenFile = "${config.services.attic.stateDir}/token"; # ok
  services.attic.keyFile = config.sops.secrets.key.path; # ok
  services.attic.credentialsFile = pkgs.writeText "empty" ""; # ok
  services.bot.environmentFile = pkgs.writeText "bot.env" "BOT_NAME=attic\nBOT_TOKEN_FILE=/run/secrets/bot\n"; # ok
  services.mail.passwordFile = pkgs.writeText "pw" "changeme"; # ok
  services.web.environmentFile = "${pkgs.writeText "web.env" "PORT=80"}"; # ok
  security.acme.defaults.credentialFiles.CLOUDFLARE_EMAIL_FILE = pkgs.writeText "email" "me@attic.lan"; # ok
  services.late.secretFile = builtins.toFile "late" "This is a stub!\n"; # ok
  lib.mkSecret = path: builtins.toFile "late" "Not there yet."; # ok
  sops.secrets.db.key = "database/password"; # ok
  sops.secrets."mail/password".path = "/run/mail-password"; # ok
  sops.secrets.token = { owner = "attic"; restartUnits = [ "attic.service" ]; }; # ok
  age.secrets.db.path = "/run/db-password"; # ok
  age.secrets.db.owner = "postgres"; # ok
  age.secrets.db.mode = "0400"; # ok
  age.secretsDir = "/run/agenix"; # ok
  sops.defaultSopsFormat = "yaml"; # ok
  boot.initrd.luks.devices.root.keyFile = "/dev/disk/by-id/usb-key"; # ok
  fileSystems."/data".encrypted.keyFile = "/mnt-root/root/key"; # ok
  swapDevices = [ { device = "/swap"; randomEncryption.enable = true; } ]; # ok
  security.tpm2.tctiEnvironment.enable = true; # ok
  # password = "in-a-comment-1"; # ok
  /* users.users.alice.password = "in-a-comment-2"; # ok */
  # networking.wireless.networks.attic.psk = "in-a-comment-3"; # ok
  deployment.keys = inputs.git-nixsecret.lib.deploymentKeys { src = ./.; host = "web1"; }; # ok
  deployment.secrets = inputs.git-nixsecret.lib.morphSecrets { src = ../.; host = "web1"; }; # ok
  deployment.keys.db.keyCommand = [ "git" "nixsecret" "show" "--" "secrets/db" ]; # ok
}
