# What flakes of users call. Nothing here needs nixpkgs, but where `pkgs` is an argument.
let
  # A string that names something else than a file of the store: what is copied there, everybody may read.
  outsideStore =
    what: value:
    if !builtins.isString value then
      throw "nixsecret: ${what} must be a string, for a Nix path would be copied to the store"
    else if builtins.hasContext value || builtins.match "${builtins.storeDir}/.*" value != null then
      throw "nixsecret: ${what} is in the Nix store: name the file in your checkout"
    else
      value;

  keyCommand =
    {
      file,
      root ? null,
    }:
    [ "git" ]
    ++ (
      if root == null then
        [ ]
      else if builtins.match "/.*" (outsideStore "root" root) == null then
        throw "nixsecret: root must be an absolute path: ${root}"
      else
        [
          "-C"
          root
        ]
    )
    ++ [
      "nixsecret"
      "show"
      "--"
      (outsideStore "file" file)
    ];
  policy = src: builtins.fromTOML (builtins.readFile (src + "/nixsecret.toml"));
in
{
  /**
    The policy of a source: its nixsecret.toml, parsed. It is not checked; `git nixsecret check` does that.
  */
  inherit policy;

  /**
    A derivation, for `checks`, that fails if a protected file of a flake's source is plaintext, and names it.

    pkgs: nixpkgs' packages. src: the top of the repository: `self`, or `self.sourceInfo` where flake.nix is in a folder.
  */
  sealedCheck = import ./sealed-check.nix;

  /**
    The command, as a list of arguments, that prints a secret where a deployment is started, for
    `deployment.keys.<name>.keyCommand` of colmena and the like: nothing of the secret reaches the store.

    file: of the checkout, as `git nixsecret show` takes it. root: absolute path of the checkout; without it the
    deployment is to be started in the top of the checkout.
  */
  inherit keyCommand;

  /**
    The file with the builtins that git-nixsecret adds to nix-plugins, for its setting `extra-builtins-file`.
  */
  extraBuiltinsFile = ./extra-builtins.nix;
}
// import ./host-keys.nix { inherit policy keyCommand; }
