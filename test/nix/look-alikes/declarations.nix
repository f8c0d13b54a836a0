# Modules declare options; what they say of them is no setting. Tests run on machines that nobody reaches.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkEnableOption mkPasswordOption;
  cfg = config.services.attic;
in
{
  options.services.attic = {
    enable = mkEnableOption "attic with password";
    password = mkOption {
      type = types.nullOr types.str;
      default = null; # ok
      example = "correct-horse-7"; # ok
      description = "The password of attic, as in hunter2."; # ok
    };
    token = lib.mkOption {
      type = lib.types.str;
      default = "attic"; # ok
      example = "t0k3nFixture"; # ok
      defaultText = lib.literalExpression "t0k3nFixture"; # ok
    };
    apiKey = mkOption {
      type = types.str;
      default = "changeme"; # ok
      example = lib.literalExpression ''"4p1-fixture-4p1"''; # ok
    };
    secretKey = mkOption { default = ""; example = "s3cr3tFixture"; type = types.str; }; # ok
    passwordFile = mkOption {
      type = types.path;
      example = "/run/secrets/attic"; # ok
      description = "A file with `password = \"hunter2\"`."; # ok
    };
    tokenFile = mkOption { default = "/run/secrets/token"; }; # ok
    settings = mkOption {
      type = types.submodule {
        freeformType = (pkgs.formats.toml { }).type;
        options.password = mkOption {
          type = types.str;
          default = "attic"; # ok
          example = "tr0ub4dor"; # ok
          description = "Password of the database"; # ok
        };
        options.secret_key = mkOption {
          default = "$ATTIC_SECRET_KEY"; # ok
          example = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"; # ok
        };
      };
    };
    users = mkOption {
      type = types.attrsOf (types.submodule ({ name, ... }: {
        options = {
          password = mkOption { type = types.str; default = name; }; # ok
          hashedPassword = mkOption { example = "$6$fixture$fixturefixturefixture"; }; # ok
          presharedKey = mkOption { example = "cHNrIGZpeHR1cmUgcHNrIGZpeHR1cmUgcHNrIGZpeHQ="; }; # ok
        };
      }));
    };
  };
  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = cfg.password != "hunter2"; # ok
        message = "services.attic.password must not be hunter2"; # ok
      }
      { assertion = cfg.token == "t0k3nFixture" -> cfg.apiKey != "4p1-fixture"; message = "token"; } # ok
    ];
    warnings = lib.optional (cfg.secretKey == "s3cr3tFixture") "services.attic.secretKey is the default"; # ok
    services.attic.package = if cfg.password == "swordfish" then pkgs.attic else pkgs.attic2; # ok
  };
  imports = [
    (lib.mkRenamedOptionModule [ "services" "attic" "passwd" ] [ "services" "attic" "password" ]) # ok
    (lib.mkRemovedOptionModule [ "services" "attic" "secretToken" ] "use tokenFile1") # ok
  ];
  checks.login = pkgs.testers.runNixOSTest {
    name = "login";
    nodes.machine = {
      users.users.alice.password = "correct-horse-7"; # ok
      networking.wireless.networks.air.psk = "in-the-air-tonight"; # ok
      services.attic.settings.password = "tr0ub4dor"; # ok
    };
    testScript = ''
      machine.send_chars("correct-horse-7\n")
    ''; # ok
  };
  checks.pair = pkgs.nixosTest {
    name = "pair";
    nodes.server.services.redis.servers.a.requirePass = "red1s"; # ok
    nodes.client = { ... }: { environment.variables.REDIS_PASSWORD = "red1s"; }; # ok
    testScript = "start_all()"; # ok
  };
  checks.made = import <nixpkgs/nixos/tests/make-test-python.nix> ({ pkgs, ... }: {
    nodes.one = { pkgs, ... }: {
      services.grafana.settings.security.admin_password = "graph-paper"; # ok
      users.users.root.hashedPassword = "$6$fixture$fixturefixturefixture"; # ok
    };
    testScript = { nodes, ... }: "one.succeed('true')"; # ok
  });
  checks.plain = {
    machine.services.k3s.token = "kubernetes-lite"; # ok
    testScript = ""; # ok
  };
}
