# Public keys, fingerprints and hashes of content.
{ pkgs, lib, ... }:
{
  users.users.alice.openssh.authorizedKeys.keys = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFixtureFixtureFixtureFixtureFixtureFixtur alice@attic" # ok
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCfixturefixture0123456789 alice@cellar" # ok
    "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIFixture alice@yubikey" # ok
  ];
  users.users.bob.openssh.authorizedKeys.keyFiles = [ "/etc/ssh/bob.pub" ]; # ok
  programs.ssh.knownHosts.attic.publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFixtureFixtureFixture"; # ok
  nix.settings.trusted-public-keys = [ "cache.attic.lan-1:Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSE=" ]; # ok
  nix.settings.extra-trusted-public-keys = "attic-1:Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSE="; # ok
  networking.wireguard.interfaces.wg0.peers = [
    { publicKey = "cHVibGljIGhhbGYgcHVibGljIGhhbGYgcHVibGljISE="; endpoint = "attic.lan:51820"; } # ok
  ];
  systemd.network.netdevs.wg0.wireguardPeers = [ { PublicKey = "cHVibGljIGhhbGYgcHVibGljIGhhbGYgcHVibGljISI="; } ]; # ok
  programs.git.settings.user.signingKey = "0123456789ABCDEF0123456789ABCDEF01234567"; # ok
  programs.git.signing.key = "CE707A2C17FAAC97907FF8EF2E54EA7BFE630917"; # ok
  programs.git.signing2.signing.key = "0x00112233445566778899aabbccddeeff"; # ok
  accounts.email.accounts.me.gpg.key = "0x0011223344556677-8899aabbccddeeff"; # ok
  programs.gpg.settings.default-key = "0xFEDCBA9876543210"; # ok
  programs.password-store.settings.PASSWORD_STORE_KEY = "FEDCBA9876543210"; # ok
  programs.git.extraConfig.user.signingkey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFixture"; # ok
  age.rekey.hostPubkey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFixtureFixture"; # ok
  age.identityPaths = [ "/etc/ssh/ssh_host_ed25519_key" ]; # ok
  sops.age.sshKeyPaths = [ "/etc/ssh/ssh_host_ed25519_key" ]; # ok
  sops.age.keyFile = "/var/lib/sops/key.txt"; # ok
  recipients.attic.key = "age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z"; # ok
  src = pkgs.fetchFromGitHub {
    owner = "attic";
    repo = "token";
    rev = "0123456789abcdef0123456789abcdef01234567"; # ok
    sha256 = "0fixture0123456789abcdfghijklmnpqrsvwxyz0123456789abc"; # ok
    hash = "sha256-Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSE="; # ok
  };
  cargoHash = "sha256-Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSI="; # ok
  vendorHash = "sha256-Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSM="; # ok
  narHash = "sha256-Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSQ="; # ok
  outputHash = "sha512-Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSE="; # ok
  tokenHash = "sha256-Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSU="; # ok
  secretsHash = "0fixture0123456789abcdfghijklmnpqrsvwxyz0123456789abd"; # ok
  publicKey = "cHVibGljIGhhbGYgcHVibGljIGhhbGYgcHVibGljISM="; # ok
  public_key = "cHVibGljIGhhbGYgcHVibGljIGhhbGYgcHVibGljISQ="; # ok
  pubkey = "cHVibGljIGhhbGYgcHVibGljIGhhbGYgcHVibGljISU="; # ok
  hostKey = "AAAAC3NzaC1lZDI1NTE5AAAAIFixtureFixtureFixture"; # ok
  sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFixture"; # ok
  fingerprint = "SHA256:fixturefixture0123456789fixturefixture01234"; # ok
  privateKeyFingerprint = "SHA256:fixturefixture0123456789fixturefixture01234"; # ok
  networking.hostId = "deadbeef"; # ok
  services.zerotierone.joinNetworks = [ "0123456789abcdef" ]; # ok
  services.nginx.virtualHosts.attic.sslCertificateKey = "/var/lib/acme/attic/key.pem"; # ok
  services.tor.relay.onionServices.attic.secretKey = null; # ok
  systemd.services.x.environment.GPG_KEY = "ABCDEF0123456789ABCDEF0123456789ABCDEF01"; # ok
  vapid.publicKey = "BFixture0123456789-abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJ"; # ok
  uuid.key = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"; # ok
}
