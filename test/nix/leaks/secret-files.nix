# Paths of this repository in options that take a file with a secret.
{ config, lib, self, inputs, ... }:
let
  secrets = ./secrets; # leak: file services.joined.passwordFile -> ./secrets/joined
  mailFile = ../mail/password; # leak: file services.mailer.passwordFile -> ../mail/password
  host = "attic";
in
{
  users.users.root.hashedPasswordFile = ./root-password; # leak: file users.users.root.hashedPasswordFile -> ./root-password
  users.users.alice.passwordFile = lib.mkDefault ../users/alice.pw; # leak: file users.users.alice.passwordFile -> ../users/alice.pw
  age.secrets.db.file = ./db.age; # leak: file age.secrets.db.file -> ./db.age
  age.secrets.bare.file = secrets/bare.age; # leak: file age.secrets.bare.file -> secrets/bare.age
  age.secrets."a b".file = ./. + "/a b.age"; # leak: file age.secrets."a b".file -> ./a b.age
  age.secrets.web = {
    file = ../../secrets/web.age; # leak: file age.secrets.web.file -> ../../secrets/web.age
    owner = "nginx";
  };
  age.secrets.host.file = ./hosts + "/${host}" + "/key.age"; # leak: file age.secrets.host.file -> ./hosts/attic/key.age
  age.secrets.top.file = "${self}/secrets/top.age"; # leak: file age.secrets.top.file -> flake:secrets/top.age
  age.secrets.input.file = inputs.self + "/secrets/input.age"; # leak: file age.secrets.input.file -> flake:secrets/input.age
  age.secrets.out.file = "${self.outPath}/secrets/out.age"; # leak: file age.secrets.out.file -> flake:secrets/out.age
  age.secrets.rekeyed.rekeyFile = ./rekeyed.age; # leak: file age.secrets.rekeyed.rekeyFile -> ./rekeyed.age
  services.openssh.hostKeys = [ { path = ./ssh_host_key; type = "ed25519"; } ]; # leak: file services.openssh.hostKeys.*.path -> ./ssh_host_key
  repo.secretFiles.alice = ./alice.age; # leak: file repo.secretFiles.alice -> ./alice.age
  services.within.passwordFile = "${./within}/password"; # leak: file services.within.passwordFile -> ./within/password # and: read interpolation ./within
  sops.defaultSopsFile = ./secrets.yaml; # leak: file sops.defaultSopsFile -> ./secrets.yaml
  sops.secrets.mail.sopsFile = lib.mkForce ./mail.yaml; # leak: file sops.secrets.mail.sopsFile -> ./mail.yaml
  nixsecret.secrets.backup.file = ./backup.age; # leak: file nixsecret.secrets.backup.file -> ./backup.age
  vaultix.secrets.x.file = ./x.age; # leak: file vaultix.secrets.x.file -> ./x.age
  deployment.keys.deploy.keyFile = ./deploy-key; # leak: file deployment.keys.deploy.keyFile -> ./deploy-key
  services.mailer.passwordFile = mailFile;
  services.restic.backups.home = {
    passwordFile = "${./restic-password}"; # leak: file services.restic.backups.home.passwordFile -> ./restic-password
    environmentFile = lib.path.append ./. "restic.env"; # leak: file services.restic.backups.home.environmentFile -> ./restic.env
  };
  services.gitlab = {
    initialRootPasswordFile = builtins.toString ./gitlab-root; # leak: file services.gitlab.initialRootPasswordFile -> ./gitlab-root
    secrets = {
      secretFile = ./gitlab/secret; # leak: file services.gitlab.secrets.secretFile -> ./gitlab/secret
      otpFile = config.age.secrets.otp.path;
    };
  };
  services.github-runners.one.tokenFile = if host == "attic" then ./runner-token else null; # leak: file services.github-runners.one.tokenFile -> ./runner-token
  services.tailscale.authKeyFile = ./tailscale-key; # leak: file services.tailscale.authKeyFile -> ./tailscale-key
  security.acme.certs."attic.lan".credentialsFile = ./acme.env; # leak: file security.acme.certs."attic.lan".credentialsFile -> ./acme.env
  networking.wireguard.interfaces.wg0.privateKeyFile = ./wg0.key; # leak: file networking.wireguard.interfaces.wg0.privateKeyFile -> ./wg0.key
  boot.initrd.network.ssh.hostKeys = [ ./initrd-key ]; # leak: file boot.initrd.network.ssh.hostKeys -> ./initrd-key
  boot.initrd.secrets."/key" = ./luks-key; # leak: file boot.initrd.secrets."/key" -> ./luks-key
  virtualisation.oci-containers.containers.web.environmentFiles = [
    ./web.env # leak: file virtualisation.oci-containers.containers.web.environmentFiles -> ./web.env
    config.sops.secrets.web.path
  ];
  systemd.services.api.serviceConfig = {
    EnvironmentFile = ./api.env; # leak: file systemd.services.api.serviceConfig.EnvironmentFile -> ./api.env
    LoadCredential = [ "token:${./api-token}" ]; # leak: file systemd.services.api.serviceConfig.LoadCredential -> ./api-token
  };
  services.nginx.virtualHosts."attic.lan" = {
    sslCertificateKey = ./attic.key; # leak: file services.nginx.virtualHosts."attic.lan".sslCertificateKey -> ./attic.key
    basicAuthFile = ./htpasswd; # leak: file services.nginx.virtualHosts."attic.lan".basicAuthFile -> ./htpasswd
  };
  services.joined.passwordFile = secrets + "/joined";
  services.vault-agent.secretIdPath = "/run/vault/secret-id";
  nix.buildMachines = [ { hostName = "builder"; sshKey = ./builder-key; } ]; # leak: file nix.buildMachines.*.sshKey -> ./builder-key
}
