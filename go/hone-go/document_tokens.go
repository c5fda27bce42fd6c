package main

// TokenCheck is a place where the code verifies the bearer tokens of requests. Algorithms are those that its package names;
// Keys are what it verifies by, as far as they come from outside or stand in the code.
type TokenCheck struct {
	Library    string        `json:"library"`
	Algorithms []string      `json:"algorithms"`
	Keys       []TokenKey    `json:"keys"`
	Sources    []TokenSource `json:"sources,omitempty"`
	Mains      []string      `json:"mains"`
	Origin     Origin        `json:"origin"`
}

// TokenSource is a place of a request that a token is read from. In is header, cookie or query; Prefix stands before the token
// ("Bearer ").
type TokenSource struct {
	In     string `json:"in"`
	Name   string `json:"name"`
	Prefix string `json:"prefix,omitempty"`
	Origin Origin `json:"origin"`
}

// TokenKey is one source of a key. Kind is secret, public_key (PEM), public_key_file, jwks (the URL of a key set) or issuer (the
// URL of an OpenID provider). Algorithm is empty where the code does not say. Encoding is base64 or hex where the code decodes it.
type TokenKey struct {
	Kind      string `json:"kind"`
	Algorithm string `json:"algorithm,omitempty"`
	Encoding  string `json:"encoding,omitempty"`
	Value     Text   `json:"value"`
	Origin    Origin `json:"origin"`
}

// TokenClaim is a claim that the code reads. Kind is JSON's (see Field), or any; Format is integer or uuid where a text is parsed as
// one. Values are what it is compared with; Required says that a token without it is refused.
type TokenClaim struct {
	Name     string       `json:"name"`
	Kind     string       `json:"kind"`
	Format   string       `json:"format,omitempty"`
	Required bool         `json:"required,omitempty"`
	Values   []TokenValue `json:"values"`
	Mains    []string     `json:"mains"`
	Origin   Origin       `json:"origin"`
}

// TokenValue is one value that a claim is compared with. Refuses is true where a request with another one is refused.
type TokenValue struct {
	Value   Text   `json:"value"`
	Refuses bool   `json:"refuses,omitempty"`
	Origin  Origin `json:"origin"`
}
