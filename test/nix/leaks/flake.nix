{
  description = "A flake with what a flake should not have";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs = { self, nixpkgs, ... }@inputs: {
    nixosConfigurations.attic = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      specialArgs = { inherit inputs; };
      modules = [
        ({ config, pkgs, ... }: {
          users.users.attic.password = "under-the-roof"; # leak: secret users.users.attic.password
          home-manager.users.attic = { lib, ... }: {
            home.sessionVariables.NPM_TOKEN = "npm0fixture1"; # leak: secret home-manager.users.attic.home.sessionVariables.NPM_TOKEN
            programs.irssi.networks.libera.server.password = "chatter-2"; # leak: secret home-manager.users.attic.programs.irssi.networks.libera.server.password
            accounts.email.accounts.me.smtp.password = "post-3"; # leak: secret home-manager.users.attic.accounts.email.accounts.me.smtp.password
          };
          specialisation.guest.configuration.users.users.guest.password = "come-in-4"; # leak: secret specialisation.guest.configuration.users.users.guest.password
          nix.settings.access-tokens = "github.com=gh0fixture5"; # leak: secret nix.settings.access-tokens
        })
        {
          config = nixpkgs.lib.mkIf true {
            services.cellar.apiToken = "c3llar-fixture"; # leak: secret services.cellar.apiToken
          };
        }
      ];
    };
    colmena.garden = {
      deployment.keys.wifi.text = "roses-are-red"; # leak: secret deployment.keys.wifi.text
      age.secrets.garden.file = "${self}/garden.age"; # leak: file age.secrets.garden.file -> flake:garden.age
    };
  };
}
