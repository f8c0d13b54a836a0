# One spelling each: camel case, snake case, kebab case, shouting.
{
  services.app = {
    dbPassword = "name-fixture-1"; # leak: secret services.app.dbPassword
    db_password = "name-fixture-2"; # leak: secret services.app.db_password
    db-password = "name-fixture-3"; # leak: secret services.app.db-password
    DB_PASSWORD = "name-fixture-4"; # leak: secret services.app.DB_PASSWORD
    passwd = "name-fixture-5"; # leak: secret services.app.passwd
    passphrase = "name fixture six"; # leak: secret services.app.passphrase
    apiKey = "n4me-fixture-7"; # leak: secret services.app.apiKey
    api_key = "n4me-fixture-8"; # leak: secret services.app.api_key
    "api-key" = "n4me-fixture-9"; # leak: secret services.app.api-key
    APIKEY = "n4me-fixture-10"; # leak: secret services.app.APIKEY
    secretKey = "n4me-fixture-11"; # leak: secret services.app.secretKey
    secret_key = "n4me-fixture-12"; # leak: secret services.app.secret_key
    privateKey = "n4me-fixture-13"; # leak: secret services.app.privateKey
    authKey = "n4me-fixture-14"; # leak: secret services.app.authKey
    clientSecret = "n4me-fixture-15"; # leak: secret services.app.clientSecret
    client_secret = "n4me-fixture-16"; # leak: secret services.app.client_secret
    secretKeyBase = "n4me-fixture-17"; # leak: secret services.app.secretKeyBase
    accessToken = "n4me-fixture-18"; # leak: secret services.app.accessToken
    access_token = "n4me-fixture-19"; # leak: secret services.app.access_token
    ACCESS_TOKEN = "n4me-fixture-20"; # leak: secret services.app.ACCESS_TOKEN
    refreshToken = "n4me-fixture-21"; # leak: secret services.app.refreshToken
    webhookSecret = "n4me-fixture-22"; # leak: secret services.app.webhookSecret
    jwtSecret = "n4me-fixture-23"; # leak: secret services.app.jwtSecret
    encryptionKey = "n4me-fixture-24"; # leak: secret services.app.encryptionKey
    presharedKey = "n4me-fixture-25"; # leak: secret services.app.presharedKey
    sharedSecret = "n4me-fixture-26"; # leak: secret services.app.sharedSecret
    smtpPassword = "name-fixture-27"; # leak: secret services.app.smtpPassword
    adminPassword = "name-fixture-28"; # leak: secret services.app.adminPassword
    rootPassword = "name-fixture-29"; # leak: secret services.app.rootPassword
    bindPassword = "name-fixture-30"; # leak: secret services.app.bindPassword
    olcRootPW = "name-fixture-31"; # leak: secret services.app.olcRootPW
    masterKey = "n4me-fixture-32"; # leak: secret services.app.masterKey
    botToken = "1234567890:n4me-fixture-33"; # leak: secret services.app.botToken
    auth.pass = "n4me-fixture-34"; # leak: secret services.app.auth.pass
    wifi.psk = "name-fixture-35"; # leak: secret services.app.wifi.psk
    key = "f1xtur3-0a1b2c3d4e5f6a7b8c9d"; # leak: secret services.app.key
    credentials = "f1xtur3+0a1b2c3d4e5f6a7b8c9d="; # leak: secret services.app.credentials
    headers.Authorization = "Bearer f1xtur3.0a1b2c3d4e5f6a7b"; # leak: secret services.app.headers.Authorization
    passwords.alice = "name-fixture-39"; # leak: secret services.app.passwords.alice
    tokens = [ "f1xtur3-40-0a1b2c3d4e5f6a7b" ]; # leak: secret services.app.tokens
    passwordHash = "$argon2id$v=19$m=65536,t=2,p=1$fixturefixture$fixturefixture"; # leak: hash services.app.passwordHash
    password = "$2y$10$fixturefixturefixturefixture"; # leak: hash services.app.password
  };
}
