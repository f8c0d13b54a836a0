{ pkgs, lib, config, ... }:
let
  apiKey = "4p1-fixture-4p1"; # leak: secret systemd.services.fetcher.environment.FETCH_API_KEY
  common = {
    environment.SMTP_PASSWORD = "post-office"; # leak: secret systemd.services.mailer.environment.SMTP_PASSWORD
  };
in
{
  environment.variables.GITHUB_TOKEN = "gh0fixture1"; # leak: secret environment.variables.GITHUB_TOKEN
  environment.sessionVariables = {
    EDITOR = "vim";
    OPENAI_API_KEY = "sk0fixture2"; # leak: secret environment.sessionVariables.OPENAI_API_KEY
  };
  systemd.services.fetcher = {
    environment = {
      FETCH_URL = "https://attic.lan";
      FETCH_API_KEY = apiKey;
    };
    serviceConfig.Environment = "FETCH_TOKEN=f3tch-me"; # leak: secret systemd.services.fetcher.serviceConfig.Environment.FETCH_TOKEN
  };
  systemd.services.mailer = common // {
    serviceConfig.Environment = [
      "PORT=25"
      "RELAY_PASSWORD=stamps" # leak: secret systemd.services.mailer.serviceConfig.Environment.RELAY_PASSWORD
    ];
  };
  systemd.user.services.bot.Service.Environment = [ "PATH=/bin BOT_TOKEN=b0t-fixture" ]; # leak: secret systemd.user.services.bot.Service.Environment.BOT_TOKEN
  virtualisation.oci-containers.containers = {
    db = {
      image = "postgres:16";
      environment = {
        POSTGRES_USER = "db";
        POSTGRES_PASSWORD = "elephant"; # leak: secret virtualisation.oci-containers.containers.db.environment.POSTGRES_PASSWORD
      };
    };
    cache = {
      image = "redis";
      extraOptions = [
        "--network=host"
        "--env=REDIS_PASSWORD=red1s" # leak: secret virtualisation.oci-containers.containers.cache.extraOptions.REDIS_PASSWORD
      ];
      cmd = [ "--requirepass=red2s" ]; # leak: secret virtualisation.oci-containers.containers.cache.cmd.requirepass
    };
  };
  containers.web.config = { ... }: {
    systemd.services.web.environment.SESSION_SECRET = "s3ssionFixture"; # leak: secret containers.web.config.systemd.services.web.environment.SESSION_SECRET
    users.users.web.password = "webbed"; # leak: secret containers.web.config.users.users.web.password
  };
  virtualisation.arion.projects.shop.settings.services.shop.service = {
    environment = [
      "MYSQL_ROOT_PASSWORD=r00t-of-all" # leak: secret virtualisation.arion.projects.shop.settings.services.shop.service.environment.MYSQL_ROOT_PASSWORD
    ];
  };
  kubernetes.env = [
    { name = "DB_PASSWORD"; value = "elephant"; } # leak: secret kubernetes.env.DB_PASSWORD
    { name = "DB_HOST"; value = "db"; }
  ];
  programs.fish.shellInit = lib.mkBefore "set -x A b";
  home.sessionVariables.AWS_SECRET_ACCESS_KEY = "fixture/Fixture/0003fixture"; # leak: secret home.sessionVariables.AWS_SECRET_ACCESS_KEY
}
