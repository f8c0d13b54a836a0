# Texts that say where a secret is; another program, or NixOS, puts it in at run time.
{ config, pkgs, lib, ... }:
let
  cfg = config.services.attic;
in
{
  services.attic = {
    password = "/run/secrets/attic"; # ok
    token = "/var/lib/attic/token"; # ok
    secret = "./secret"; # ok
    apiKey = "~/api-key"; # ok
    secretKey = "../keys/secret"; # ok
    passwd = config.age.secrets.attic.path; # ok
    clientSecret = "${config.sops.secrets.attic.path}"; # ok
    accessToken = "${cfg.dataDir}/token"; # ok
    authToken = "!cat /run/secrets/token"; # ok
    refreshToken = "%env(REFRESH_TOKEN)%"; # ok
    admin_password = "$__file{/run/secrets/admin}"; # ok
    secret_key = "$__env{SECRET_KEY}"; # ok
    database_password = "%{file:/run/secrets/db}%"; # ok
    smtp_password = "$SMTP_PASSWORD"; # ok
    oidc_secret = "\${OIDC_SECRET}"; # ok
    bind_password = "@bind_password@"; # ok
    jwt_secret = "{{ env.Getenv \"JWT_SECRET\" }}"; # ok
    webhook_secret = "<webhook secret>"; # ok
    session_secret = "env:SESSION_SECRET"; # ok
    cookie_secret = "file:/run/secrets/cookie"; # ok
    vault_token = "vault:secret/data/attic#token"; # ok
    op_password = "op://attic/db/password"; # ok
    sops_password = config.sops.placeholder.db; # ok
    placeholder_password = "__DB_PASSWORD__"; # ok
    replaced_password = "#dbpassword#"; # ok
    encrypted_password = "ENC[AES256_GCM,data:fixture,iv:fixture,tag:fixture,type:str]"; # ok
    yaml_password = "!secret mqtt_password"; # ok
    include_token = "!include /run/secrets/tokens"; # ok
    keyring_password = "keyring:attic/me"; # ok
    pass_password = "pass:mail/me"; # ok
    braces_token = "{env:GITHUB_TOKEN}"; # ok
    braces_key.apiKey = "{file:~/.config/api.key}"; # ok
    ini_password = "%(DB_PASSWORD)s"; # ok
    windows_password = "%DB_PASSWORD%"; # ok
    unit_password = "%d/password"; # ok
    specifier_token = "%t/attic/token"; # ok
    shell_token = "$(cat /run/secrets/token)"; # ok
    url_token = "https://attic.lan/token"; # ok
    erb_password = "<%= ENV['DB_PASSWORD'] %>"; # ok
    jinja_token = "{{ states('input_text.token') }}"; # ok
    helm_secret = "{{ .Values.secret }}"; # ok
    aws_secret = "ssm:/attic/secret"; # ok
    ext_psk = "ext:psk_home"; # ok
    buildbot_token = "%(secret:codecov-token)s"; # ok
    variable_password = "DB_PASSWORD"; # ok
    builtin_token = "config.sops.secrets.x.path"; # ok
    ansible_password = "$ANSIBLE_VAULT;1.1;AES256"; # ok
    name_of_file.password = "password.txt"; # ok
    name_of_key.privateKey = "id_ed25519.key"; # ok
    symfony_password = "env(DB_PASSWORD)"; # ok
    credential_password = "systemd-credential:db"; # ok
    directory_password = "$CREDENTIALS_DIRECTORY/password"; # ok
    braces_directory = { token = "\${CREDENTIALS_DIRECTORY}/token"; }; # ok
    column.password = "varchar(255)"; # ok
    command.password = "pass show mail/me"; # ok
    command_token = "cat /run/agenix/token"; # ok
    binary.password = "${pkgs.pass}/bin/pass show mail"; # ok
    rbw.password = "rbw get mail"; # ok
    bin.secret = "/usr/bin/get-secret attic"; # ok
  };
  networking.wireless.networks.attic.pskRaw = "ext:attic"; # ok
  networking.wireless.networks.cellar.psk = "@PSK_CELLAR@"; # ok
  networking.wireless.networks.garden.psk = "$PSK_GARDEN"; # ok
  networking.wireless.networks.shed.psk = config.sops.placeholder.shed; # ok
  users.users.alice.password = config.vars.alicePassword; # ok
  users.users.bob.hashedPasswordFile = config.age.secrets.bob.path; # ok
  users.users.carol.passwordFile = "/run/keys/carol"; # ok
  networking.wireguard.interfaces.wg0.privateKeyFile = "/run/keys/wg0"; # ok
  networking.wg-quick.interfaces.wg0.privateKey = "@WG_PRIVATE_KEY@"; # ok
  systemd.services.attic.environment.ATTIC_TOKEN = "%d/token"; # ok
  systemd.services.attic.environment.ATTIC_TOKEN_FILE = "/run/secrets/token"; # ok
  systemd.services.attic.serviceConfig.Environment = [
    "TOKEN_FILE=/run/secrets/token" # ok
    "PASSWORD_FILE=%d/password" # ok
    "DB_PASSWORD=\${DB_PASSWORD}" # ok
  ];
  systemd.services.attic.serviceConfig.LoadCredential = [
    "oauth2-client-secret-of-attic:${config.age.secrets.oauth2.path}" # ok
    "token:/run/secrets/token" # ok
  ];
  virtualisation.oci-containers.containers.attic.environment = {
    POSTGRES_PASSWORD_FILE = "/run/secrets/postgres"; # ok
    MYSQL_PASSWORD = "\${MYSQL_PASSWORD}"; # ok
    API_TOKEN = config.sops.placeholder."api-token"; # ok
  };
  virtualisation.oci-containers.containers.attic.extraOptions = [
    "--env-file=/run/secrets/attic.env" # ok
    "--secret=attic,type=env" # ok
  ];
  nix.settings.access-tokens = "!include ${config.age.secrets.tokens.path}"; # ok
  nix.extraOptions = "!include /run/secrets/nix-access-tokens"; # ok
  deployment.keys.db.keyCommand = [ "pass" "db" ]; # ok
  deployment.keys.web.text = config.secrets.web; # ok
  deployment.keys.mail.text = builtins.concatStringsSep "\n" config.mail.lines; # ok
  sops.templates."attic.env".content = "PASSWORD=${config.sops.placeholder.attic}"; # ok
}
