# One secret, and the many ways from a name to its use.
{ lib, pkgs, config, ... }@args:
let
  one = "first-fixture-1"; # leak: secret services.one.password
  two = let inner = "second-fixture-2"; in inner; # leak: secret services.two.password
  three.password = "third-fixture-3"; # leak: secret services.three.password
  four = { password = "fourth-fixture-4"; }; # leak: secret services.four.password
  five = rec { a = "fifth-fixture-5"; b = a; }; # leak: secret services.five.password
  six = lib.mkDefault "sixth-fixture-6"; # leak: secret services.six.password
  seven = if true then "seventh-fixture-7" else null; # leak: secret services.seven.password
  eight = { secrets.db = "eighth-fixture-8"; }; # leak: secret services.eight.password
  password = "ninth-fixture-9"; # leak: secret services.nine.password
  user = "me";
  ten = { user = "me"; } // { password = "tenth-fixture-10"; }; # leak: secret services.ten.password
  eleven = [ { password = "eleventh-fixture-11"; } ]; # leak: secret services.eleven.accounts.*.password
  twelve = x: { password = "twelfth-fixture-12"; }; # leak: secret services.twelve.password
  prefix = "thirteenth";
in
{
  services.one.password = one;
  services.two = { password = two; };
  services.three = { inherit (three) password; };
  services.four = four;
  services.five = with five; { password = b; };
  services.six.password = six;
  services.seven.password = lib.mkIf true seven;
  services.eight.password = eight.secrets.db;
  services.nine = { inherit user password; };
  services.ten = ten;
  services.eleven.accounts = eleven;
  services.twelve = twelve 12;
  services.thirteen.password = prefix + "-fixture-13"; # leak: secret services.thirteen.password
  services.fourteen.password = "${prefix}-fixture-14"; # leak: secret services.fourteen.password
  services.fifteen = let password = "fifteenth-fixture-15"; in { inherit password; }; # leak: secret services.fifteen.password
  services.sixteen = (x: { password = "sixteenth-fixture-16"; }) 1; # leak: secret services.sixteen.password
  services.seventeen = assert true; { password = "seventeenth-fixture-17"; }; # leak: secret services.seventeen.password
  services.eighteen.accounts = [ ] ++ [ { password = "eighteenth-fixture-18"; } ]; # leak: secret services.eighteen.accounts.*.password
  services.nineteen = lib.recursiveUpdate { a = 1; } { b.password = "nineteenth-fixture-19"; }; # leak: secret services.nineteen.b.password
  services.twenty.accounts = lib.genAttrs [ "a" "b" ] (name: { password = "twentieth-fixture-20"; }); # leak: secret services.twenty.accounts.*.password
  services.twentyone.accounts = builtins.listToAttrs (map (name: {
    inherit name;
    value = { password = "21st-fixture"; }; # leak: secret services.twentyone.accounts.*.value.password
  }) [ "a" ]);
  services.twentytwo.configFile = pkgs.writeText "x.json" (builtins.toJSON { db.password = "22nd-fixture"; }); # leak: secret services.twentytwo.configFile.db.password
  services.twentythree.configFile = (pkgs.formats.yaml { }).generate "x.yaml" { api_key = "23rd-fixture"; }; # leak: secret services.twentythree.configFile.api_key
  services.twentyfour.extraConfig = lib.generators.toINI { } { smtp.passwd = "24th-fixture"; }; # leak: secret services.twentyfour.extraConfig.smtp.passwd
  services.twentyfive = { password ? "25th-fixture", ... }: { }; # leak: secret password
  services.twentysix = lib.mapAttrs (name: value: value // { token = "26thFixture"; }) { a = { }; }; # leak: secret services.twentysix.*.token
  services.twentyseven = lib.mkMerge [ (lib.mkIf true { password = "27th-fixture"; }) ]; # leak: secret services.twentyseven.password
  services.twentyeight.password = args.password or "28th-fixture"; # leak: secret services.twentyeight.password
  services."thirty"."password" = "30th-fixture"; # leak: secret services.thirty.password
  services.${"thirtyone"}.password = "31st-fixture"; # leak: secret services.thirtyone.password
  services.thirtytwo.password = lib.mkOverride 900 (lib.concatStrings [ "32nd" "-fixture" ]); # leak: secret services.thirtytwo.password
  services.thirtythree = { } // lib.optionalAttrs true { password = "33rd-fixture"; }; # leak: secret services.thirtythree.password
  # leak below: secret services.thirtyfour.password
  services.thirtyfour.password = ''34th-fixture'';
}
