{ lib, ... }:
let
  inherit (lib) mkDefault mkIf;
  home = {
    ssid = "Attic";
    key = "plum-cake-and-tea";
  };
in
{
  networking.wireless = {
    enable = true;
    networks = {
      "Cafe du Nord".psk = "croissant2024"; # leak: secret networking.wireless.networks."Cafe du Nord".psk
      attic = {
        psk = mkDefault "under-the-roof"; # leak: secret networking.wireless.networks.attic.psk
        priority = 10;
      };
      cellar.pskRaw = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"; # leak: secret networking.wireless.networks.cellar.pskRaw
      garden = mkIf true {
        psk = "roses are red"; # leak: secret networking.wireless.networks.garden.psk
      };
      # leak below: secret networking.wireless.networks.eduroam.auth
      eduroam.auth = ''
        key_mgmt=WPA-EAP
        identity="student@attic.lan"
        password="semester-3"
      '';
      hidden = {
        hidden = true;
        psk = "12345678"; # leak: secret networking.wireless.networks.hidden.psk
      };
    };
  };
  networking.networkmanager.ensureProfiles.profiles = {
    phone = {
      connection.type = "wifi";
      wifi-security = {
        key-mgmt = "wpa-psk";
        psk = "tethered-9"; # leak: secret networking.networkmanager.ensureProfiles.profiles.phone.wifi-security.psk
      };
    };
    campus."802-1x" = {
      eap = "peap";
      identity = "student";
      password = "semester-3"; # leak: secret networking.networkmanager.ensureProfiles.profiles.campus."802-1x".password
    };
  };
  services.hostapd.radios.wlan0.networks.wlan0.authentication = {
    mode = "wpa2-sha256";
    wpaPassword = "guests-only"; # leak: secret services.hostapd.radios.wlan0.networks.wlan0.authentication.wpaPassword
    saePasswords = [
      { password = "guests-also"; } # leak: secret services.hostapd.radios.wlan0.networks.wlan0.authentication.saePasswords.*.password
    ];
  };
  services.create_ap = {
    enable = true;
    settings = {
      SSID = "van";
      PASSPHRASE = "four-wheels"; # leak: secret services.create_ap.settings.PASSPHRASE
    };
  };
}
