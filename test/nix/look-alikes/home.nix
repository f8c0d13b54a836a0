# Desktops, editors, shells: words like `token`, `key` and `pass` in trades of their own.
{ pkgs, lib, config, ... }:
{
  home.sessionVariables = {
    PASSWORD_STORE_DIR = "$HOME/.password-store"; # ok
    PASSWORD_STORE_CLIP_TIME = "60"; # ok
    PASSWORD_STORE_ENABLE_EXTENSIONS = "true"; # ok
    SSH_ASKPASS = "${pkgs.ksshaskpass}/bin/ksshaskpass"; # ok
    SSH_AUTH_SOCK = "$XDG_RUNTIME_DIR/gnupg/S.gpg-agent.ssh"; # ok
    AWS_ACCESS_KEY_ID = "AKIDFIXTURE012345678"; # ok
    GITHUB_TOKEN = "$(cat ~/.config/gh/token)"; # ok
    OPENAI_API_KEY_CMD = "pass openai/key"; # ok
    SOPS_AGE_KEY_FILE = "/home/me/.config/sops/age/keys.txt"; # ok
    BORG_PASSCOMMAND = "pass borg/home"; # ok
    RESTIC_PASSWORD_COMMAND = "pass restic/home"; # ok
    NIX_SSHOPTS = "-i ~/.ssh/id_ed25519"; # ok
    TOKENIZERS_PARALLELISM = "false"; # ok
    KEYTIMEOUT = "1"; # ok
  };
  programs.bash.shellAliases = {
    pw = "prs show"; # ok
    pass = "gopass"; # ok
    token = "pass show github/token"; # ok
    secret = "sops ~/.config/secrets.yaml"; # ok
    pwgen = "pwgen -s 32 1"; # ok
    lock-secrets = "fusermount -u ~/Vaults/Secrets"; # ok
    unlock-secrets = "gocryptfs ~/Crypt ~/Vaults"; # ok
  };
  xdg.configFile."carapace/bridges.yaml".text = lib.generators.toYAML { } { pass = "fish"; }; # ok
  programs.opencode.settings.permission.bash = {
    pwd = "allow"; # ok
    pass = "ask"; # ok
  };
  accounts.email.accounts.me = {
    passwordCommand = "pass mail/me"; # ok
    imap.authentication = "plain"; # ok
    smtp.passwordCommand = [ "secret-tool" "lookup" "mail" "me" ]; # ok
    signature.text = "Someone, attic.lan"; # ok
    gpg.key = "0123456789ABCDEF0123456789ABCDEF01234567"; # ok
  };
  programs.msmtp.extraConfig = "passwordeval pass mail/me"; # ok
  programs.vim.extraConfig = "nnoremap <leader>p :Password<CR>"; # ok
  programs.neovim.keymaps = [ { key = "<leader>ff"; action = "<cmd>Telescope<cr>"; } ]; # ok
  wayland.windowManager.sway.config.keybindings."Mod4+p" = "exec passmenu"; # ok
  programs.alacritty.settings.keyboard.bindings = [ { key = "Key0"; mods = "Control"; } ]; # ok
  programs.vscode.userSettings = {
    "editor.tokenColorCustomizations" = "Theme1"; # ok
    "editor.semanticTokenColors" = "Default-2"; # ok
    "sops.defaults.ageKeyFile" = "~/.config/sops/age/keys.txt"; # ok
    "security.workspace.trust.untrustedFiles" = "open"; # ok
    "github.copilot.advanced".authProvider = "Github2"; # ok
  };
  programs.zed-editor.userSettings.semantic_tokens = "combined"; # ok
  programs.firefox.profiles.me.settings = {
    "signon.rememberSignons" = false; # ok
    "security.ask_for_password" = 2; # ok
    "services.sync.prefs.sync.signon.autofillForms" = "Yes1"; # ok
    "browser.search.token" = "default"; # ok
  };
  programs.firefox.policies.PasswordManagerEnabled = false; # ok
  programs.firefox.policies.OfferToSaveLogins = "never1"; # ok
  programs.chromium.extensions = [ { id = "nngceckbapebfimnlniiiahkandclblb"; } ]; # ok
  services.gpg-agent = {
    pinentryFlavor = "gnome3"; # ok
    defaultCacheTtl = 3600; # ok
    sshKeys = [ "0123456789ABCDEF0123456789ABCDEF01234567" ]; # ok
    extraConfig = "allow-preset-passphrase"; # ok
  };
  programs.waybar.settings.main."custom/secret" = { format = "S3cret"; exec = "pass count"; }; # ok
  programs.waybar.style = ".password { color: #a1b2c3; } #token { margin: 0; }"; # ok
  gtk.gtk3.extraCss = "entry.password { caret-color: #123abc; }"; # ok
  programs.swaylock.settings = { key-hl-color = "A1b2c3d4e5f6a7b8"; ring-wrong-color = "ff0000"; }; # ok
  programs.hyprlock.settings.input-field = [ { placeholder_text = "Password..."; } ]; # ok
  labels.password = "Mot de passe"; # ok
  translations.de.password = "Passwort"; # ok
  programs.nixvim.keymaps = [ { key = "<leader>fg"; secret = "<leader>s1"; } ]; # ok
  i18n.strings = {
    password = "Enter your password:"; # ok
    passwd = "Please type the passphrase for this key"; # ok
    newPassword = "Your new password, please"; # ok
    passphrase = "What is the pass phrase?"; # ok
  };
  programs.starship.settings.kubernetes.secret = "⎈ secret"; # ok
  programs.gh.settings.git_protocol = "ssh"; # ok
  programs.ssh.matchBlocks.attic = {
    identityFile = "~/.ssh/id_attic"; # ok
    extraOptions.PreferredAuthentications = "publickey,password"; # ok
    extraOptions.KeyAlgorithm = "Ed25519-1"; # ok
  };
  programs.git.settings.credential.helper = "libsecret2"; # ok
  programs.git.settings.credential."https://attic.lan".username = "me2"; # ok
  programs.git.extraConfig.github.user = "someone1"; # ok
  programs.rbw.settings.pinentry = "curses"; # ok
  programs.mpv.bindings."ctrl+k" = "script-binding token1"; # ok
  dconf.settings."org/gnome/desktop/screensaver".ask-password = "Always1"; # ok
  stylix.base16Scheme.key = "ebdbb2ebdbb2"; # ok
  services.dunst.settings.global.password_prompt = "Prompt-1"; # ok
  systemd.user.services.bot.Service.EnvironmentFile = "%h/.config/bot.env"; # ok
  systemd.user.services.bot.Service.Environment = "PASSWORD_STORE_DIR=%h/.password-store"; # ok
  systemd.user.services.bot.Service.ExecStart = "${pkgs.bot}/bin/bot --token-file %d/token"; # ok
  launchd.agents.bot.config.EnvironmentVariables.TOKEN_PATH = "/Users/me/token1"; # ok
}
