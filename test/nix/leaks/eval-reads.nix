# What reads or copies a file of the repository at evaluation.
{ pkgs, lib, self, ... }:
let
  keyPath = ./keys/signing; # leak: read builtins.readFile ./keys/signing
  inherit (builtins) readFile;
  name = "web";
in
{
  imports = [ ./hardware.nix ]; # leak: read import ./hardware.nix
  a = builtins.readFile ./a; # leak: read builtins.readFile ./a
  b = readFile keyPath;
  c = with builtins; fromJSON (readFile ./c.json); # leak: read builtins.readFile ./c.json
  d = lib.fileContents ../d; # leak: read lib.fileContents ../d
  e = lib.importJSON ./e.json; # leak: read lib.importJSON ./e.json
  f = import ./f.nix { inherit pkgs; }; # leak: read import ./f.nix
  g = pkgs.callPackage ./g { }; # leak: read callPackage ./g
  h = "${./h}"; # leak: read interpolation ./h
  i = "cat ${./i/j} > $out"; # leak: read interpolation ./i/j
  k = builtins.path { path = ./k; name = "k"; }; # leak: read builtins.path ./k
  l = builtins.fetchGit ./.; # leak: read builtins.fetchGit .
  m = builtins.fetchGit { url = ./m; }; # leak: read builtins.fetchGit ./m
  n = builtins.toFile "n" (builtins.readFile ./n); # leak: read builtins.readFile ./n
  o = pkgs.writeText "o" (lib.strings.fileContents (./o + "/p")); # leak: read lib.fileContents ./o/p
  q = builtins.readFile "${self}/q"; # leak: read builtins.readFile flake:q
  r = lib.cleanSource ./r; # leak: read lib.cleanSource ./r
  s = pkgs.stdenv.mkDerivation { src = ./s; }; # leak: read src ./s
  environment.etc."t".source = ./t; # leak: read source ./t
  u = builtins.readFile (./hosts + "/${name}/u"); # leak: read builtins.readFile ./hosts/web/u
  v = import (self + "/v.nix"); # leak: read import flake:v.nix
  w = builtins.filterSource (path: type: true) ./w; # leak: read builtins.filterSource ./w
  x = lib.importTOML ./x.toml; # leak: read lib.importTOML ./x.toml
  y = builtins.readFile ./${name}/y; # leak: read builtins.readFile ./web/y
  z = lib.fileset.toSource { root = ./.; fileset = lib.fileset.union ./z pkgs.src; }; # leak: read lib.fileset.toSource ./z
  there = ./there; # leak: read path ./there
  both = builtins.readFile "${./dir}/file"; # leak: read builtins.readFile ./dir/file # and: read interpolation ./dir
  checks.ssh = {
    nodes.machine.services.openssh.hostKeys = [ { path = ./snakeoil; type = "ed25519"; } ]; # leak: read path ./snakeoil
    testScript = "";
  };
}
