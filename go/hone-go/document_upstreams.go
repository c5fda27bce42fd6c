package main

// UpstreamCall is an HTTP request that the code sends to another service. Method is empty where it is not known; Status is what the
// code wants, where it names another one than 200; Answer is missing where no type was found that the answer is decoded into.
type UpstreamCall struct {
	Method   string          `json:"method,omitempty"`
	URL      Text            `json:"url"`
	Function string          `json:"function"`
	Status   int             `json:"status,omitempty"`
	Answer   *UpstreamAnswer `json:"answer,omitempty"`
	Mains    []string        `json:"mains"`
	Origin   Origin          `json:"origin"`
}

// UpstreamAnswer is the Go type that an answer is decoded into. Kind is that of a Field; Array is true for a list of Fields. Origin is
// the type's declaration where the module has it, else the call that decodes.
type UpstreamAnswer struct {
	Type   string  `json:"type"`
	Kind   string  `json:"kind"`
	Array  bool    `json:"array,omitempty"`
	Fields []Field `json:"fields"`
	Origin Origin  `json:"origin"`
}
