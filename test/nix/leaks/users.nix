# Users and their passwords, in the shapes that configurations have them.
{ config, lib, pkgs, ... }:
let
  rootPw = "opensesame9"; # leak: secret users.users.root.password
  people = {
    dora.password = "swordfish"; # leak: secret users.users.oscar.password
  };
  mkAdmin = name: {
    isNormalUser = true;
    initialPassword = "letmein-7"; # leak: secret users.users.peggy.initialPassword
  };
  mkUser = name: password: {
    isNormalUser = true;
    description = name;
    inherit password;
  };
  mkGuest = { name, pw ? "come-in-9" }: { password = pw; }; # leak: secret users.users.sybil.password
in
{
  users.users.rupert = mkUser "Rupert" "bearskin-4"; # leak: secret users.users.rupert.password
  users.users.trent = lib.mkIf true (mkGuest { name = "Trent"; pw = "trusted-5"; }); # leak: secret users.users.trent.password
  users.users.sybil = mkGuest { name = "Sybil"; };
  users.mutableUsers = false;
  users.users.root.password = rootPw;
  users.users.alice = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    password = "hunter2"; # leak: secret users.users.alice.password
  };
  users.users.bob.initialPassword = "Winter2019"; # leak: secret users.users.bob.initialPassword
  users.users."carol".password = lib.mkDefault "tr0ub4dor"; # leak: secret users.users.carol.password
  users.users.dave = lib.mkIf config.services.openssh.enable {
    password = lib.mkForce "correct horse battery staple"; # leak: secret users.users.dave.password
  };
  users.extraUsers.erin.password = "12345678"; # leak: secret users.extraUsers.erin.password
  users.users.frank.hashedPassword = "$6$fixture$fixturefixturefixturefixturefixturefixture"; # leak: hash users.users.frank.hashedPassword
  users.users.grace = {
    initialHashedPassword =
      "$y$j9T$fixturefixture$fixturefixturefixturefixture"; # leak: hash users.users.grace.initialHashedPassword
  };
  users.users.heidi = rec {
    home = "/home/heidi";
    password = "open" + "sesame" + "2"; # leak: secret users.users.heidi.password
  };
  users.users.ivan =
    {
      isNormalUser = true;
    }
    // {
      password = "rosebud"; # leak: secret users.users.ivan.password
    };
  users.users.judy = with lib; {
    password = mkOverride 50 "xyzzy-plugh"; # leak: secret users.users.judy.password
  };
  # leak below: secret users.users.kim.password
  users.users.kim.password = ''
    mellon
  '';
  users.users.lee.password =
    if config.networking.hostName == "attic" then
      "joshua5" # leak: secret users.users.lee.password
    else
      "falken5"; # leak: secret users.users.lee.password
  users.users.mallory = lib.mkMerge [
    { isNormalUser = true; }
    (lib.mkIf pkgs.stdenv.isLinux {
      password = "pencil"; # leak: secret users.users.mallory.password
    })
  ];
  users.users.nina.password = lib.optionalString true "sekret-1"; # leak: secret users.users.nina.password
  users.users.${config.me.name}.password = "wopr-1983"; # leak: secret users.users.*.password
  users.users.oscar = people.dora;
  users.users.peggy = mkAdmin "peggy";
  users.users.root.hashedPassword = lib.mkForce "$2b$12$fixturefixturefixturefixture"; # leak: hash users.users.root.hashedPassword
}
