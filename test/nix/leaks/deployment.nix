# NixOps and Colmena send these, but the text stands in the store of the machine that deploys.
{
  meta.description = "attic";
  web = { name, nodes, ... }: {
    deployment.targetHost = "web.attic.lan";
    deployment.keys."db-password".text = "swordfish"; # leak: secret deployment.keys.db-password.text
    deployment.keys.token = {
      text = "tok-hunter2"; # leak: secret deployment.keys.token.text
      destDir = "/run/keys";
    };
    # leak below: secret deployment.keys.ssh.text
    deployment.keys.ssh.text = ''
      first line of a key that is none
      second line
    '';
  };
  mail = { config, lib, ... }: {
    deployment.keys = {
      relay.text = lib.concatStringsSep ":" [ "relay" "mellon" ]; # leak: secret deployment.keys.relay.text
      dkim.text = "dkim" + toString "secretive"; # leak: secret deployment.keys.dkim.text
      quoted.text = "say \"friend\" and enter"; # leak: secret deployment.keys.quoted.text
    };
  };
}
