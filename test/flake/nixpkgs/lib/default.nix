# As much of nixpkgs' lib as our package needs.
{
  inherit (builtins) concatStringsSep;
  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  hasSuffix =
    suffix: text:
    let
      rest = builtins.stringLength text - builtins.stringLength suffix;
    in
    rest >= 0 && builtins.substring rest (builtins.stringLength suffix) text == suffix;
  licenses.mit = {
    spdxId = "MIT";
  };
  fetchers.proxyImpureEnvVars = [
    "http_proxy"
    "https_proxy"
    "no_proxy"
  ];
}
