{ config, lib, pkgs, ... }:
let
  token = builtins.getEnv "DEPLOY_TOKEN"; # leak: command builtins.getEnv "DEPLOY_TOKEN"
  pass = name: builtins.exec [ "pass" "show" name ]; # leak: command builtins.exec
  inherit (builtins) getEnv;
  run = builtins.exec; # leak: command builtins.exec
  variable = "API_SECRET";
in
{
  services.a.password = builtins.extraBuiltins.pass "a"; # leak: command extraBuiltins.pass
  services.b.password = pass "b";
  services.c.password = with builtins; exec [ "cat" "/run/c" ]; # leak: command builtins.exec
  services.d.token = token;
  services.e.apiKey = getEnv "E_API_KEY"; # leak: command builtins.getEnv "E_API_KEY"
  services.f.password = lib.maybeEnv "F_PASSWORD" "none"; # leak: command lib.maybeEnv "F_PASSWORD"
  services.g.settings = { key = "${builtins.getEnv "G_SECRET_KEY"}"; }; # leak: command builtins.getEnv "G_SECRET_KEY"
  services.h.password = if builtins ? extraBuiltins then builtins.extraBuiltins.sops "h" else null; # leak: command extraBuiltins.sops
  services.i.token = builtins.getEnv variable; # leak: command builtins.getEnv "API_SECRET"
  services.j.token = (builtins.getEnv) "GITHUB_TOKEN"; # leak: command builtins.getEnv "GITHUB_TOKEN"
  users.users.root.password = builtins.getEnv ("ROOT" + "_PASSWORD"); # leak: command builtins.getEnv "ROOT_PASSWORD"
  services.k.password = builtins.exec [ "git" "nixsecret" "show" "--format" "nix" "--" "secrets/k" ]; # leak: command builtins.exec -> flake:secrets/k
  services.l.password = builtins.extraBuiltins.nixsecretIn "/etc/nixos" "secrets/l"; # leak: command extraBuiltins.nixsecretIn -> flake:secrets/l
  services.m.password = builtins.extraBuiltins.nixsecret config.networking.hostName; # leak: command extraBuiltins.nixsecret
  home = builtins.getEnv "HOME";
}
