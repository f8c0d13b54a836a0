# As much of nixpkgs' lib as we need: the modules' part, and the package's.
import ../modules/stub-lib.nix
// {
  licenses.mit.spdxId = "MIT";
  fetchers.proxyImpureEnvVars = [
    "http_proxy"
    "https_proxy"
    "no_proxy"
  ];
}
