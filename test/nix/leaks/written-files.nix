# A file that Nix writes for an option is as readable as the store.
{ pkgs, lib, config, ... }:
let
  salt = "pepper-and-salt-5"; # leak: secret services.attic.secretFile
in
{
  services.nextcloud.config.adminpassFile = "${pkgs.writeText "adminpass" "cloudy-day"}"; # leak: secret services.nextcloud.config.adminpassFile
  services.postgres-backup.passwordFile = pkgs.writeText "pw" "elephant-8"; # leak: secret services.postgres-backup.passwordFile
  services.attic.secretFile = builtins.toFile "secret" salt;
  services.gitea.database.passwordFile = toString (pkgs.writeText "gitea-db" "tea-leaves"); # leak: secret services.gitea.database.passwordFile
  services.runner.tokenFile = lib.mkForce (pkgs.writeText "token" "run-runner-1"); # leak: secret services.runner.tokenFile
  services.mailer.environmentFile = pkgs.writeText "mailer.env" "SMTP_PASSWORD=stamps"; # leak: secret services.mailer.environmentFile
  # leak below: secret services.bot.environmentFile
  services.bot.environmentFile = pkgs.writeText "bot.env" ''
    # read by systemd
    BOT_NAME=attic
    BOT_TOKEN=b0t-fixture
  '';
  services.share.credentialsFile = pkgs.writeTextFile {
    name = "credentials";
    text = "username=guest\npassword=come-in"; # leak: secret services.share.credentialsFile
  };
  users.users.root.hashedPasswordFile = builtins.toFile "root" "$6$fixture$fixturefixturefixturefixture"; # leak: hash users.users.root.hashedPasswordFile
  services.restic.backups.home.passwordFile = builtins.toString (builtins.toFile "restic" "lazy-sunday"); # leak: secret services.restic.backups.home.passwordFile
  services.initrd.hostKeyPath = pkgs.writeTextFile {
    name = "host_key";
    text = "opening-line-7"; # leak: secret services.initrd.hostKeyPath
  };
}
