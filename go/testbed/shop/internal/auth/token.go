// Package auth signs and checks bearer tokens and hashes passwords.
package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// ErrToken is returned for every token that is not valid now, whatever is wrong with it.
var ErrToken = errors.New("invalid token")

// Signer issues and checks tokens of the form payload.signature, both base64url.
type Signer struct {
	secret   []byte
	lifetime time.Duration
	now      func() time.Time
}

// NewSigner returns a Signer whose tokens are valid for lifetime.
func NewSigner(secret []byte, lifetime time.Duration) *Signer {
	return &Signer{secret: secret, lifetime: lifetime, now: time.Now}
}

// Issue returns a token for the account and the time at which it expires.
func (s *Signer) Issue(accountID int64) (string, time.Time) {
	expires := s.now().Add(s.lifetime).Truncate(time.Second)
	payload := make([]byte, 16)
	binary.BigEndian.PutUint64(payload, uint64(accountID))
	binary.BigEndian.PutUint64(payload[8:], uint64(expires.Unix()))
	enc := base64.RawURLEncoding
	return enc.EncodeToString(payload) + "." + enc.EncodeToString(s.sign(payload)), expires
}

// Verify returns the account that a token was issued for.
func (s *Signer) Verify(token string) (int64, error) {
	body, signature, ok := strings.Cut(token, ".")
	if !ok {
		return 0, ErrToken
	}
	payload, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || len(payload) != 16 {
		return 0, ErrToken
	}
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(mac, s.sign(payload)) {
		return 0, ErrToken
	}
	if s.now().Unix() >= int64(binary.BigEndian.Uint64(payload[8:])) {
		return 0, ErrToken
	}
	return int64(binary.BigEndian.Uint64(payload)), nil
}

func (s *Signer) sign(payload []byte) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write(payload)
	return h.Sum(nil)
}
