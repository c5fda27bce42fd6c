package auth

import (
	"strings"
	"testing"
	"time"
)

func TestTokenRoundTrip(t *testing.T) {
	s := NewSigner([]byte("k"), time.Hour)
	token, expires := s.Issue(42)
	if id, err := s.Verify(token); err != nil || id != 42 {
		t.Fatalf("Verify = %d, %v", id, err)
	}
	s.now = func() time.Time { return expires }
	if _, err := s.Verify(token); err == nil {
		t.Error("an expired token was accepted")
	}
}

func TestForgedTokens(t *testing.T) {
	s := NewSigner([]byte("k"), time.Hour)
	token, _ := s.Issue(42)
	other, _ := NewSigner([]byte("other"), time.Hour).Issue(42)
	body, _, _ := strings.Cut(token, ".")
	for _, forged := range []string{"", ".", "a.b", body, body + ".", body + ".AAAA", other, "!" + token} {
		if _, err := s.Verify(forged); err == nil {
			t.Errorf("%q was accepted", forged)
		}
	}
}

func TestPassword(t *testing.T) {
	salt := []byte("0123456789abcdef")
	hash, err := HashPassword("correct horse", salt)
	if err != nil {
		t.Fatal(err)
	}
	if !CheckPassword("correct horse", salt, hash) {
		t.Error("the right password was refused")
	}
	if CheckPassword("battery staple", salt, hash) {
		t.Error("a wrong password was accepted")
	}
}

func BenchmarkVerify(b *testing.B) {
	s := NewSigner([]byte("k"), time.Hour)
	token, _ := s.Issue(42)
	for b.Loop() {
		if _, err := s.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}
