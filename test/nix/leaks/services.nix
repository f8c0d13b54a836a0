{ config, pkgs, lib, ... }:
with lib;
let
  cfg = config.services.shelf;
  dbPassword = "borrowed-books"; # leak: secret services.shelf.database.password
  smtp = rec {
    user = "shelf";
    password = "postage-paid"; # leak: secret services.shelf.smtp.password
  };
in
{
  services.shelf = {
    enable = true;
    database = {
      user = "shelf";
      password = dbPassword;
    };
    smtp.password = smtp.password;
    settings = {
      secret_key_base = "0f1e2d3c4b5a69788796a5b4c3d2e1f0-fixture"; # leak: secret services.shelf.settings.secret_key_base
      oidc.client_secret = "Cl13ntFixture"; # leak: secret services.shelf.settings.oidc.client_secret
      api-key = "k3y-fixture-k3y"; # leak: secret services.shelf.settings.api-key
      nested.deeply.within.apiToken = "t0k3nFixture"; # leak: secret services.shelf.settings.nested.deeply.within.apiToken
    };
  };
  services.grafana.settings.security = {
    admin_user = "admin";
    admin_password = "graph-paper"; # leak: secret services.grafana.settings.security.admin_password
    secret_key = "SW2fixtureSW2fixture"; # leak: secret services.grafana.settings.security.secret_key
  };
  services.matrix-synapse.settings = {
    registration_shared_secret = "shared-with-nobody-7"; # leak: secret services.matrix-synapse.settings.registration_shared_secret
    macaroon_secret_key = "macar00nFixture"; # leak: secret services.matrix-synapse.settings.macaroon_secret_key
    turn_shared_secret = "turn-turn-turn"; # leak: secret services.matrix-synapse.settings.turn_shared_secret
  };
  services.coturn.static-auth-secret = "turn-turn-turn"; # leak: secret services.coturn.static-auth-secret
  services.redis.servers.cache.requirePass = "red1s"; # leak: secret services.redis.servers.cache.requirePass
  services.mosquitto.listeners = [
    {
      users.sensor.password = "beep-boop"; # leak: secret services.mosquitto.listeners.*.users.sensor.password
      users.lamp = {
        acl = [ "readwrite #" ];
        hashedPassword = "$7$101$fixturefixture$fixturefixture"; # leak: hash services.mosquitto.listeners.*.users.lamp.hashedPassword
      };
    }
  ];
  services.nginx.virtualHosts."attic.lan" = {
    basicAuth = { visitor = "knock-knock"; }; # leak: secret services.nginx.virtualHosts."attic.lan".basicAuth.visitor
    locations."/private".basicAuth.owner = "whos-there"; # leak: secret services.nginx.virtualHosts."attic.lan".locations."/private".basicAuth.owner
  };
  services.k3s = {
    role = "server";
    token = "kubernetes-lite"; # leak: secret services.k3s.token
  };
  services.borgbackup.jobs.nightly.encryption = {
    mode = "repokey";
    passphrase = "resistance is futile"; # leak: secret services.borgbackup.jobs.nightly.encryption.passphrase
  };
  services.minio = mkIf cfg.enable {
    accessKey = "minio";
    secretKey = "min10secret"; # leak: secret services.minio.secretKey
  };
  services.vaultwarden.config.ADMIN_TOKEN = "let-me-administrate-1"; # leak: secret services.vaultwarden.config.ADMIN_TOKEN
  services.transmission.settings."rpc-password" = "torrential"; # leak: secret services.transmission.settings.rpc-password
  services.openvpn.servers.work.authUserPass = {
    username = "me";
    password = "tunnel-vision"; # leak: secret services.openvpn.servers.work.authUserPass.password
  };
  services.nextcloud.config.adminpass = "cloudy-day"; # leak: secret services.nextcloud.config.adminpass
  services.nextcloud.config.dbpass = "rainy-day"; # leak: secret services.nextcloud.config.dbpass
  services.ddclient.password = "dyn-4mic"; # leak: secret services.ddclient.password
  services.oauth2-proxy = {
    clientID = "proxy";
    clientSecret = "pr0xyFixture"; # leak: secret services.oauth2-proxy.clientSecret
    cookie.secret = "c00kieFixture"; # leak: secret services.oauth2-proxy.cookie.secret
  };
  services.consul.extraConfig.encrypt = "ZW5jcnlwdCBmaXh0dXJlISE="; # leak: secret services.consul.extraConfig.encrypt
  services.murmur.password = "mumble-rumble"; # leak: secret services.murmur.password
  services.prometheus.scrapeConfigs = [
    {
      job_name = "attic";
      basic_auth = {
        username = "prom";
        password = "scrape-5"; # leak: secret services.prometheus.scrapeConfigs.*.basic_auth.password
      };
    }
    {
      job_name = "cellar";
      bearer_token = "b3arerFixture"; # leak: secret services.prometheus.scrapeConfigs.*.bearer_token
    }
  ];
  services.dex.settings.staticClients = map (name: {
    inherit name;
    secret = "d3xFixtureSecret"; # leak: secret services.dex.settings.staticClients.*.secret
  }) [ "one" "two" ];
  services.minecraft-server.serverProperties."rcon.password" = "160904"; # leak: secret services.minecraft-server.serverProperties."rcon.password"
  services.aria2.rpcSecret = "thisisthesecretoffriday"; # leak: secret services.aria2.rpcSecret
  services.icecast.admin.password = "hackme7"; # leak: secret services.icecast.admin.password
  services.syncthing.settings.gui = {
    user = "me";
    password = "in-sync"; # leak: secret services.syncthing.settings.gui.password
  };
}
