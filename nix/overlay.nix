final: _prev: { git-nixsecret = final.callPackage ./package.nix { }; }
