# As much of nixpkgs' lib as our modules use, with an evaluator that merges several modules and checks types, so that they
# can be tested where there is no nixpkgs. The tests run with the real lib, too, where there is one.
let
  b = builtins;
  typeOf = value: value._type or null;
  isType = name: value: b.isAttrs value && typeOf value == name;
  showLoc = b.concatStringsSep ".";

  # Definitions behind mkMerge and mkIf.
  expand =
    value:
    if isType "merge" value then
      b.concatMap expand value.contents
    else if isType "if" value then
      (if value.condition then expand value.content else [ ])
    else
      [ value ];

  # Likewise, of sets of options: the names in them must be known before any condition is.
  push =
    value:
    if isType "merge" value then
      b.concatMap push value.contents
    else if isType "if" value then
      map (b.mapAttrs (_: content: value // { inherit content; })) (push value.content)
    else
      [ value ];

  # Of definitions with priorities, the strongest.
  strongest =
    defs:
    let
      priority = def: if isType "override" def then def.priority else 100;
      best = b.foldl' (least: def: if priority def < least then priority def else least) 10000 defs;
    in
    map (def: if isType "override" def then def.content else def) (b.filter (def: priority def == best) defs);

  settle = defs: strongest (b.concatMap expand defs);

  mergeOption =
    loc: option: raw:
    let
      given = settle raw;
      defs =
        if given != [ ] then
          given
        else if option ? default then
          settle [ option.default ]
        else
          throw "The option `${showLoc loc}' was accessed but has no value defined. Try setting the option.";
      wrong = b.filter (def: !option.type.check def) defs;
      merged =
        if option.readOnly or false && given != [ ] then
          throw "The option `${showLoc loc}' is read-only, but it's set."
        else if wrong != [ ] then
          throw "A definition for option `${showLoc loc}' is not of type `${option.type.name}'."
        else
          option.type.merge loc defs;
    in
    (option.apply or (x: x)) merged;

  mergeTree =
    loc: tree: defs:
    let
      sets = b.concatMap push defs;
      unknown = b.filter (name: !(tree ? ${name})) (b.concatMap b.attrNames sets);
      at = name: b.concatMap (set: if set ? ${name} then [ set.${name} ] else [ ]) sets;
    in
    if unknown != [ ] then
      throw "The option `${showLoc (loc ++ [ (b.head unknown) ])}' does not exist."
    else
      b.mapAttrs (
        name: node:
        (if isType "option" node then mergeOption else mergeTree) (loc ++ [ name ]) node (at name)
      ) tree;

  joinTrees = b.foldl' (
    left: right:
    left
    // b.mapAttrs (
      name: node:
      if !(left ? ${name}) then
        node
      else if isType "option" node || isType "option" left.${name} then
        throw "The option `${name}' is declared twice."
      else
        joinTrees [
          left.${name}
          node
        ]
    ) right
  ) { };

  evalAt =
    loc: modules: args:
    let
      load =
        module:
        let
          given = if b.isPath module || b.isString module then import module else module;
          made = if b.isFunction given then given (args // { inherit config options lib; }) else given;
          parts = if made ? config || made ? options then made else made // { config = removeAttrs made [ "imports" ]; };
        in
        [
          {
            config = parts.config or { };
            options = parts.options or { };
          }
        ]
        ++ b.concatMap load (parts.imports or [ ]);
      loaded = b.concatMap load modules;
      options = joinTrees (map (module: module.options) loaded);
      config = mergeTree loc options (map (module: module.config) loaded);
    in
    {
      inherit config options;
    };

  type = name: check: merge: { inherit name check merge; };
  one =
    loc: defs:
    if b.all (def: def == b.head defs) defs then
      b.head defs
    else
      throw "The option `${showLoc loc}' has conflicting definition values.";

  types = rec {
    unspecified = type "unspecified" (_: true) one;
    anything = type "anything" (_: true) (
      loc: defs: if b.all b.isAttrs defs && b.length defs > 1 then (attrsOf anything).merge loc defs else one loc defs
    );
    str = type "string" b.isString one;
    lines = type "strings concatenated with \"\\n\"" b.isString (_: b.concatStringsSep "\n");
    strMatching =
      pattern:
      type "string matching the pattern ${pattern}" (text: b.isString text && b.match pattern text != null) one;
    path = type "absolute path" (
      value: (b.isPath value || b.isString value || value ? outPath) && b.substring 0 1 (toString value) == "/"
    ) one;
    package = type "package" (value: value ? outPath) one;
    bool = type "boolean" b.isBool one;
    int = type "signed integer" b.isInt one;
    either =
      left: right:
      type "${left.name} or ${right.name}" (value: left.check value || right.check value) (
        loc: defs: (if b.all left.check defs then left else right).merge loc defs
      );
    nullOr = inner: type "null or ${inner.name}" (value: value == null || inner.check value) (
      loc: defs: if b.all (def: def == null) defs then null else inner.merge loc defs
    );
    listOf =
      inner:
      type "list of ${inner.name}" b.isList (
        loc: defs: b.concatMap (map (item: mergeOption loc { type = inner; } [ item ])) defs
      );
    attrsOf =
      inner:
      type "attribute set of ${inner.name}" b.isAttrs (
        loc: defs:
        let
          names = b.concatMap b.attrNames defs;
          at = name: b.concatMap (def: if def ? ${name} then [ def.${name} ] else [ ]) defs;
          there = b.filter (name: settle (at name) != [ ]) names;
        in
        lib.listToAttrs (
          map (name: {
            inherit name;
            value = mergeOption (loc ++ [ name ]) { type = inner; } (at name);
          }) there
        )
      );
    submodule =
      module:
      type "submodule" (value: b.isAttrs value || b.isFunction value) (
        loc: defs: (evalAt loc ([ module ] ++ defs) { name = lib.last loc; }).config
      );
  };

  lib = {
    inherit types;
    inherit (b)
      attrNames
      concatMap
      concatStringsSep
      elem
      filter
      groupBy
      head
      length
      listToAttrs
      mapAttrs
      zipAttrsWith
      any
      ;
    evalModules = { modules, specialArgs ? { } }: evalAt [ ] modules specialArgs;
    mkOption = option: { type = types.unspecified; } // option // { _type = "option"; };
    mkIf = condition: content: { _type = "if"; inherit condition content; };
    mkMerge = contents: { _type = "merge"; inherit contents; };
    mkOverride = priority: content: { _type = "override"; inherit priority content; };
    mkDefault = lib.mkOverride 1000;
    mkForce = lib.mkOverride 50;
    literalExpression = text: { _type = "literalExpression"; inherit text; };
    concatStrings = b.concatStringsSep "";
    last = list: b.elemAt list (b.length list - 1);
    optional = condition: item: if condition then [ item ] else [ ];
    optionals = condition: list: if condition then list else [ ];
    take = count: list: b.genList (b.elemAt list) (if count < b.length list then count else b.length list);
    imap0 = f: list: b.genList (i: f i (b.elemAt list i)) (b.length list);
    mapAttrsToList = f: set: map (name: f name set.${name}) (b.attrNames set);
    filterAttrs =
      keep: set:
      lib.listToAttrs (
        b.concatMap (name: lib.optional (keep name set.${name}) { inherit name; value = set.${name}; }) (b.attrNames set)
      );
    stringToCharacters = text: b.genList (i: b.substring i 1 text) (b.stringLength text);
    splitString =
      separator: text:
      let
        plain = b.replaceStrings [ "." ] [ "[.]" ] separator;
      in
      b.filter b.isString (b.split plain text);
    hasPrefix = prefix: text: b.substring 0 (b.stringLength prefix) text == prefix;
    hasSuffix =
      suffix: text:
      let
        size = b.stringLength text - b.stringLength suffix;
      in
      size >= 0 && b.substring size (-1) text == suffix;
    removeSuffix =
      suffix: text:
      if lib.hasSuffix suffix text then b.substring 0 (b.stringLength text - b.stringLength suffix) text else text;
    makeBinPath = packages: b.concatStringsSep ":" (map (package: "${package}/bin") packages);
    escapeShellArg = text: "'${b.replaceStrings [ "'" ] [ "'\\''" ] (toString text)}'";
  };
in
lib
