{ config, lib, ... }@args:
let
  key = "Zml4dHVyZS1maXh0dXJlLWZpeHR1cmUtZml4dHVyZSE="; # leak: secret networking.wireguard.interfaces.wg1.privateKey
  shared.presharedKey = "c2hhcmVkIGZpeHR1cmUgc2hhcmVkIGZpeHR1cmUgMDE="; # leak: secret networking.wireguard.interfaces.wg0.peers.*.presharedKey
in
{
  networking.wireguard.interfaces.wg0 = {
    ips = [ "10.100.0.1/24" ];
    listenPort = 51820;
    privateKey = "d2czIGZpeHR1cmUgd2czIGZpeHR1cmUgd2czIGZpeHQ="; # leak: secret networking.wireguard.interfaces.wg0.privateKey
    peers = [
      {
        publicKey = "cHVibGljIGhhbGYgcHVibGljIGhhbGYgcHVibGljISE=";
        presharedKey = "cHNrIGZpeHR1cmUgcHNrIGZpeHR1cmUgcHNrIGZpeHQ="; # leak: secret networking.wireguard.interfaces.wg0.peers.*.presharedKey
        allowedIPs = [ "10.100.0.2/32" ];
      }
      {
        publicKey = "cHVibGljIGhhbGYgcHVibGljIGhhbGYgcHVibGljISI=";
        inherit (shared) presharedKey;
      }
    ];
  };
  networking.wireguard.interfaces.wg1 = {
    privateKey = key;
  };
  networking.wg-quick.interfaces = {
    home = {
      privateKey = lib.mkForce "d2dxIGZpeHR1cmUgd2dxIGZpeHR1cmUgd2dxIGZpeHQ="; # leak: secret networking.wg-quick.interfaces.home.privateKey
      peers = lib.singleton {
        presharedKey = "cHNrMiBmaXh0dXJlIHBzazIgZml4dHVyZSBwc2syISE="; # leak: secret networking.wg-quick.interfaces.home.peers.presharedKey
      };
    };
  };
  systemd.network.netdevs."50-wg0" = {
    netdevConfig.Kind = "wireguard";
    wireguardConfig.PrivateKey = "bmV0ZGV2IGZpeHR1cmUgbmV0ZGV2IGZpeHR1cmUgISE="; # leak: secret systemd.network.netdevs."50-wg0".wireguardConfig.PrivateKey
    wireguardPeers = [
      { PresharedKey = "cGVlciBmaXh0dXJlIHBlZXIgZml4dHVyZSBwZWVyISE="; } # leak: secret systemd.network.netdevs."50-wg0".wireguardPeers.*.PresharedKey
      {
        wireguardPeerConfig = {
          PublicKey = "cHVibGljIGhhbGYgcHVibGljIGhhbGYgcHVibGljISM=";
          PresharedKey = "b2xkIGZvcm0gZml4dHVyZSBvbGQgZm9ybSBmaXh0ISE="; # leak: secret systemd.network.netdevs."50-wg0".wireguardPeers.*.wireguardPeerConfig.PresharedKey
        };
      }
    ];
  };
}
